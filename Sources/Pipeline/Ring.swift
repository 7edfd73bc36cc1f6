// The single-producer single-consumer ring that joins two stages: handles that cannot be copied over one aligned block.

public import Synchronization

/// Where the parts of a ring's block lie: each cursor alone on its pair of cache lines, because it has one writer.
package enum RingLayout {
  package static var tailOffset: Int { 0 }
  package static var headOffset: Int { MemoryBlock.alignment }
  package static var slotsOffset: Int { 2 * MemoryBlock.alignment }
}

/// A bounded queue between exactly one producer and one consumer.
///
/// Take `producer` and `consumer` out of it, each once: taking one twice does not compile.
///
///     let ring = Ring<MarketEvent>(capacity: 4096)
///     var feed = Feed(events: ring.producer)
///     var strategy = Strategy(events: ring.consumer)
///
/// The algorithm is Lamport's (Proving the Correctness of Multiprocess Programs, 1977) with the remote cursor cached on
/// each side, as in FastForward (Giacomoni and others, 2008) and its successors: a side reads the other's cache line
/// only when its own copy says that the ring is full or empty.
@frozen
public struct Ring<Element: BitwiseCopyable>: ~Copyable {
  public var producer: RingProducer<Element>
  public var consumer: RingConsumer<Element>

  /// - Parameters:
  ///   - capacity: the number of slots, a power of two. Every ring's capacity is derived in ARCHITECTURE.md.
  ///   - arena: where its memory comes from; nil takes it from the heap.
  public init(capacity: Int, in arena: MemoryArena? = nil) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a ring's capacity is a power of two")
    let byteCount = Self.byteCount(capacity: capacity)
    let block = arena?.block(byteCount: byteCount) ?? MemoryBlock(byteCount: byteCount)
    producer = RingProducer(block, capacity)
    consumer = RingConsumer(block, capacity)
  }

  /// What a ring takes of an arena.
  public static func byteCount(capacity: Int) -> Int {
    RingLayout.slotsOffset + MemoryLayout<Element>.stride * capacity
  }
}

/// The writing end of a ring. One thread at a time.
///
/// Invariant, between calls: `published <= tail`, and `tail - head <= capacity` for every `head` that the consumer has
/// published. Cursors count elements since the beginning and never wrap in practice (2^63 of them).
public struct RingProducer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  public let capacity: Int
  @usableFromInline let slots: UnsafeMutablePointer<Element>
  @usableFromInline let sharedTail: UnsafeMutablePointer<Atomic<Int>>
  @usableFromInline let sharedHead: UnsafeMutablePointer<Atomic<Int>>
  /// Keeps the memory alive.
  private let block: MemoryBlock
  /// The next slot to hand out; ahead of `published` by what is claimed and not yet published.
  @usableFromInline var tail = 0
  /// What stands in the shared tail.
  @usableFromInline var published = 0
  /// What this side last saw of the consumer's cursor: asked for again only when the ring looks full.
  @usableFromInline var knownHead: Int

  /// - Parameter headOffset: where the cursor lies that this side takes for the consumer's.
  init(_ block: MemoryBlock, _ capacity: Int, headOffset: Int = RingLayout.headOffset) {
    self.block = block
    self.capacity = capacity
    slots = (block.address + RingLayout.slotsOffset).assumingMemoryBound(to: Element.self)
    sharedTail = block.atomic(RingLayout.tailOffset, of: Int.self)
    sharedHead = block.atomic(headOffset, of: Int.self)
    knownHead = sharedHead.pointee.load(ordering: .relaxed)
  }

  /// The number (from 0, low 32 bits) of the first element for which this side knows no room: what a `.ringFull`
  /// record names, so that a replay can make the ring look full at the very same place.
  @inline(always)
  public var fullMark: UInt32 { UInt32(truncatingIfNeeded: knownHead &+ capacity) }

  /// How many slots can be claimed now, asked of the consumer.
  @inline(always)
  public var free: Int {
    mutating get {
      knownHead = sharedHead.pointee.load(ordering: .acquiring)
      return capacity &- (tail &- knownHead)
    }
  }

  /// Whether `count` more slots can be claimed; asks the consumer only when it looks as if not.
  @inline(always)
  public mutating func hasRoom(_ count: Int) -> Bool {
    capacity &- (tail &- knownHead) >= count || free >= count
  }

  /// The next slot, to be filled in place, or nil when the ring is full. The consumer sees it after `publish`.
  @inline(always)
  public mutating func claim() -> UnsafeMutablePointer<Element>? {
    guard hasRoom(1) else { return nil }
    let slot = slots + (tail & (capacity &- 1))  // Safe: the mask keeps it inside the block.
    tail &+= 1
    return slot
  }

  /// Makes all claimed slots visible with one store. With nothing claimed it leaves the consumer's cache line alone.
  @inline(always)
  public mutating func publish() {
    guard tail != published else { return }
    published = tail
    sharedTail.pointee.store(tail, ordering: .releasing)
  }

  /// Gives back what was claimed since the last `publish`, so that nothing of it is ever seen.
  @inline(always)
  public mutating func abandon() { tail = published }

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
///
/// Invariant, between calls: `head <= knownTail`, and `knownTail` is at most what the producer has published.
public struct RingConsumer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  public let capacity: Int
  @usableFromInline let slots: UnsafeMutablePointer<Element>
  @usableFromInline let sharedTail: UnsafeMutablePointer<Atomic<Int>>
  @usableFromInline let sharedHead: UnsafeMutablePointer<Atomic<Int>>
  /// Keeps the memory alive.
  private let block: MemoryBlock
  @usableFromInline var head = 0
  /// What this side last saw of the producer's cursor.
  @usableFromInline var knownTail = 0

  /// - Parameter tailOffset: where the cursor lies that this side takes for the producer's.
  init(_ block: MemoryBlock, _ capacity: Int, tailOffset: Int = RingLayout.tailOffset) {
    self.block = block
    self.capacity = capacity
    slots = (block.address + RingLayout.slotsOffset).assumingMemoryBound(to: Element.self)
    sharedTail = block.atomic(tailOffset, of: Int.self)
    sharedHead = block.atomic(RingLayout.headOffset, of: Int.self)
  }

  /// How many elements are there, asked of the producer now. A stage reads it once at the start of a step, so that
  /// what the step consumes is a number that can be recorded and replayed.
  @inline(always)
  public mutating func available() -> Int {
    knownTail = sharedTail.pointee.load(ordering: .acquiring)
    return knownTail &- head
  }

  /// The element `offset` places behind the oldest one, in place.
  ///
  /// - Precondition: `offset` is below what `available` returned, less what was released since.
  @inline(always)
  public func peek(_ offset: Int) -> UnsafePointer<Element> {
    precondition(offset >= 0 && offset < knownTail &- head)
    return UnsafePointer(slots + ((head &+ offset) & (capacity &- 1)))
  }

  /// Gives the oldest `count` slots back to the producer with one store; with 0 it leaves the cache line alone.
  ///
  /// - Precondition: `count` is at most what `available` returned, less what was released since.
  @inline(always)
  public mutating func release(_ count: Int) {
    precondition(count >= 0 && count <= knownTail &- head)
    guard count > 0 else { return }
    head &+= count
    sharedHead.pointee.store(head, ordering: .releasing)
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
