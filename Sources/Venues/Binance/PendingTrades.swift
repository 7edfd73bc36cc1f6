// Trades that came ahead of one that another connection may still bring. One thread.

internal import Market

/// A trade on its way to the strategy.
struct PendingTrade: BitwiseCopyable {
  var trade: UInt64
  var eventTimeNs: Int64
  var stamp: ReceiveStamp
  var level: BookLevel
  var takerSide: Side
}

/// A bounded list of trades of one instrument in the order of their ids. It may have holes.
struct PendingTrades: ~Copyable {
  private(set) var count = 0
  private let trades: UnsafeMutablePointer<PendingTrade>

  init() { trades = .allocate(capacity: BinanceLimits.pendingTrades) }
  deinit { trades.deallocate() }

  mutating func removeAll() { count = 0 }

  mutating func insert(_ trade: PendingTrade) -> Keeping {
    var place = count
    while place > 0, trades[place &- 1].trade > trade.trade { place &-= 1 }
    if place > 0, trades[place &- 1].trade == trade.trade { return .known }
    guard count < BinanceLimits.pendingTrades else { return .full }
    move(from: place, to: place &+ 1)
    (trades + place).initialize(to: trade)
    count &+= 1
    return .kept
  }

  /// The trade with the lowest id.
  var first: PendingTrade {
    let limit = count  // a local: the condition is a closure
    precondition(limit > 0)
    return trades[0]
  }

  /// The trade with the highest id.
  var last: PendingTrade {
    let limit = count
    precondition(limit > 0)
    return trades[limit &- 1]
  }

  mutating func removeFirst() {
    let limit = count
    precondition(limit > 0)
    move(from: 1, to: 0)
    count &-= 1
  }

  private func move(from: Int, to: Int) {
    UnsafeMutableRawPointer(trades + to).copyMemory(
      from: trades + from, byteCount: (count &- from) &* MemoryLayout<PendingTrade>.stride)
  }
}
