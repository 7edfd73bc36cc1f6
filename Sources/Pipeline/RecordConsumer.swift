// The journal's end of a record ring: reads records in order.

import Synchronization

/// Reads records in order. One thread.
public struct RecordConsumer: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  public let capacityBytes: Int
  let base: UnsafeMutableRawPointer
  let sharedTail: UnsafeMutablePointer<Atomic<Int>>
  let sharedHead: UnsafeMutablePointer<Atomic<Int>>
  /// Keeps the memory alive.
  let block: MemoryBlock
  var head = 0

  init(_ block: MemoryBlock, _ capacityBytes: Int) {
    self.block = block
    self.capacityBytes = capacityBytes
    base = block.address + RecordRingLayout.bytesOffset
    sharedTail = block.atomic(RecordRingLayout.tailOffset, of: Int.self)
    sharedHead = block.atomic(RecordRingLayout.headOffset, of: Int.self)
  }

  /// Bytes that wait to be read.
  public var pendingBytes: Int { sharedTail.pointee.load(ordering: .acquiring) &- head }

  /// The oldest waiting records that lie together, each padded to a multiple of 8, without taking them.
  ///
  /// The journal writes this run of bytes as it is, and calls `release` only when the disk has it.
  ///
  /// - Parameter limitBytes: ends the run before the record that would exceed it; the first is there in any case.
  /// - Returns: an empty buffer when nothing waits. The bytes may be changed in place until `release`.
  public mutating func waiting(limitBytes: Int) -> UnsafeMutableRawBufferPointer {
    let tail = sharedTail.pointee.load(ordering: .acquiring)
    var offset = head & (capacityBytes &- 1)
    if head != tail, (base + offset).load(as: UInt32.self) == RecordRingLayout.skipMark {
      head &+= capacityBytes &- offset
      offset = 0
    }
    var bytes = 0
    while head &+ bytes != tail, offset + bytes < capacityBytes {
      let length = (base + offset + bytes).load(as: UInt32.self)
      if length == RecordRingLayout.skipMark { break }
      precondition(Int(length) >= RecordHeader.byteCount && Int(length) <= tail &- head, "a torn record in a ring")
      let padded = RecordRingLayout.padded(Int(length))
      if bytes > 0, bytes + padded > limitBytes { break }
      bytes += padded
    }
    return UnsafeMutableRawBufferPointer(start: base + offset, count: bytes)
  }

  /// Frees the first `bytes` of what `waiting` returned.
  ///
  /// - Precondition: they end where a record ends.
  public mutating func release(_ bytes: Int) {
    precondition(bytes >= 0 && bytes & 7 == 0 && bytes <= sharedTail.pointee.load(ordering: .relaxed) &- head)
    head &+= bytes
    sharedHead.pointee.store(head, ordering: .releasing)
  }

  /// Hands each waiting record (header and payload, without padding) to `body`, then frees their place.
  ///
  /// - Parameters:
  ///   - limitBytes: stops after the record that reaches this many bytes.
  ///   - body: the bytes may be changed in place (the journal fills in the checksum) and are valid only during the call.
  /// - Returns: how many records were read.
  public mutating func drain(limitBytes: Int = .max, _ body: (UnsafeMutableRawBufferPointer) -> Void) -> Int {
    let tail = sharedTail.pointee.load(ordering: .acquiring)
    let start = head
    var count = 0
    var bytes = 0
    while head != tail, bytes < limitBytes {
      let offset = head & (capacityBytes &- 1)
      let length = (base + offset).load(as: UInt32.self)
      if length == RecordRingLayout.skipMark {
        head &+= capacityBytes &- offset
        continue
      }
      precondition(Int(length) >= RecordHeader.byteCount && Int(length) <= tail &- head, "a torn record in a ring")
      body(UnsafeMutableRawBufferPointer(start: base + offset, count: Int(length)))
      head &+= RecordRingLayout.padded(Int(length))
      bytes &+= Int(length)
      count += 1
    }
    if head != start { sharedHead.pointee.store(head, ordering: .releasing) }
    return count
  }
}
