// The diffs that arrive while a snapshot is under way: kept decoded, in order and without holes. One thread.

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
}

/// A bounded list of consecutive diffs of one instrument.
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

  /// The first update id kept; 0 when there is none.
  var firstUpdate: UInt64 { count > 0 ? heads[0].firstUpdate : 0 }

  /// Whether this diff continues the last one kept.
  func continues(_ head: DiffHead) -> Bool { count == 0 || head.firstUpdate == heads[count &- 1].lastUpdate &+ 1 }

  /// - Returns: false when there is no room.
  mutating func append(_ head: DiffHead, _ diff: UnsafePointer<BookLevel>) -> Bool {
    let added = head.bidCount &+ head.askCount
    guard count < BinanceLimits.pendingDiffs, levelCount &+ added <= BinanceLimits.pendingLevels else { return false }
    (heads + count).initialize(to: head)
    UnsafeMutableRawPointer(levels + levelCount).copyMemory(
      from: diff, byteCount: added &* MemoryLayout<BookLevel>.stride)
    count &+= 1
    levelCount &+= added
    return true
  }

  /// The diff at `position`, and how many levels stand before its own.
  func head(_ position: Int) -> DiffHead {
    precondition(position >= 0 && position < count)
    return heads[position]
  }

  /// The levels from `offset` on.
  func levels(from offset: Int) -> UnsafePointer<BookLevel> {
    precondition(offset >= 0 && offset <= levelCount)
    return UnsafePointer(levels + offset)
  }
}
