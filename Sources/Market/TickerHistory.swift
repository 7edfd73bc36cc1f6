// The tickers that wait for the depth message with their update id.

/// A touch as of an update id.
struct Ticker: BitwiseCopyable {
  var sequence: UInt64 = 0
  var bid = BookLevel.none
  var ask = BookLevel.none
}

/// The newest tickers by update id, ascending: a ticker comes up to one depth interval (100 ms) before the depth message
/// that ends at its id, and dozens may come in between. The busiest of the recorded sessions holds 187.
struct TickerHistory: ~Copyable {
  private static var capacity: Int { 1024 }
  private let slots: UnsafeMutablePointer<Ticker>
  private var head = 0
  private var tail = 0

  init() {
    slots = .allocate(capacity: Self.capacity)
    slots.initialize(repeating: Ticker(), count: Self.capacity)
  }

  deinit { slots.deallocate() }

  mutating func removeAll() { head = tail }

  /// Remembers a ticker; the oldest one makes room.
  mutating func append(_ ticker: Ticker) {
    if tail &- head == Self.capacity { head &+= 1 }
    slots[tail & (Self.capacity &- 1)] = ticker
    tail &+= 1
  }

  /// Forgets all tickers up to `sequence`; returns the one with exactly this id.
  mutating func take(_ sequence: UInt64) -> Ticker? {
    while head != tail {
      let oldest = slots[head & (Self.capacity &- 1)]
      if oldest.sequence > sequence { return nil }
      head &+= 1
      if oldest.sequence == sequence { return oldest }
    }
    return nil
  }
}
