// Completes records for the disk and checks them when they come back.

import CShims
import Pipeline

package enum RecordSeal {
  /// Offset of `RecordHeader.checksum`.
  static let checksumOffset = 32

  package static func padded(_ bytes: Int) -> Int { (bytes + 7) & ~7 }

  /// Fills in the checksums of a run of whole records and clears their padding, where older bytes may stand.
  ///
  /// - Returns: how many records there are.
  static func seal(_ run: UnsafeMutableRawBufferPointer) -> Int {
    var offset = 0
    var count = 0
    while offset < run.count {
      let length = Int(run.load(fromByteOffset: offset, as: UInt32.self))
      let end = offset + padded(length)
      for i in (offset + length)..<end { run[i] = 0 }
      run.storeBytes(of: 0, toByteOffset: offset + checksumOffset, as: UInt32.self)
      let checksum = apus_crc32c(0, run.baseAddress! + offset, length)
      run.storeBytes(of: checksum, toByteOffset: offset + checksumOffset, as: UInt32.self)
      offset = end
      count += 1
    }
    return count
  }

  /// Whether the checksum in a whole record's header is that of its bytes.
  static func holds(_ record: UnsafeRawBufferPointer) -> Bool {
    let stored = record.loadUnaligned(fromByteOffset: checksumOffset, as: UInt32.self)
    var zero: UInt32 = 0
    let base = record.baseAddress!
    var checksum = apus_crc32c(0, base, checksumOffset)
    checksum = apus_crc32c(checksum, &zero, 4)
    checksum = apus_crc32c(checksum, base + checksumOffset + 4, record.count - checksumOffset - 4)
    return checksum == stored
  }
}

extension RecordSeal {
  /// A whole record of the journal stage itself, sealed: the one that ends a session.
  static func lastRecord(type: UInt16, _ payload: some BitwiseCopyable, timeNs: Int64) -> [UInt8] {
    let payload = withUnsafeBytes(of: payload) { Array($0) }
    let header = RecordHeader(
      length: UInt32(RecordHeader.byteCount + payload.count), type: type, version: 1,
      stage: JournalOptions.journalStage, sequence: 1, cause: 0, timeNs: timeNs)
    var bytes = withUnsafeBytes(of: header) { Array($0) } + payload
    _ = bytes.withUnsafeMutableBytes { RecordSeal.seal($0) }
    return bytes
  }
}
