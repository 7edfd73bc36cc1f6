// How far the work is, on a terminal only.

import Foundation

/// Draws over its own line on standard error.
struct ProgressBar {
  private let isShown = isatty(STDERR_FILENO) == 1
  private static let width = 30

  func show(_ share: Double, _ what: String) {
    guard isShown else { return }
    let done = Int(share * Double(Self.width))
    let bar = String(repeating: "#", count: done) + String(repeating: ".", count: Self.width - done)
    FileHandle.standardError.write(Data("\r\u{1b}[K[\(bar)] \(Int(share * 100)) % \(what)".utf8))
  }

  func clear() {
    if isShown { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
  }
}
