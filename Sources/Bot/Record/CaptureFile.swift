// One symbol's recording on disk: gzip lines of `<receive time, ns> <raw JSON>`, a new file each day.

import CShims
import Foundation
import Pipeline

/// Writes a symbol's lines in their order. One owner, one thread.
final class CaptureFile {
  /// The files begun so far.
  private(set) var paths: [String] = []
  private(set) var lines: Int64 = 0
  private(set) var bytes: Int64 = 0

  private let folder: String
  private let symbol: String
  private var file: UnsafeMutableRawPointer?
  private var dayEndsNs = Int64.min
  private var lastNs = Int64.min
  private static let dayNs: Int64 = 86_400_000_000_000

  init(folder: String, symbol: String) {
    self.folder = folder
    self.symbol = symbol
  }

  deinit { if let file { _ = apus_gzip_finish(file) } }

  /// - Parameter timeNs: since 1970; a line is never older than the one before it.
  /// - Throws: `SessionError` when the file system takes no more.
  func append(_ timeNs: Int64, _ json: UnsafeRawBufferPointer) throws {
    // The session's clock may be bent backwards by its synchronisation, by less than a message takes.
    lastNs = max(lastNs, timeNs)
    if lastNs >= dayEndsNs { try begin(lastNs) }
    guard let file else { preconditionFailure("a file is begun") }
    let stamp = Array("\(lastNs) ".utf8)
    let newline = UInt8(ascii: "\n")
    var status = stamp.withUnsafeBytes { apus_gzip_write(file, $0.baseAddress, UInt32($0.count)) }
    if status == 0 { status = apus_gzip_write(file, json.baseAddress, UInt32(json.count)) }
    if status == 0 { status = withUnsafeBytes(of: newline) { apus_gzip_write(file, $0.baseAddress, 1) } }
    try check(status)
    lines += 1
    bytes += Int64(stamp.count + json.count + 1)
  }

  /// Hands what was written to the file system, so that little is lost when the process is.
  func flush() throws { if let file { try check(apus_gzip_flush(file)) } }

  func finish() throws {
    guard let file else { return }
    self.file = nil
    try check(apus_gzip_finish(file))
  }

  /// Begins the file of the day that `timeNs` is in. Its name says when it begins, so that a second recording of the day
  /// gets a name of its own.
  private func begin(_ timeNs: Int64) throws {
    try finish()
    let date = Date(timeIntervalSince1970: Double(timeNs / 1_000_000_000))
    let name = date.formatted(
      .verbatim(
        "\(year: .defaultDigits)\(month: .twoDigits)\(day: .twoDigits)T\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)Z",
        timeZone: .gmt, calendar: Calendar(identifier: .gregorian)))
    let path = "\(folder)/\(symbol.lowercased())_\(name).gz"
    var created: UnsafeMutableRawPointer?
    let status = apus_gzip_create(path, &created)
    guard status == 0 else {
      throw SessionError("\(path): cannot be created (\(String(cString: apus_error_text(-status))))")
    }
    file = created
    paths.append(path)
    dayEndsNs = (timeNs / Self.dayNs + 1) * Self.dayNs
  }

  private func check(_ status: Int32) throws {
    guard status != 0 else { return }
    throw SessionError("\(paths.last ?? folder): cannot be written (\(String(cString: apus_error_text(-status))))")
  }
}
