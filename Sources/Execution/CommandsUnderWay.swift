// Commands that have an end to be told: halts until nothing of their scope is open, flattens until there is no position.

import Risk

/// One command whose end is waited for.
struct CommandUnderWay: BitwiseCopyable {
  var command: Command
  /// Orders of its scope that were open when it was given.
  var openOrders: UInt32
  /// Flatten: an instrument of its scope could not be closed.
  var hasFailed = false
}

/// The commands under way, in no order. One thread.
struct CommandsUnderWay: ~Copyable {
  /// Every instrument of a full session halted for itself, and a few for all. A command beyond that acts all the same,
  /// and only its end is not told.
  static var capacity: Int { 72 }

  let entries: UnsafeMutablePointer<CommandUnderWay>
  private(set) var count = 0

  init() { entries = .allocate(capacity: Self.capacity) }

  deinit { entries.deallocate() }

  /// - Returns: whether its end will be told.
  @inline(always)
  mutating func add(_ command: CommandUnderWay) -> Bool {
    guard count < Self.capacity else { return false }
    (entries + count).initialize(to: command)
    count &+= 1
    return true
  }

  /// Takes out an entry; the last one takes its place.
  @inline(always)
  mutating func remove(_ i: Int) {
    count &-= 1
    entries[i] = entries[count]
  }
}
