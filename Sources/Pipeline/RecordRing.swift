// The byte ring of records from one stage to the journal stage: records of any length, contiguous, in order.

import Synchronization

/// A bounded byte queue of records between one stage and the journal stage. Take `producer` and `consumer` once each.
@frozen
public struct RecordRing: ~Copyable {
  public var producer: RecordProducer
  public var consumer: RecordConsumer

  /// - Parameters:
  ///   - stage: the number that stands in every record's header.
  ///   - capacityBytes: a power of two; a single record may take at most half of it.
  public init(stage: UInt8, capacityBytes: Int) {
    precondition(capacityBytes >= 4096 && capacityBytes & (capacityBytes - 1) == 0, "a power of two from 4096")
    let storage = RingStorage(slotBytes: 1, capacity: capacityBytes)
    producer = RecordProducer(storage, capacityBytes, stage)
    consumer = RecordConsumer(storage, capacityBytes)
  }
}

/// How records lie in the ring: each begins at a multiple of 8; one that would cross the end is preceded by a skip mark.
@usableFromInline
enum RecordLayout {
  /// In the place of a length: the rest of the ring is empty, go on at its beginning.
  @usableFromInline static let skipMark: UInt32 = .max
  @inline(always) static func padded(_ bytes: Int) -> Int { (bytes &+ 7) & ~7 }
}

/// The stage's end: appends records. One thread.
///
/// A record that finds no room is not written and not numbered; the stage that gets nil applies its own rule
/// (a feed leaves the frame unread, execution refuses new orders), so that the journal never has a hole.
public struct RecordProducer: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  public let stage: UInt8
  public let capacityBytes: Int
  let base: UnsafeMutableRawPointer
  let publishedTail: UnsafeMutablePointer<Atomic<Int>>
  let publishedHead: UnsafeMutablePointer<Atomic<Int>>
  let storage: RingStorage
  var tail = 0
  var knownHead = 0
  @usableFromInline var sequence: UInt64 = 0

  init(_ storage: RingStorage, _ capacityBytes: Int, _ stage: UInt8) {
    self.storage = storage
    self.capacityBytes = capacityBytes
    self.stage = stage
    base = storage.block + 256
    publishedTail = storage.block.assumingMemoryBound(to: Atomic<Int>.self)
    publishedHead = (storage.block + 128).assumingMemoryBound(to: Atomic<Int>.self)
  }

  /// The identity that the next record will have: outputs of a step can name their cause before it is written.
  public var next: RecordIdentifier {
    @_noLocks get { RecordIdentifier(stage: stage, sequence: sequence &+ 1) }
  }

  /// Bytes that can be written now, counting headers and padding.
  @_noLocks
  public mutating func freeBytes() -> Int {
    knownHead = publishedHead.pointee.load(ordering: .acquiring)
    return capacityBytes &- (tail &- knownHead)
  }

  /// Whether a record with that many payload bytes is sure to find room, wherever the end of the ring lies.
  @_noLocks
  public mutating func hasRoom(payloadBytes: Int) -> Bool {
    let needed = 2 &* RecordLayout.padded(RecordHeader.byteCount &+ payloadBytes)
    if capacityBytes &- (tail &- knownHead) >= needed { return true }
    return freeBytes() >= needed
  }

  /// Writes a record's header and hands out the place of its payload, to be filled at once.
  ///
  /// - Returns: nil when there is no room. Visible to the journal after `publish`.
  @_noLocks
  public mutating func reserve(
    type: UInt16, version: UInt8, cause: UInt64, timeNs: Int64, payloadBytes: Int
  ) -> UnsafeMutableRawPointer? {
    let length = RecordHeader.byteCount &+ payloadBytes
    precondition(length <= capacityBytes / 2, "a record takes at most half of its ring")
    let padded = RecordLayout.padded(length)
    let offset = tail & (capacityBytes &- 1)
    let skipped = capacityBytes &- offset < padded ? capacityBytes &- offset : 0
    guard capacityBytes &- (tail &- knownHead) >= padded &+ skipped || freeBytes() >= padded &+ skipped else {
      return nil
    }
    if skipped > 0 {
      (base + offset).storeBytes(of: RecordLayout.skipMark, as: UInt32.self)  // Safe: offsets are multiples of 8.
      tail &+= skipped
    }
    let place = base + (tail & (capacityBytes &- 1))  // Safe: `skipped` made the record contiguous.
    sequence &+= 1
    place.storeBytes(
      of: RecordHeader(
        length: UInt32(truncatingIfNeeded: length), type: type, version: version, stage: stage, sequence: sequence,
        cause: cause, timeNs: timeNs), as: RecordHeader.self)
    tail &+= padded
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
    place.storeBytes(of: payload, as: Payload.self)
    if let start = raw.baseAddress {
      (place + MemoryLayout<Payload>.size).copyMemory(from: start, byteCount: raw.count)
    }
    return RecordIdentifier(stage: stage, sequence: sequence)
  }

  /// Shows the journal stage everything appended so far, with one store.
  @_noLocks
  public mutating func publish() { publishedTail.pointee.store(tail, ordering: .releasing) }
}

/// The journal's end: reads records in order. One thread.
public struct RecordConsumer: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  let capacityBytes: Int
  let base: UnsafeMutableRawPointer
  let publishedTail: UnsafeMutablePointer<Atomic<Int>>
  let publishedHead: UnsafeMutablePointer<Atomic<Int>>
  let storage: RingStorage
  var head = 0

  init(_ storage: RingStorage, _ capacityBytes: Int) {
    self.storage = storage
    self.capacityBytes = capacityBytes
    base = storage.block + 256
    publishedTail = storage.block.assumingMemoryBound(to: Atomic<Int>.self)
    publishedHead = (storage.block + 128).assumingMemoryBound(to: Atomic<Int>.self)
  }

  /// Bytes that wait to be read.
  public var pendingBytes: Int { publishedTail.pointee.load(ordering: .acquiring) &- head }

  /// The oldest waiting records that lie together, each padded to a multiple of 8, without taking them.
  ///
  /// The journal writes this run of bytes as it is, and calls `release` only when the disk has it.
  ///
  /// - Parameter limitBytes: ends the run before the record that would exceed it; the first is there in any case.
  /// - Returns: an empty buffer when nothing waits. The bytes may be changed in place until `release`.
  public mutating func waiting(limitBytes: Int) -> UnsafeMutableRawBufferPointer {
    let tail = publishedTail.pointee.load(ordering: .acquiring)
    var offset = head & (capacityBytes &- 1)
    if head != tail, (base + offset).load(as: UInt32.self) == RecordLayout.skipMark {
      head &+= capacityBytes &- offset
      offset = 0
    }
    var bytes = 0
    while head &+ bytes != tail, offset + bytes < capacityBytes {
      let length = (base + offset + bytes).load(as: UInt32.self)
      if length == RecordLayout.skipMark { break }
      precondition(Int(length) >= RecordHeader.byteCount && Int(length) <= tail &- head, "a torn record in a ring")
      let padded = RecordLayout.padded(Int(length))
      if bytes > 0, bytes + padded > limitBytes { break }
      bytes += padded
    }
    return UnsafeMutableRawBufferPointer(start: base + offset, count: bytes)
  }

  /// Frees the first `bytes` of what `waiting` returned.
  ///
  /// - Precondition: they end where a record ends.
  public mutating func release(_ bytes: Int) {
    precondition(bytes >= 0 && bytes & 7 == 0 && bytes <= publishedTail.pointee.load(ordering: .relaxed) &- head)
    head &+= bytes
    publishedHead.pointee.store(head, ordering: .releasing)
  }

  /// Hands each waiting record (header and payload, without padding) to `body`, then frees their place.
  ///
  /// - Parameters:
  ///   - limitBytes: stops after about this many bytes.
  ///   - body: the bytes may be changed in place (the journal fills in the checksum) and are valid only during the call.
  /// - Returns: how many records were read.
  public mutating func drain(limitBytes: Int = .max, _ body: (UnsafeMutableRawBufferPointer) -> Void) -> Int {
    let tail = publishedTail.pointee.load(ordering: .acquiring)
    let start = head
    var count = 0
    while head != tail, head &- start < limitBytes {
      let offset = head & (capacityBytes &- 1)
      let length = (base + offset).load(as: UInt32.self)
      if length == RecordLayout.skipMark {
        head &+= capacityBytes &- offset
        continue
      }
      precondition(Int(length) >= RecordHeader.byteCount && Int(length) <= tail &- head, "a torn record in a ring")
      body(UnsafeMutableRawBufferPointer(start: base + offset, count: Int(length)))
      head &+= RecordLayout.padded(Int(length))
      count += 1
    }
    publishedHead.pointee.store(head, ordering: .releasing)
    return count
  }
}
