// Journals: segments in memory, as they are and with their checksums put right.

import CShims
import Foundation
import Journal
import Market
import Pipeline

/// A journal of one segment: a true prefix or a named error, never a trap.
final class JournalTarget: FuzzTarget {
  let name = "journal"
  let seeds: [[UInt8]]
  /// `RecordHeader.checksum`, and where a segment's preamble has its length and checksum.
  private static let recordChecksum = 32
  private static let preamble = (length: 12, checksum: 20)

  init() throws {
    let header = SessionHeader(
      session: 7, startTimeNs: 1, bootEpoch: 2, seed: 3, build: "b", strategy: "s",
      captures: [CaptureIdentity(name: "c.gz", digest: [UInt8](repeating: 9, count: 32))],
      configuration: "mode: paper\n",
      instruments: [bitcoin], stages: [1: "feed", 2: "strategy"])
    let head = SegmentFormat.encode(header, segment: 1)
    let record = RecordHeader(length: 56, type: 1, version: 1, stage: 1, sequence: 1, cause: 0, timeNs: 5)
    let next = RecordHeader(length: 45, type: 2, version: 1, stage: 1, sequence: 2, cause: 1, timeNs: 6)
    let records = Self.bytes(record) + [UInt8](repeating: 4, count: 16) + Self.bytes(next) + [1, 2, 3, 4, 5, 0, 0, 0]
    seeds = [head, head + records, Self.repaired(head + records)]
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    let bytes = Array(bytes)
    read(bytes)
    read(Self.repaired(bytes))
  }

  private func read(_ segment: [UInt8]) {
    guard var reader = try? JournalReader(JournalFiles([segment])) else { return }
    var records = 0
    while (try? reader.next()) != nil { records += 1 }
    require(records <= segment.count / RecordHeader.byteCount, "more records than bytes")
  }

  private static func bytes(_ header: RecordHeader) -> [UInt8] { withUnsafeBytes(of: header) { Array($0) } }

  /// The segment with the checksums that its lengths ask for, as far as they lie within it.
  private static func repaired(_ segment: [UInt8]) -> [UInt8] {
    var bytes = segment
    guard let head = length(bytes, at: preamble.length), head >= preamble.checksum + 4, head <= bytes.count else {
      return bytes
    }
    seal(&bytes, 0..<head, checksum: preamble.checksum)
    var offset = head
    while let count = length(bytes, at: offset), count >= RecordHeader.byteCount, count <= bytes.count - offset {
      seal(&bytes, offset..<offset + count, checksum: offset + recordChecksum)
      offset += RecordSeal.padded(count)
    }
    return bytes
  }

  private static func length(_ bytes: [UInt8], at offset: Int) -> Int? {
    guard offset >= 0, bytes.count - offset >= 4 else { return nil }
    return Int(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) })
  }

  private static func seal(_ bytes: inout [UInt8], _ range: Range<Int>, checksum place: Int) {
    for i in place..<place + 4 { bytes[i] = 0 }
    let sum = bytes[range].withUnsafeBytes { apus_crc32c(0, $0.baseAddress, $0.count) }
    for i in 0..<4 { bytes[place + i] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(i))) }
  }
}
