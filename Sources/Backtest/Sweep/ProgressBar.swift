// The progress of a sweep on a terminal, with an estimate of its end.

import Foundation
import Synchronization

/// A bar on standard error, redrawn in place; nothing where standard error is no terminal. Any thread.
public final class ProgressBar: Sendable {
  private let start = ContinuousClock.now
  private let alreadyDone = Mutex<Int?>(nil)
  private let isTerminal = isatty(STDERR_FILENO) != 0

  public init() {}

  public func show(done: Int, of total: Int) {
    guard isTerminal else { return }
    let before = alreadyDone.withLock { before in
      before = before ?? done
      return before!
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let text = Self.text(done: done, of: total, takenUpAt: before, seconds: seconds)
    FileHandle.standardError.write(Data(("\r\u{1b}[2K" + text + (done == total ? "\n" : "")).utf8))
  }

  /// The line, without control characters.
  ///
  /// - Parameters:
  ///   - before: jobs that an earlier run had finished: they say nothing about how long the others take.
  ///   - seconds: since this run began.
  package static func text(done: Int, of total: Int, takenUpAt before: Int, seconds: Double) -> String {
    let width = 30
    let filled = total > 0 ? width * done / total : width
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
    let run = done - before
    guard done < total else { return "[\(bar)] \(done)/\(total), took \(duration(seconds))" }
    guard run > 0 else { return "[\(bar)] \(done)/\(total)" }
    return "[\(bar)] \(done)/\(total), about \(duration(seconds / Double(run) * Double(total - done))) left"
  }

  private static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
