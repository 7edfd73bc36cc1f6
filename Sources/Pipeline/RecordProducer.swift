// The stage's end of a record ring: appends records.

import Synchronization

/// Appends records. One thread.
///
/// A record that finds no room is not written and not numbered; the stage that gets nil applies its own rule
/// (a feed leaves the frame unread, execution refuses new orders), so that the journal never has a hole.
public struct RecordProducer: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  public let stage: UInt8
  public let capacityBytes: Int
  let base: UnsafeMutableRawPointer
  let sharedTail: UnsafeMutablePointer<Atomic<Int>>
  let sharedHead: UnsafeMutablePointer<Atomic<Int>>
  /// Keeps the memory alive.
  let block: MemoryBlock
  var tail = 0
  /// What stands in the shared tail.
  var published = 0
  /// What this side last saw of the journal's cursor.
  var knownHead = 0
  @usableFromInline var sequence: UInt64 = 0

  init(_ block: MemoryBlock, _ capacityBytes: Int, _ stage: UInt8) {
    self.block = block
    self.capacityBytes = capacityBytes
    self.stage = stage
    base = block.address + RecordRingLayout.bytesOffset
    sharedTail = block.atomic(RecordRingLayout.tailOffset, of: Int.self)
    sharedHead = block.atomic(RecordRingLayout.headOffset, of: Int.self)
  }

  /// The identity that the next record will have: outputs of a step can name their cause before it is written.
  public var next: RecordIdentifier {
    @_noLocks get { RecordIdentifier(stage: stage, sequence: sequence &+ 1) }
  }

  /// Bytes that can be written now, counting headers and padding.
  @_noLocks
  public mutating func freeBytes() -> Int {
    knownHead = sharedHead.pointee.load(ordering: .acquiring)
    return capacityBytes &- (tail &- knownHead)
  }

  /// Whether a record with that many payload bytes is sure to find room, wherever the end of the ring lies.
  @_noLocks
  public mutating func hasRoom(payloadBytes: Int) -> Bool {
    fits(2 &* RecordRingLayout.padded(RecordHeader.byteCount &+ payloadBytes))
  }

  /// Writes a record's header and hands out the place of its payload, to be filled at once.
  ///
  /// - Precondition: header and payload together take at most half of the ring.
  /// - Returns: nil when there is no room. Visible to the journal after `publish`.
  @_noLocks
  public mutating func reserve(
    type: UInt16, version: UInt8, cause: UInt64, timeNs: Int64, payloadBytes: Int
  ) -> UnsafeMutableRawPointer? {
    let length = RecordHeader.byteCount &+ payloadBytes
    precondition(length <= capacityBytes / 2, "a record takes at most half of its ring")
    guard let place = place(RecordRingLayout.padded(length)) else { return nil }
    sequence &+= 1
    let header = RecordHeader(
      length: UInt32(truncatingIfNeeded: length), type: type, version: version, stage: stage, sequence: sequence,
      cause: cause, timeNs: timeNs)
    place.storeBytes(of: header, as: RecordHeader.self)
    return place + RecordHeader.byteCount
  }

  /// Appends a record whose payload is two runs of bytes (a fixed part and a raw part; either may be empty).
  ///
  /// - Returns: the record's identity, or nil when there is no room. Visible to the journal after `publish`.
  @_noLocks
  public mutating func append(
    type: UInt16, version: UInt8 = 1, cause: UInt64, timeNs: Int64, _ fixed: UnsafeRawBufferPointer,
    _ raw: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) -> RecordIdentifier? {
    guard
      let place = reserve(
        type: type, version: version, cause: cause, timeNs: timeNs, payloadBytes: fixed.count &+ raw.count)
    else { return nil }
    if let start = fixed.baseAddress { place.copyMemory(from: start, byteCount: fixed.count) }
    if let start = raw.baseAddress { (place + fixed.count).copyMemory(from: start, byteCount: raw.count) }
    return RecordIdentifier(stage: stage, sequence: sequence)
  }

  /// Appends a record with a fixed payload.
  @inline(always)
  public mutating func append<Payload: BitwiseCopyable>(
    type: UInt16, version: UInt8 = 1, cause: UInt64, timeNs: Int64, _ payload: Payload
  ) -> RecordIdentifier? {
    append(
      type: type, version: version, cause: cause, timeNs: timeNs, payload,
      raw: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// Appends a record with a fixed part and raw bytes behind it.
  @inline(always)
  public mutating func append<Payload: BitwiseCopyable>(
    type: UInt16, version: UInt8 = 1, cause: UInt64, timeNs: Int64, _ payload: Payload, raw: UnsafeRawBufferPointer
  ) -> RecordIdentifier? {
    guard
      let place = reserve(
        type: type, version: version, cause: cause, timeNs: timeNs,
        payloadBytes: MemoryLayout<Payload>.size &+ raw.count)
    else { return nil }
    // Copied as bytes: records lie at multiples of 8, and a payload with vectors is aligned to 16 in memory.
    withUnsafeBytes(of: payload) { place.copyMemory(from: $0.baseAddress!, byteCount: MemoryLayout<Payload>.size) }
    if let start = raw.baseAddress {
      (place + MemoryLayout<Payload>.size).copyMemory(from: start, byteCount: raw.count)
    }
    return RecordIdentifier(stage: stage, sequence: sequence)
  }

  /// Shows the journal stage everything appended so far, with one store; nothing when there is nothing new.
  @_noLocks
  public mutating func publish() {
    guard tail != published else { return }
    published = tail
    sharedTail.pointee.store(tail, ordering: .releasing)
  }

  /// Takes contiguous bytes, after a skip mark where they would cross the end.
  private mutating func place(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let offset = tail & (capacityBytes &- 1)
    let beforeEnd = capacityBytes &- offset
    let skipped = beforeEnd < byteCount ? beforeEnd : 0
    guard fits(byteCount &+ skipped) else { return nil }
    if skipped > 0 {
      (base + offset).storeBytes(of: RecordRingLayout.skipMark, as: UInt32.self)  // Safe: offsets are multiples of 8.
    }
    let place = base + ((tail &+ skipped) & (capacityBytes &- 1))  // Safe: `skipped` made the bytes contiguous.
    tail &+= skipped &+ byteCount
    return place
  }

  /// Asks the journal's cursor only when the ring looks too full.
  private mutating func fits(_ byteCount: Int) -> Bool {
    capacityBytes &- (tail &- knownHead) >= byteCount || freeBytes() >= byteCount
  }
}
