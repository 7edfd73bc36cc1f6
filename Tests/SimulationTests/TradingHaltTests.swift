// A halt of trading, by example.

import Market
import Simulation
import Testing

struct TradingHaltTests {
  private let index = InstrumentIndex(0)
  private var engine: MatchingEngine
  private var events: [VenueEvent] = []

  /// Halted from 10 to 20 ns, with a bid of ours behind five lots.
  init() throws {
    engine = try #require(
      MatchingEngine(
        instruments: [MatchingPropertyTests.instrument],
        balances: [AssetBalance(asset: ShortName("USDT")!, free: Amount(units: 10_000 * Amount.unitsPerCoin))],
        models: MatchingModels(halts: [TradingHalt(index, fromNs: 10, toNs: 20)])))
    apply(.market(index, .snapshot(bids: [level(9_999, 5)], asks: [level(10_001, 5)], updateId: 1)), 0)
    apply(.place(bid), 9)
  }

  private let bid = PlaceOrder(
    instrument: InstrumentIndex(0), side: .buy, price: Price(ticks: 9_999), quantity: Quantity(lots: 3))

  private func level(_ price: Int64, _ lots: Int64) -> PriceQuantity {
    PriceQuantity(price: Price(ticks: price), quantity: Quantity(lots: lots))
  }

  private mutating func apply(_ input: MatchingInput, _ timeNs: Int64) {
    events = []
    engine.apply(input, timeNs: timeNs, outbox: &events)
  }

  @Test mutating func ordersAreRefusedAndCancelsCarriedOut() {
    apply(.place(bid), 10)
    #expect(events == [.refused(bid, .marketClosed)])
    apply(.test(bid), 19)
    #expect(events == [.refused(bid, .marketClosed)])
    apply(.amend(orderId: 1, quantity: Quantity(lots: 2)), 19)
    #expect(events == [.amendRefused(orderId: 1, .marketClosed)])
    apply(.cancel(orderId: 1), 19)
    #expect(engine.orders[0].status == .canceled)
    apply(.place(bid), 20)
    #expect(engine.orders.count == 2)
  }

  @Test mutating func nothingIsMatchedUntilItIsOver() {
    apply(.market(index, .trade(level(9_998, 9), takerSide: .sell, tradeId: 1)), 10)
    let crossing = MarketMessage.depth(
      bids: [level(9_999, 0)], asks: [level(9_999, 2)], firstUpdateId: 2, updateId: 2)
    apply(.market(index, crossing), 15)
    #expect(engine.fills.isEmpty && engine.markets[0].fused.bestAsk?.price.ticks == 9_999)
    // The book as it stands at the first message after it.
    apply(.market(index, .depth(bids: [], asks: [level(10_004, 1)], firstUpdateId: 3, updateId: 3)), 20)
    #expect(engine.fills.map(\.quantity.lots) == [2])
  }
}
