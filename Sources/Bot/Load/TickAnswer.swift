// The strategy of a load test: answers every tick that asks for an order, with one that cannot trade.

import Load
import Market
import Strategy

/// Sends an immediate-or-cancel order far below the market for each tick of the load's venue that asks for one, and repeats
/// its tag in the quantity. It decides nothing, so that what is measured is the path and not a strategy.
struct TickAnswer: TradingStrategy {
  private let firstTickLots: Int64
  private let orderLots = LoadMarket.orderLots
  private let tagCount = LoadMarket.tagCount

  /// Below any price that the market reaches, within the collar of `LoadConfiguration`.
  private static let percentOfBid: Int64 = 95

  init(_ instrument: Instrument) { firstTickLots = LoadMarket.tickLots(instrument) }

  mutating func onTrade(_ trade: MarketTrade, _ context: inout TradingContext) {
    let tag = trade.quantity.lots &- firstTickLots
    guard tag >= 0, tag < tagCount, context.hasTouch else { return }
    let price = Price(ticks: context.bestBid.price.ticks / 100 &* Self.percentOfBid)
    context.take(.buy, limit: price, Quantity(lots: orderLots &+ tag))
  }
}
