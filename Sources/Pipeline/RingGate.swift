// A ring with a gate between its ends: how a replay gives a consumer exactly what it once took. Cold; one thread.

import Synchronization

/// Stands between the two ends of a ring and decides what each sees of the other.
///
/// A gated ring costs its stages nothing: they hold the same handles, only that each reads the other's cursor from
/// the gate's own words instead of the other's. Nothing passes by itself; producer, consumer and gate belong to one
/// thread.
public struct RingGate: @unchecked Sendable {  // Safe: used by the one thread that also runs both ends.
  /// Slots of the ring: in a replay more than in the session, so that only `setFullMark` ever makes it full.
  public let capacity: Int
  private let block: MemoryBlock
  private let wordsOffset: Int

  init(_ block: MemoryBlock, capacity: Int, wordsOffset: Int) {
    self.block = block
    self.capacity = capacity
    self.wordsOffset = wordsOffset
    free(before: 0)
  }

  /// Elements that the producer published so far.
  public var published: Int { word(RingLayout.tailOffset).pointee.load(ordering: .acquiring) }
  /// Elements that the consumer gave back so far.
  public var consumed: Int { word(RingLayout.headOffset).pointee.load(ordering: .acquiring) }

  /// Lets the consumer see the next `count` elements that it has not consumed, and no more.
  ///
  /// - Precondition: that many were published.
  public func show(_ count: Int) {
    precondition(count >= 0 && consumed + count <= published, "a gate cannot show what was not published")
    word(wordsOffset + RingLayout.tailOffset).pointee.store(consumed + count, ordering: .releasing)
  }

  /// Tells the producer how far the consumer is, but not so far that it could claim the element with number `fullMark`.
  public func free(before fullMark: Int = .max) {
    let head = Swift.min(consumed, fullMark == .max ? .max : fullMark - capacity)
    word(wordsOffset + RingLayout.headOffset).pointee.store(head, ordering: .releasing)
  }

  private func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<Int>> { block.atomic(offset, of: Int.self) }
}

/// A ring whose ends see each other only through `gate`. Take `producer` and `consumer` out of it, each once.
@frozen
public struct GatedRing<Element: BitwiseCopyable>: ~Copyable {
  public var producer: RingProducer<Element>
  public var consumer: RingConsumer<Element>
  public let gate: RingGate

  /// - Parameter capacity: a power of two, at least twice the session's: the producer may run ahead of its consumer.
  public init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a ring's capacity is a power of two")
    let end = RingLayout.slotsOffset + MemoryLayout<Element>.stride * capacity
    let wordsOffset = (end + MemoryBlock.alignment - 1) & ~(MemoryBlock.alignment - 1)
    let block = MemoryBlock(byteCount: wordsOffset + RingLayout.slotsOffset)
    gate = RingGate(block, capacity: capacity, wordsOffset: wordsOffset)
    producer = RingProducer(block, capacity, headOffset: wordsOffset + RingLayout.headOffset)
    consumer = RingConsumer(block, capacity, tailOffset: wordsOffset + RingLayout.tailOffset)
  }
}
