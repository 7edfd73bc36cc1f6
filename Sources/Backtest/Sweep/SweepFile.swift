// The results of a sweep on disk: a line for each finished job, so that a sweep can be stopped and taken up again.

public import Foundation

/// Appends finished jobs to a file of JSON lines. One caller at a time.
///
/// A line counts only with its end: what a crash tore is cut off when the file is opened, and its job runs again.
public final class SweepFile: Sendable {
  public enum Problem: Error, Equatable {
    /// A whole line that is no result: not a file of ours, or damaged. Nothing is changed.
    case badLine(file: String, offset: Int)
  }

  /// What the file held, by key. Later lines win.
  public let finished: [String: SweepRow]
  private let handle: FileHandle

  /// Opens or creates the file.
  public init(_ url: URL) throws {
    if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
    let bytes = try Data(contentsOf: url)
    var rows: [String: SweepRow] = [:]
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      guard let row = SweepRow(line: String(decoding: bytes[start..<end], as: UTF8.self)) else {
        throw Problem.badLine(file: url.path, offset: start)
      }
      rows[row.key] = row
      start = end + 1
    }
    finished = rows
    handle = try FileHandle(forWritingTo: url)
    try handle.truncate(atOffset: UInt64(start))
    try handle.seekToEnd()
  }

  func append(_ row: SweepRow) throws { try handle.write(contentsOf: Data((row.line + "\n").utf8)) }

  deinit { try? handle.close() }
}
