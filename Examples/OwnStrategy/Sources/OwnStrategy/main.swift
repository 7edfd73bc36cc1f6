// A strategy of your own in the whole program: `swift run OwnStrategy demo --config demo.yaml`.

import Bot
import Market
import Strategy

/// Joins the bid, and offers what it bought at the ask.
struct RoundTrip: TradingStrategy {
  let amount = Amount(units: 100 * Amount.unitsPerCoin)

  mutating func onBook(_ context: inout TradingContext) {
    guard context.isTradable, context.hasTouch, context.orders.isEmpty else { return }
    let size = context.quantity(worth: amount, at: context.bestAsk.price)
    if context.positionLots < size.lots {
      context.quote(.buy, at: context.bestBid.price, size)
    } else {
      context.quote(.sell, at: context.bestAsk.price, size)
    }
  }
}

Apus.main(strategies: [StrategyFactory("round-trip") { _, _ in RoundTrip() }])
