// The strategy that takes, word for word the one of strategies.py.

import Market
import Simulation

/// Follows the touch: when the best bid has risen since the last wake it buys at the ask, when it has fallen it sells at the
/// bid, as long as the position allows; what came too late and rests is cancelled at the next wake.
struct Aggressive: ReplayStrategy {
  let intervalNs: Int64
  let lots: Int64
  let greatestPositionLots: Int64
  private var lastBidTicks: Int64 = 0
  private var nextId: UInt64 = 1

  init(intervalNs: Int64, lots: Int64, greatestPositionLots: Int64) {
    self.intervalNs = intervalNs
    self.lots = lots
    self.greatestPositionLots = greatestPositionLots
  }

  mutating func wake(_ desk: inout ReplayDesk) {
    desk.removeFinished()
    guard let bid = desk.bestBid, let ask = desk.bestAsk else { return }
    for place in 0..<desk.orderCount where desk[place].isCancelable { desk.cancel(place) }
    let move = lastBidTicks == 0 ? 0 : bid.ticks - lastBidTicks
    lastBidTicks = bid.ticks
    let position = desk.account.positionLots
    if move > 0, position < greatestPositionLots { take(.buy, ask, &desk) }
    if move < 0, position > -greatestPositionLots { take(.sell, bid, &desk) }
  }

  private mutating func take(_ side: Side, _ price: Price, _ desk: inout ReplayDesk) {
    desk.submit(
      id: nextId, side: side, price: price, quantity: Quantity(lots: lots), timeInForce: .goodTillCancel)
    nextId += 1
  }
}
