// Buffers in which a feed hands whole book snapshots to a book: they are too large for ring slots.

import Synchronization

/// The words that two threads write lie two cache lines apart (the prefetcher fetches pairs).
private enum SnapshotLayout {
  static var stateStride: Int { 128 }
}

/// A fixed set of snapshot buffers that travel from one feed stage to one strategy stage by number.
///
/// The feed acquires a buffer, fills both sides and publishes a `MarketEvent` of kind `.snapshot` whose `price.ticks` is
/// the buffer's number; the ring's release store makes the contents visible. The consumer gives the buffer back after
/// reading it (`OrderBook.apply` does). One thread acquires, one thread at a time holds a buffer; nothing is allocated
/// after `init`.
public final class SnapshotPool: @unchecked Sendable {  // Safe: a buffer belongs to whoever holds its number.
  public let buffers: Int
  public let levelsPerSide: Int
  /// 0: free, 1: held. One line each, because the two threads write them.
  private let states: UnsafeMutableRawPointer
  private let counts: UnsafeMutablePointer<Int>
  private let levels: UnsafeMutablePointer<BookLevel>

  /// - Parameters:
  ///   - buffers: how many snapshots can be under way at once.
  ///   - levelsPerSide: the most levels a snapshot can hold on each side.
  public init(buffers: Int, levelsPerSide: Int) {
    precondition(buffers > 0 && levelsPerSide > 0)
    self.buffers = buffers
    self.levelsPerSide = levelsPerSide
    states = .allocate(byteCount: buffers * SnapshotLayout.stateStride, alignment: SnapshotLayout.stateStride)
    states.initializeMemory(as: UInt8.self, repeating: 0, count: buffers * SnapshotLayout.stateStride)
    counts = .allocate(capacity: buffers * 2)
    counts.initialize(repeating: 0, count: buffers * 2)
    levels = .allocate(capacity: buffers * 2 * levelsPerSide)
    levels.initialize(
      repeating: .none, count: buffers * 2 * levelsPerSide)
  }

  deinit {
    states.deallocate()
    counts.deallocate()
    levels.deallocate()
  }

  /// The producer takes an empty buffer; nil while all are on their way. Whether there is one depends on the consumer's
  /// progress: a stage that must be replayed records a refusal as an input.
  @_noLocks @inline(never)
  public func acquire() -> Int? {
    var handle = 0
    while handle < buffers {
      if state(handle).pointee.load(ordering: .acquiring) == 0 {
        state(handle).pointee.store(1, ordering: .relaxed)
        bids(handle).removeAll()
        asks(handle).removeAll()
        return handle
      }
      handle &+= 1
    }
    return nil
  }

  /// The holder gives a buffer back: the consumer after reading it, or the producer that will not publish it.
  @_noLocks @inline(never)
  public func release(_ handle: Int) {
    checkHandle(handle)
    state(handle).pointee.store(0, ordering: .releasing)
  }

  /// The bids of a held buffer, best first as every venue sends them (a book accepts any order).
  @_noLocks @inline(never)
  public func bids(_ handle: Int) -> SnapshotSide { side(handle, 0) }

  /// The asks of a held buffer.
  @_noLocks @inline(never)
  public func asks(_ handle: Int) -> SnapshotSide { side(handle, 1) }

  private func side(_ handle: Int, _ side: Int) -> SnapshotSide {
    checkHandle(handle)
    let place = handle &* 2 &+ side
    return SnapshotSide(levels + place &* levelsPerSide, capacity: levelsPerSide, count: counts + place)
  }

  private func checkHandle(_ handle: Int) {
    let limit = buffers  // a local: the condition is a closure, and one over `self` would retain it in debug builds
    precondition(handle >= 0 && handle < limit, "no such snapshot buffer")
  }

  private func state(_ handle: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
    (states + handle &* SnapshotLayout.stateStride).assumingMemoryBound(to: Atomic<UInt32>.self)
  }
}

/// One side of a held snapshot buffer: a view, valid until the buffer is released.
public struct SnapshotSide {
  public let capacity: Int
  @usableFromInline let levels: UnsafeMutablePointer<BookLevel>
  @usableFromInline let storedCount: UnsafeMutablePointer<Int>

  init(_ levels: UnsafeMutablePointer<BookLevel>, capacity: Int, count: UnsafeMutablePointer<Int>) {
    self.levels = levels
    self.capacity = capacity
    storedCount = count
  }

  @inline(always) public var count: Int { storedCount.pointee }

  @inline(always) public subscript(_ i: Int) -> BookLevel {
    precondition(i >= 0 && i < storedCount.pointee)
    return levels[i]
  }

  /// Appends a level; false when the side is full (the snapshot cannot be used then: half a book is no book).
  @inline(always)
  public func append(_ level: BookLevel) -> Bool {
    guard storedCount.pointee < capacity else { return false }
    levels[storedCount.pointee] = level
    storedCount.pointee &+= 1
    return true
  }

  @inline(always) public func removeAll() { storedCount.pointee = 0 }
}
