// The single-producer single-consumer ring that joins two stages: handles that cannot be copied over one aligned block.

import Synchronization

/// Where the parts of a ring's block lie. The cursors are two cache lines apart, because the adjacent-line prefetcher
/// of x86 fetches pairs: one writer per pair of lines.
enum RingLayout {
  static let tailOffset = 0
  static let headOffset = 128
  static let slotsOffset = 256
  static let alignment = 128
}

/// The memory of a ring, alive as long as either handle is.
@usableFromInline
final class RingStorage: @unchecked Sendable {  // Safe: only the two handles reach the block, each its own side of it.
  let block: UnsafeMutableRawPointer

  /// - Parameter extraBytes: room behind the slots, for the words of a `RingGate`.
  init(slotBytes: Int, capacity: Int, extraBytes: Int = 0) {
    let bytes = RingLayout.slotsOffset + slotBytes * capacity + extraBytes
    block = .allocate(byteCount: bytes, alignment: RingLayout.alignment)
    block.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)  // also pre-faults every page
  }

  deinit { block.deallocate() }
}

/// A bounded queue between exactly one producer and one consumer.
///
/// Take `producer` and `consumer` out of it, each once: taking one twice does not compile.
///
///     let ring = Ring<MarketEvent>(capacity: 4096)
///     var feed = Feed(events: ring.producer)
///     var strategy = Strategy(events: ring.consumer)
@frozen
public struct Ring<Element: BitwiseCopyable>: ~Copyable {
  public var producer: RingProducer<Element>
  public var consumer: RingConsumer<Element>

  /// - Parameter capacity: the number of slots, a power of two. Every ring's capacity is derived in ARCHITECTURE.md.
  public init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a ring's capacity is a power of two")
    let storage = RingStorage(slotBytes: MemoryLayout<Element>.stride, capacity: capacity)
    producer = RingProducer(storage, capacity)
    consumer = RingConsumer(storage, capacity)
  }
}

/// The writing end of a ring. One thread at a time.
public struct RingProducer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  public let capacity: Int
  @usableFromInline let slots: UnsafeMutablePointer<Element>
  @usableFromInline let publishedTail: UnsafeMutablePointer<Atomic<Int>>
  @usableFromInline let publishedHead: UnsafeMutablePointer<Atomic<Int>>
  @usableFromInline let storage: RingStorage
  /// The next slot to hand out; ahead of the published tail by what is claimed and not yet published.
  @usableFromInline var tail = 0
  /// What this side last saw of the consumer's cursor: asked for again only when the ring looks full.
  @usableFromInline var knownHead: Int

  /// - Parameter headOffset: where the cursor lies that this side takes for the consumer's.
  init(_ storage: RingStorage, _ capacity: Int, headOffset: Int = RingLayout.headOffset) {
    self.storage = storage
    self.capacity = capacity
    slots = (storage.block + RingLayout.slotsOffset).assumingMemoryBound(to: Element.self)
    publishedTail = (storage.block + RingLayout.tailOffset).assumingMemoryBound(to: Atomic<Int>.self)
    publishedHead = (storage.block + headOffset).assumingMemoryBound(to: Atomic<Int>.self)
    knownHead = publishedHead.pointee.load(ordering: .relaxed)
  }

  /// The number (from 0, low 32 bits) of the first element for which this side knows no room: what a `.ringFull`
  /// record names, so that a replay can make the ring look full at the very same place.
  @inline(always)
  public var fullMark: UInt32 { UInt32(truncatingIfNeeded: knownHead &+ capacity) }

  /// How many slots can be claimed now.
  @inline(always)
  public var free: Int {
    mutating get {
      knownHead = publishedHead.pointee.load(ordering: .acquiring)
      return capacity &- (tail &- knownHead)
    }
  }

  /// The next slot, to be filled in place, or nil when the ring is full. The consumer sees it after `publish`.
  @inline(always)
  public mutating func claim() -> UnsafeMutablePointer<Element>? {
    if tail &- knownHead == capacity {
      knownHead = publishedHead.pointee.load(ordering: .acquiring)
      if tail &- knownHead == capacity { return nil }
    }
    let slot = slots + (tail & (capacity &- 1))  // Safe: the mask keeps it inside the block.
    tail &+= 1
    return slot
  }

  /// Makes all claimed slots visible with one store.
  @inline(always)
  public mutating func publish() { publishedTail.pointee.store(tail, ordering: .releasing) }

  /// Gives back what was claimed since the last `publish`, so that nothing of it is ever seen.
  @inline(always)
  public mutating func abandon() { tail = publishedTail.pointee.load(ordering: .relaxed) }

  /// Writes and publishes one element; false when the ring is full.
  @inline(always)
  public mutating func tryPush(_ element: Element) -> Bool {
    guard let slot = claim() else { return false }
    slot.initialize(to: element)
    publish()
    return true
  }
}

/// The reading end of a ring. One thread at a time.
public struct RingConsumer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  public let capacity: Int
  @usableFromInline let slots: UnsafeMutablePointer<Element>
  @usableFromInline let publishedTail: UnsafeMutablePointer<Atomic<Int>>
  @usableFromInline let publishedHead: UnsafeMutablePointer<Atomic<Int>>
  @usableFromInline let storage: RingStorage
  @usableFromInline var head = 0
  /// What this side last saw of the producer's cursor.
  @usableFromInline var knownTail = 0

  /// - Parameter tailOffset: where the cursor lies that this side takes for the producer's.
  init(_ storage: RingStorage, _ capacity: Int, tailOffset: Int = RingLayout.tailOffset) {
    self.storage = storage
    self.capacity = capacity
    slots = (storage.block + RingLayout.slotsOffset).assumingMemoryBound(to: Element.self)
    publishedTail = (storage.block + tailOffset).assumingMemoryBound(to: Atomic<Int>.self)
    publishedHead = (storage.block + RingLayout.headOffset).assumingMemoryBound(to: Atomic<Int>.self)
  }

  /// How many elements are there, asked of the producer now. A stage reads it once at the start of a step, so that
  /// what the step consumes is a number that can be recorded and replayed.
  @inline(always)
  public mutating func available() -> Int {
    knownTail = publishedTail.pointee.load(ordering: .acquiring)
    return knownTail &- head
  }

  /// The element `offset` places behind the oldest one, in place.
  ///
  /// - Precondition: `offset` is below what `available` returned since the last `release`.
  @inline(always)
  public func peek(_ offset: Int) -> UnsafePointer<Element> {
    precondition(offset >= 0 && offset < knownTail &- head)
    return UnsafePointer(slots + ((head &+ offset) & (capacity &- 1)))
  }

  /// Gives the oldest `count` slots back to the producer with one store.
  @inline(always)
  public mutating func release(_ count: Int) {
    precondition(count >= 0 && count <= knownTail &- head)
    head &+= count
    publishedHead.pointee.store(head, ordering: .releasing)
  }

  /// Takes the oldest element by value, or nil when there is none. For small elements and cold paths.
  @inline(always)
  public mutating func tryPop() -> Element? {
    if knownTail == head, available() == 0 { return nil }
    let element = slots[head & (capacity &- 1)]
    release(1)
    return element
  }
}
