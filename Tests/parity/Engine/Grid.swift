// The two-sided quoting grid, word for word the one of strategies.py.

import Market
import Simulation

/// Post-only orders on both sides, `levels` of them `stepTicks` apart and `distanceTicks` behind the touch, as long as the
/// position allows; what no longer stands on the grid is cancelled. An order's id says its side and price.
struct Grid: ReplayStrategy {
  let intervalNs: Int64
  let levels: Int64
  let distanceTicks: Int64
  let stepTicks: Int64
  let lots: Int64
  let greatestPositionLots: Int64

  static let sellBit: UInt64 = 1 << 40

  mutating func wake(_ desk: inout ReplayDesk) {
    desk.removeFinished()
    guard let bid = desk.bestBid, let ask = desk.bestAsk else { return }
    let position = desk.account.positionLots
    let (mayBuy, maySell) = (position < greatestPositionLots, position > -greatestPositionLots)
    let (highest, lowest) = (bid.ticks - distanceTicks, ask.ticks + distanceTicks)
    var (standingBids, standingAsks): (UInt64, UInt64) = (0, 0)
    for place in 0..<desk.orderCount {
      let order = desk[place]
      let isBuy = order.side == .buy
      let away = isBuy ? highest - order.price.ticks : order.price.ticks - lowest
      let isOnGrid = away >= 0 && away < levels * stepTicks && away % stepTicks == 0
      if isOnGrid {
        let bit: UInt64 = 1 << UInt64(away / stepTicks)
        if isBuy { standingBids |= bit } else { standingAsks |= bit }
      }
      if order.isCancelable, !(isOnGrid && (isBuy ? mayBuy : maySell)) { desk.cancel(place) }
    }
    for level in 0..<levels {
      if mayBuy, standingBids >> UInt64(level) & 1 == 0 { quote(.buy, highest - level * stepTicks, &desk) }
      if maySell, standingAsks >> UInt64(level) & 1 == 0 { quote(.sell, lowest + level * stepTicks, &desk) }
    }
  }

  private func quote(_ side: Side, _ ticks: Int64, _ desk: inout ReplayDesk) {
    desk.submit(
      id: UInt64(ticks) | (side == .sell ? Self.sellBit : 0), side: side, price: Price(ticks: ticks),
      quantity: Quantity(lots: lots), timeInForce: .postOnly)
  }
}
