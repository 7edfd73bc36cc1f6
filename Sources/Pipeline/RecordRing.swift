// The byte ring of records from one stage to the journal stage: records of any length, contiguous, in order.

import Synchronization

/// A bounded byte queue of records between one stage and the journal stage. Take `producer` and `consumer` once each.
///
/// Laid over a file it outlives the process: what the journal had not yet written is found by `RecordRingRemains`.
@frozen
public struct RecordRing: ~Copyable {
  public var producer: RecordProducer
  public var consumer: RecordConsumer

  /// A ring in this process's own memory.
  ///
  /// - Parameters:
  ///   - stage: the number that stands in every record's header.
  ///   - capacityBytes: a power of two; a single record may take at most half of it.
  ///   - arena: where its memory comes from; nil takes it from the heap.
  public init(stage: UInt8, capacityBytes: Int, in arena: MemoryArena? = nil) {
    let byteCount = RecordRingLayout.byteCount(capacityBytes)
    let block = arena?.block(byteCount: byteCount) ?? MemoryBlock(byteCount: byteCount)
    self.init(block, stage, capacityBytes)
    RecordRingLayout.fillHeader(block.address, stage: stage, capacityBytes: capacityBytes)
  }

  /// A ring in a shared file, empty. A file that stood at `path` is replaced: look for its remains first.
  ///
  /// - Parameters:
  ///   - session: whose records it holds, so that a later start does not take them for another's.
  ///   - memory: where the file is to lie, with a link at `path`.
  public init(
    stage: UInt8, capacityBytes: Int, path: String, session: UInt64 = 0, in memory: SharedMemory? = nil
  ) throws(MemoryError) {
    let byteCount = RecordRingLayout.byteCount(capacityBytes)
    let block = try MemoryBlock(creating: path, byteCount: byteCount, mode: 0o600, in: memory) {
      RecordRingLayout.fillHeader($0, stage: stage, capacityBytes: capacityBytes, session: session)
    }
    self.init(block, stage, capacityBytes)
  }

  private init(_ block: MemoryBlock, _ stage: UInt8, _ capacityBytes: Int) {
    producer = RecordProducer(block, capacityBytes, stage)
    consumer = RecordConsumer(block, capacityBytes)
  }
}

/// How a record ring lies in memory, and records in it: each begins at a multiple of 8; one that would cross the end is
/// preceded by a skip mark.
enum RecordRingLayout {
  /// "APUSRECR" as bytes.
  static var magic: UInt64 { 0x5243_4552_5355_5041 }
  static var version: UInt32 { 2 }
  static var versionOffset: Int { 8 }
  static var stageOffset: Int { 12 }
  static var capacityOffset: Int { 16 }
  static var sessionOffset: Int { 24 }
  // Each cursor alone on its pair of cache lines, because it has one writer.
  static var tailOffset: Int { MemoryBlock.alignment }
  static var headOffset: Int { 2 * MemoryBlock.alignment }
  static var bytesOffset: Int { 3 * MemoryBlock.alignment }
  /// In the place of a length: the rest of the ring is empty, go on at its beginning.
  static var skipMark: UInt32 { .max }

  static func padded(_ bytes: Int) -> Int { (bytes &+ 7) & ~7 }

  static func byteCount(_ capacityBytes: Int) -> Int {
    precondition(isCapacity(capacityBytes), "a record ring's capacity is a power of two from 4096")
    return bytesOffset + capacityBytes
  }

  static func isCapacity(_ bytes: Int) -> Bool { bytes >= 4096 && bytes & (bytes &- 1) == 0 }

  static func fillHeader(_ start: UnsafeMutableRawPointer, stage: UInt8, capacityBytes: Int, session: UInt64 = 0) {
    start.storeBytes(of: magic, as: UInt64.self)
    start.storeBytes(of: version, toByteOffset: versionOffset, as: UInt32.self)
    start.storeBytes(of: UInt32(stage), toByteOffset: stageOffset, as: UInt32.self)
    start.storeBytes(of: Int64(capacityBytes), toByteOffset: capacityOffset, as: Int64.self)
    start.storeBytes(of: session, toByteOffset: sessionOffset, as: UInt64.self)
  }
}
