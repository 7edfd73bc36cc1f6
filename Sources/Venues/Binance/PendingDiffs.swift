// Diffs that cannot be applied yet: a snapshot is under way, or another connection still has to bring what is missing
// before them. One thread.

internal import Market

/// A diff's head; its levels lie in the buffer of `PendingDiffs`.
struct DiffHead: BitwiseCopyable {
  var firstUpdate: UInt64
  var lastUpdate: UInt64
  var eventTimeNs: Int64
  var receiveTimeNs: Int64
  var receiveTsc: UInt64
  var cause: UInt64
  var bidCount: Int
  var askCount: Int
  /// Where its levels begin.
  var levelStart = 0
}

/// What became of a diff that was to be kept.
enum Keeping: UInt8 {
  case kept
  /// It was there already.
  case known
  /// There is no room.
  case full
}

/// A bounded list of diffs of one instrument, kept decoded and in the order of their update ids. It may have holes.
struct PendingDiffs: ~Copyable {
  private(set) var count = 0
  private let heads: UnsafeMutablePointer<DiffHead>
  private let levels: UnsafeMutablePointer<BookLevel>
  private var levelCount = 0

  init() {
    heads = .allocate(capacity: BinanceLimits.pendingDiffs)
    levels = .allocate(capacity: BinanceLimits.pendingLevels)
  }

  deinit {
    heads.deallocate()
    levels.deallocate()
  }

  mutating func removeAll() {
    count = 0
    levelCount = 0
  }

  mutating func insert(_ head: DiffHead, _ diff: UnsafePointer<BookLevel>) -> Keeping {
    var place = count
    while place > 0, heads[place &- 1].lastUpdate > head.lastUpdate { place &-= 1 }
    if place > 0, heads[place &- 1].lastUpdate == head.lastUpdate, heads[place &- 1].firstUpdate <= head.firstUpdate {
      return .known
    }
    if place < count, heads[place].firstUpdate <= head.firstUpdate { return .known }
    let added = head.bidCount &+ head.askCount
    guard count < BinanceLimits.pendingDiffs, levelCount &+ added <= BinanceLimits.pendingLevels else { return .full }
    move(from: place, to: place &+ 1)
    (heads + place).initialize(to: head)
    heads[place].levelStart = levelCount
    UnsafeMutableRawPointer(levels + levelCount).copyMemory(
      from: diff, byteCount: added &* MemoryLayout<BookLevel>.stride)
    count &+= 1
    levelCount &+= added
    return .kept
  }

  /// The diff at `position` in the order of update ids.
  func head(_ position: Int) -> DiffHead {
    let limit = count  // a local: the condition is a closure
    precondition(position >= 0 && position < limit)
    return heads[position]
  }

  /// The levels of a kept diff.
  func levels(of head: DiffHead) -> UnsafePointer<BookLevel> { UnsafePointer(levels + head.levelStart) }

  /// Drops the first diff. Room for levels comes back when the last one is gone.
  mutating func removeFirst() {
    let limit = count
    precondition(limit > 0)
    move(from: 1, to: 0)
    count &-= 1
    if count == 0 { levelCount = 0 }
  }

  /// Shifts the heads from a place on.
  private func move(from: Int, to: Int) {
    UnsafeMutableRawPointer(heads + to).copyMemory(
      from: heads + from, byteCount: (count &- from) &* MemoryLayout<DiffHead>.stride)
  }
}
