// How a segment file of a journal begins, and what the files are called.

import CShims
import Pipeline

/// A segment is a preamble, the session's header as fields, and records until the end of the file.
///
/// | offset | preamble, little-endian | |
/// |---|---|---|
/// | 0 | magic | `apusjrnl` |
/// | 8 | format version | 1 |
/// | 12 | header bytes | of preamble and fields, a multiple of 8 |
/// | 16 | segment number | from 1 |
/// | 20 | checksum | CRC-32C of the header bytes with this field 0 |
/// | 24 | session | of the session's header |
///
/// A field is a tag (2 bytes), a zero (2), a length (4) and its bytes, padded with zeros to a multiple of 8. Fields of
/// unknown tags are passed over. Records stand as they stood in the record ring: `RecordHeader`, payload, zeros up to a
/// multiple of 8; the checksum covers header (checksum 0) and payload.
package enum SegmentFormat {
  static let magic = Array("apusjrnl".utf8)
  static let version: UInt32 = 1
  static let preambleBytes = 32
  static let checksumOffset = 20
  static let lengthOffset = 12
  /// More than any configuration needs; a longer header is taken for damage instead of being allocated.
  static let maximumHeaderBytes = 16 << 20
  private static let prefix = "journal-"
  private static let suffix = ".apj"

  package static func fileName(_ segment: UInt32) -> String {
    let digits = String(segment)
    return prefix + String(repeating: "0", count: max(0, 6 - digits.count)) + digits + suffix
  }

  /// The segment number that a file name carries; nil when it is not a segment's.
  package static func segment(of fileName: String) -> UInt32? {
    guard fileName.hasPrefix(prefix), fileName.hasSuffix(suffix) else { return nil }
    let number = UInt32(fileName.dropFirst(prefix.count).dropLast(suffix.count))
    return number.flatMap { SegmentFormat.fileName($0) == fileName ? $0 : nil }
  }

  /// How long the header is, by its preamble; of bytes that are none, what makes `decode` tell so.
  static func headerBytes(_ preamble: [UInt8]) -> Int {
    guard preamble.count >= preambleBytes else { return preamble.count }
    let length = preamble.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: lengthOffset, as: UInt32.self) }
    return min(Int(length), maximumHeaderBytes)
  }

  package static func encode(_ header: SessionHeader, segment: UInt32) -> [UInt8] {
    var writer = ByteWriter()
    writer.put(magic)
    writer.put(version)
    writer.put(UInt32(0))
    writer.put(segment)
    writer.put(UInt32(0))
    writer.put(header.session)
    for (tag, bytes) in header.fields {
      writer.put(tag.rawValue)
      writer.put(UInt16(0))
      writer.put(UInt32(bytes.count))
      writer.put(bytes)
      writer.pad()
    }
    precondition(writer.bytes.count <= maximumHeaderBytes, "a session header of more than 16 MiB")
    writer.replace(at: lengthOffset, UInt32(writer.bytes.count))
    writer.replace(at: checksumOffset, apus_crc32c(0, writer.bytes, writer.bytes.count))
    return writer.bytes
  }

  /// - Returns: the header, and how many bytes of the file it takes.
  package static func decode(_ bytes: [UInt8], segment: UInt32) throws(HeaderDefect) -> (
    header: SessionHeader, bytes: Int
  ) {
    var reader = ByteReader(bytes[...])
    guard let found = reader.take(magic.count), Array(found) == magic else { throw .notAJournal }
    guard let version: UInt32 = reader.take() else { throw .truncated }
    guard version == SegmentFormat.version else { throw .unknownVersion(version) }
    guard let length: UInt32 = reader.take(), let number: UInt32 = reader.take(), let sum: UInt32 = reader.take(),
      let session: UInt64 = reader.take(), length <= bytes.count
    else { throw .truncated }
    guard length >= preambleBytes, length <= maximumHeaderBytes, length & 7 == 0 else { throw .checksumMismatch }
    var summed = ByteWriter()
    summed.put(bytes.prefix(Int(length)))
    summed.replace(at: checksumOffset, 0)
    guard apus_crc32c(0, summed.bytes, summed.bytes.count) == sum else { throw .checksumMismatch }
    guard number == segment else { throw .wrongSegment(number) }
    return (try SessionHeader(session: session, fields: bytes[preambleBytes..<Int(length)]), Int(length))
  }
}

/// Why the beginning of a segment file cannot be used.
public enum HeaderDefect: Error, Equatable, Sendable, CustomStringConvertible {
  case notAJournal
  case unknownVersion(UInt32)
  case truncated
  case checksumMismatch
  /// The number in the file is not the one in its name.
  case wrongSegment(UInt32)
  /// The named field is missing or cannot be read, though the checksum holds: written by a faulty program.
  case badField(String)

  public var description: String {
    switch self {
    case .notAJournal: "it does not begin like a journal"
    case .unknownVersion(let version): "format version \(version) is not known to this program"
    case .truncated: "the file ends within its header"
    case .checksumMismatch: "the header's checksum does not hold"
    case .wrongSegment(let number): "it says that it is segment \(number)"
    case .badField(let name): "the header's field \(name) cannot be read"
    }
  }
}
