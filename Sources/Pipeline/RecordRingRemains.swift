// What a process left in its record rings when it ended: read once at the next start, before the rings are made anew.

import Synchronization

/// Why a file cannot be read as a record ring.
public enum RecordRingError: Error, Equatable, CustomStringConvertible {
  case memory(MemoryError)
  case notARecordRing
  case unsupportedVersion(UInt32)
  case damaged(String)

  public var description: String {
    switch self {
    case .memory(let error): error.description
    case .notARecordRing: "not a record ring"
    case .unsupportedVersion(let version):
      "a record ring of version \(version); this program reads version \(RecordRingLayout.version)"
    case .damaged(let what): "a damaged record ring: \(what)"
    }
  }
}

/// The records that a stage published and the journal did not take.
///
/// The memory of a mapped file survives the death of its process, so every record that was published is whole. It does
/// not survive a power loss: then the venue is the truth, and a damaged ring is told and not trusted.
public struct RecordRingRemains: Sendable, Equatable {
  public let stage: UInt8
  /// The session that wrote them.
  public let session: UInt64
  /// Header and payload of each record, oldest first.
  public let records: [[UInt8]]
  /// The numbers of records that lie behind the last published one, in their order: begun and never shown to anybody.
  /// They count only where they continue the numbers before them; other bytes there are of an earlier round.
  public let unpublished: Range<UInt64>

  /// Reads the ring file of a process that has ended.
  public init(path: String) throws(RecordRingError) {
    let block: MemoryBlock
    do {
      block = try MemoryBlock(opening: path, writable: false)
    } catch {
      throw .memory(error)
    }
    guard block.byteCount > RecordRingLayout.bytesOffset, block.address.load(as: UInt64.self) == RecordRingLayout.magic
    else { throw .notARecordRing }
    let version = block.address.load(fromByteOffset: RecordRingLayout.versionOffset, as: UInt32.self)
    guard version == RecordRingLayout.version else { throw .unsupportedVersion(version) }
    stage = block.address.load(fromByteOffset: RecordRingLayout.stageOffset, as: UInt8.self)
    session = block.address.load(fromByteOffset: RecordRingLayout.sessionOffset, as: UInt64.self)
    records = try RecordRingRemains.records(block)
    unpublished = RecordRingRemains.unpublished(block, stage)
  }

  /// Follows the records behind the published ones as far as their headers go on. The capacity was checked before.
  private static func unpublished(_ block: MemoryBlock, _ stage: UInt8) -> Range<UInt64> {
    let capacity = block.byteCount - RecordRingLayout.bytesOffset
    let tail = block.atomic(RecordRingLayout.tailOffset, of: Int.self).pointee.load(ordering: .acquiring)
    let head = block.atomic(RecordRingLayout.headOffset, of: Int.self).pointee.load(ordering: .acquiring)
    var place = tail
    var numbers: Range<UInt64> = 0..<0
    while place - head <= capacity - RecordHeader.byteCount {
      let offset = place & (capacity - 1)
      let start = block.address + RecordRingLayout.bytesOffset + offset
      if start.load(as: UInt32.self) == RecordRingLayout.skipMark, offset > 0 {
        place += capacity - offset
        continue
      }
      guard capacity - offset >= RecordHeader.byteCount else { break }
      let header = start.load(as: RecordHeader.self)
      guard header.stage == stage, header.length >= RecordHeader.byteCount, Int(header.length) <= capacity / 2,
        numbers.isEmpty ? header.sequence < .max : header.sequence == numbers.upperBound
      else { break }
      numbers = (numbers.isEmpty ? header.sequence : numbers.lowerBound)..<header.sequence + 1
      place += RecordRingLayout.padded(Int(header.length))
    }
    return numbers
  }

  private static func records(_ block: MemoryBlock) throws(RecordRingError) -> [[UInt8]] {
    let capacity = block.address.load(fromByteOffset: RecordRingLayout.capacityOffset, as: Int.self)
    guard RecordRingLayout.isCapacity(capacity), block.byteCount == RecordRingLayout.bytesOffset + capacity else {
      throw .damaged("a capacity of \(capacity) in a file of \(block.byteCount) bytes")
    }
    let tail = block.atomic(RecordRingLayout.tailOffset, of: Int.self).pointee.load(ordering: .acquiring)
    var head = block.atomic(RecordRingLayout.headOffset, of: Int.self).pointee.load(ordering: .acquiring)
    guard head >= 0, tail >= head, tail - head <= capacity, head % 8 == 0, tail % 8 == 0 else {
      throw .damaged("cursors \(head) and \(tail)")
    }
    var records: [[UInt8]] = []
    while head < tail {
      let offset = head & (capacity - 1)
      let start = block.address + RecordRingLayout.bytesOffset + offset
      let length = start.load(as: UInt32.self)
      if length == RecordRingLayout.skipMark {
        head += capacity - offset
        continue
      }
      let limit = min(tail - head, capacity - offset)
      guard Int(length) >= RecordHeader.byteCount, Int(length) <= limit else {
        throw .damaged("a record of \(length) bytes at \(head)")
      }
      records.append(Array(UnsafeRawBufferPointer(start: start, count: Int(length))))
      head += RecordRingLayout.padded(Int(length))
    }
    return records
  }
}
