// The whole program with strategies that fail: what the crash tests run in the place of `apus`.

import Bot
import Glibc
import Market
import Strategy

/// Quotes both sides one tick behind the touch and follows it, so that orders are always open; after so many books with
/// open orders it fails in the way that its parameters name.
struct FailingStrategy: TradingStrategy {
  let amount = Amount(units: 200 * Amount.unitsPerCoin)
  let trapAfterBooks: Int64
  let hangAfterBooks: Int64
  private var books: Int64 = 0

  init(_ configuration: StrategyConfiguration) {
    trapAfterBooks = Int64(configuration.parameters["trapAfterBooks"] ?? 1e12)
    hangAfterBooks = Int64(configuration.parameters["hangAfterBooks"] ?? 1e12)
  }

  mutating func onBook(_ context: inout TradingContext) {
    guard context.isTradable, context.hasTouch else { return }
    if context.orders.count > 0 { books += 1 }
    precondition(books < trapAfterBooks, "the trap that the test asked for")
    while books >= hangAfterBooks { sched_yield() }  // a loop without any effect would be compiled away
    let size = context.quantity(worth: amount, at: context.bestAsk.price)
    guard context.orders.isEmpty else {
      if books % 20 == 0 { context.cancelAll() }
      return
    }
    context.quote(.buy, at: context.bestBid.price, size)
    if context.positionLots >= size.lots { context.take(.sell, limit: context.bestBid.price, size) }
  }
}

Apus.main(strategies: [StrategyFactory("failing") { configuration, _ in FailingStrategy(configuration) }])
