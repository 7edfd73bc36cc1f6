// A saved fold of a journal's records, and the place in the journal that it stands for.

import Pipeline

/// A place between two records of a journal, and what a reader that goes on from there must know of all before it.
package struct JournalPosition: Equatable, Sendable {
  package var segment: UInt32
  /// From the beginning of the segment's file.
  package var offset: Int64
  /// The last record of each stage.
  var lastSequence: [UInt64]
  var totals: SessionEndRecord
}

/// One snapshot file: little-endian; a magic word, the version, CRC-32C of all bytes with this field 0, the session,
/// the position, and the fold's own bytes.
struct JournalSnapshot: Equatable {
  var session: UInt64
  var position: JournalPosition
  var fold: [UInt8]

  /// "apussnap".
  private static let magic: UInt64 = 0x7061_6e73_7375_7061
  private static let version: UInt32 = 1
  private static let checksumOffset = 12
  private static let prefix = "account-"
  private static let suffix = ".snapshot"
  /// What a snapshot that is being written is called until it is whole.
  static let unfinished = "account.snapshot.new"

  init(session: UInt64, position: JournalPosition, fold: [UInt8]) {
    self.session = session
    self.position = position
    self.fold = fold
  }

  static func fileName(_ number: UInt32) -> String {
    let digits = String(number)
    return prefix + String(repeating: "0", count: max(0, 6 - digits.count)) + digits + suffix
  }

  /// The number that a file name carries; nil when it is not a snapshot's.
  static func number(of fileName: String) -> UInt32? {
    guard fileName.hasPrefix(prefix), fileName.hasSuffix(suffix) else { return nil }
    let number = UInt32(fileName.dropFirst(prefix.count).dropLast(suffix.count))
    return number.flatMap { JournalSnapshot.fileName($0) == fileName ? $0 : nil }
  }

  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.put(Self.magic)
    writer.put(Self.version)
    writer.put(UInt32(0))
    writer.put(session)
    writer.put(position.segment)
    writer.put(position.offset)
    writer.put(position.totals.records)
    writer.put(position.totals.bytes)
    for sequence in position.lastSequence { writer.put(sequence) }
    writer.put(UInt32(fold.count))
    writer.put(fold)
    writer.replace(at: Self.checksumOffset, CRC32C.of(writer.bytes))
    return writer.bytes
  }

  /// - Returns: nil when the bytes are not a whole snapshot.
  init?(encoded bytes: [UInt8]) {
    var reader = ByteReader(bytes[...])
    guard reader.take(UInt64.self) == Self.magic, reader.take(UInt32.self) == Self.version,
      let checksum: UInt32 = reader.take()
    else { return nil }
    var summed = ByteWriter()
    summed.put(bytes)
    summed.replace(at: Self.checksumOffset, 0)
    guard CRC32C.of(summed.bytes) == checksum, let session: UInt64 = reader.take(),
      let segment: UInt32 = reader.take(), segment > 0, let offset: Int64 = reader.take(), offset >= 0,
      let records: UInt64 = reader.take(), let byteCount: UInt64 = reader.take()
    else { return nil }
    var lastSequence: [UInt64] = []
    while lastSequence.count < 256, let sequence: UInt64 = reader.take() { lastSequence.append(sequence) }
    guard lastSequence.count == 256, let count: UInt32 = reader.take(), let fold = reader.take(Int(count)),
      reader.rest.isEmpty
    else { return nil }
    self.session = session
    position = JournalPosition(
      segment: segment, offset: offset, lastSequence: lastSequence,
      totals: SessionEndRecord(records: records, bytes: byteCount))
    self.fold = Array(fold)
  }
}
