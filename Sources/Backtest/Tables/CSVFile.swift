// A text file of lines, written in blocks.

import Foundation

final class CSVFile {
  private let url: URL
  private let handle: FileHandle
  private var pending = Data()
  private var failure: (any Error)?

  private static let blockBytes = 1 << 16

  init(_ url: URL, header: String) throws {
    self.url = url
    try Data().write(to: url)
    handle = try FileHandle(forWritingTo: url)
    write(header)
  }

  func write(_ line: String) {
    pending.append(contentsOf: line.utf8)
    pending.append(UInt8(ascii: "\n"))
    if pending.count >= Self.blockBytes { flush() }
  }

  private func flush() {
    defer { pending.removeAll(keepingCapacity: true) }
    guard failure == nil else { return }
    do { try handle.write(contentsOf: pending) } catch { failure = error }
  }

  func close() throws {
    flush()
    try handle.close()
    if let failure { throw failure }
  }
}
