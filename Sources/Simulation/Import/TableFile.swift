// Comma-separated tables, plain, gzipped or in a zip archive: header and fields.

/// The lines of a table. One owner, one thread.
final class TableFile {
  let path: String
  /// The names of the columns; empty when the first line holds values.
  private(set) var columns: [String] = []
  private let lines: TextLines
  private var fields: [UnsafeRawBufferPointer] = []
  /// The first line while it waits to be read as values: the reader's view of it is still valid.
  private var firstLine: UnsafeRawBufferPointer?

  /// - Throws: when the file cannot be opened, or its archive does not hold exactly one file.
  init(path: String) throws(CaptureError) {
    self.path = path
    if ZipArchive.isArchive(path) {
      let archive = try ZipArchive(path: path)
      guard let entry = archive.entries.first, archive.entries.count == 1 else {
        throw CaptureError(file: path, reason: "holds \(archive.entries.count) files; one table is expected")
      }
      lines = TextLines(path: path, source: try archive.open(entry))
    } else {
      lines = try TextLines(path: path)
    }
    guard let first = try lines.next() else { throw CaptureError(file: path, reason: "is empty") }
    // No value of these formats begins with a letter but an exchange's name, and those tables have a header.
    if let letter = first.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter | 0x20) {
      columns = String(decoding: first, as: UTF8.self).split(separator: ",").map { $0.filter { !$0.isWhitespace } }
    } else {
      firstLine = first
    }
  }

  /// Reads the next line with `read`, which gets its fields; valid during the call.
  ///
  /// - Returns: nil after the last line.
  func next<Row>(
    fields expected: Int, _ read: (TableFields) throws(CaptureError) -> Row
  ) throws(CaptureError) -> Row? {
    var line = firstLine
    firstLine = nil
    if line == nil { line = try lines.next() }
    guard let line else { return nil }
    return try read(split(line, expected))
  }

  /// The number of the line that was read last, from 1.
  var lineNumber: Int { lines.lineNumber }

  func failure(_ reason: String) -> CaptureError { lines.failure(reason) }

  private func split(_ line: UnsafeRawBufferPointer, _ expected: Int) throws(CaptureError) -> TableFields {
    fields.removeAll(keepingCapacity: true)
    var start = 0
    var end = line.count
    if end > 0, line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    for i in 0...end where i == end || line[i] == UInt8(ascii: ",") {
      fields.append(UnsafeRawBufferPointer(rebasing: line[start..<i]))
      start = i + 1
    }
    guard fields.count >= expected else { throw failure("has \(fields.count) fields; \(expected) are expected") }
    return TableFields(fields: fields, table: self)
  }
}

/// The fields of one line.
struct TableFields {
  fileprivate let fields: [UnsafeRawBufferPointer]
  fileprivate let table: TableFile

  func text(_ i: Int) -> String { String(decoding: fields[i], as: UTF8.self) }

  func decimal(_ i: Int, _ name: String) throws(CaptureError) -> ImportedDecimal {
    guard let value = ImportedDecimal(fields[i]), value.digits >= 0 else {
      throw table.failure("\(name) is \"\(text(i))\"; a number that is not negative is expected")
    }
    return value
  }

  /// A whole number that is not negative.
  func whole(_ i: Int, _ name: String) throws(CaptureError) -> Int64 {
    guard let value = Int64(text(i)), value >= 0 else {
      throw table.failure("\(name) is \"\(text(i))\"; a whole number is expected")
    }
    return value
  }

  /// A time in microseconds since 1970, or in milliseconds where `allowsMilliseconds`; in nanoseconds. Each has its own
  /// range for centuries.
  func timeNs(_ i: Int, _ name: String, allowsMilliseconds: Bool = false) throws(CaptureError) -> Int64 {
    let value = try whole(i, name)
    guard value < 9_000_000_000_000_000 else { throw table.failure("\(name) \(value) is no time") }
    return allowsMilliseconds && value < 9_000_000_000_000 ? value * 1_000_000 : value * 1_000
  }

  func truth(_ i: Int, _ name: String) throws(CaptureError) -> Bool {
    switch text(i) {
    case "true", "True", "TRUE", "1": return true
    case "false", "False", "FALSE", "0": return false
    default: throw table.failure("\(name) is \"\(text(i))\"; true or false is expected")
    }
  }
}
