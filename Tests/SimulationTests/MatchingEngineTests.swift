// Each rule of the matching engine by an example.

import Market
import Simulation
import Testing

struct MatchingEngineTests {
  private let index = InstrumentIndex(0)
  private var engine: MatchingEngine
  private var events: [VenueEvent] = []
  private var updateId: UInt64 = 10

  init() throws {
    let coins = Amount.unitsPerCoin
    engine = try #require(
      MatchingEngine(
        instruments: [MatchingPropertyTests.instrument],
        balances: [
          AssetBalance(asset: ShortName("TEST")!, free: Amount(units: 100 * coins)),
          AssetBalance(asset: ShortName("USDT")!, free: Amount(units: 10_000 * coins)),
        ]))
    apply(
      .market(
        index, .snapshot(bids: levels((9_999, 5), (9_998, 7)), asks: levels((10_001, 4), (10_003, 6)), updateId: 10)))
    apply(.market(index, .trade(levels((10_000, 1))[0], takerSide: .buy, tradeId: 1)))
  }

  private func levels(_ pairs: (Int64, Int64)...) -> [PriceQuantity] {
    pairs.map { PriceQuantity(price: Price(ticks: $0.0), quantity: Quantity(lots: $0.1)) }
  }

  @discardableResult
  private mutating func apply(_ input: MatchingInput) -> [VenueEvent] {
    events = []
    engine.apply(input, timeNs: 1, outbox: &events)
    return events
  }

  @discardableResult
  private mutating func place(
    _ side: Side, _ price: Int64, _ lots: Int64, _ type: OrderType = .limit,
    _ force: TimeInForce = .goodTilCanceled
  ) -> [VenueEvent] {
    apply(
      .place(
        PlaceOrder(
          instrument: index, side: side, type: type, timeInForce: force, price: Price(ticks: price),
          quantity: Quantity(lots: lots))))
  }

  /// - Parameter id: of the last update in the message; it begins behind the one before.
  private mutating func depth(bids: [PriceQuantity] = [], asks: [PriceQuantity] = [], id: UInt64? = nil) {
    let first = updateId + 1
    updateId = id ?? first
    apply(.market(index, .depth(bids: bids, asks: asks, firstUpdateId: first, updateId: updateId)))
  }

  private mutating func trade(_ price: Int64, _ lots: Int64, taker: Side, id: UInt64) {
    apply(.market(index, .trade(levels((price, lots))[0], takerSide: taker, tradeId: id)))
  }

  @Test mutating func aSuspendedMarketTakesAndFillsNothing() {
    place(.buy, 9_999, 3)
    apply(.suspend(index))
    guard case .refused(_, .marketClosed) = place(.sell, 9_998, 1).first else { return #expect(Bool(false)) }
    apply(.market(index, .touch(bid: levels((9_990, 1))[0], ask: levels((9_991, 9))[0], updateId: 50)))
    #expect(fills.isEmpty && engine.openOrders(index).count == 1)
    // The next snapshot is through the order: it would have met that quote, for what it displays.
    updateId = 60
    apply(.market(index, .snapshot(bids: levels((9_990, 1)), asks: levels((9_995, 2)), updateId: 60)))
    #expect(fills.map(\.price.ticks) == [9_999] && fills.map(\.quantity.lots) == [2])
    #expect(events.contains { if case .filled = $0 { true } else { false } })
    apply(.cancel(orderId: 1))
    #expect(engine.openOrders(index).isEmpty)
  }

  private var fills: [VenueFill] {
    events.compactMap { if case .filled(_, let fill) = $0 { fill } else { nil } }
  }

  private var refusal: OrderRefusal? {
    if case .refused(_, let refusal)? = events.first { refusal } else { nil }
  }

  @Test mutating func anAggressiveOrderEatsLevelByLevel() {
    place(.buy, 10_003, 7)
    #expect(fills.map(\.price.ticks) == [10_001, 10_003])
    #expect(fills.map(\.quantity.lots) == [4, 3])
    #expect(fills[0].source == .level(price: Price(ticks: 10_001), updateId: 10))
    // What was taken stays taken until the market changes the level.
    place(.buy, 10_003, 9, .limit, .immediateOrCancel)
    #expect(fills.map(\.quantity.lots) == [3])
    depth(asks: levels((10_003, 5)))
    place(.buy, 10_003, 9, .limit, .immediateOrCancel)
    #expect(fills.map(\.quantity.lots) == [5])
  }

  @Test mutating func aRestingOrderWaitsForItsQueue() {
    place(.buy, 9_999, 3)
    trade(9_999, 4, taker: .sell, id: 2)
    #expect(fills.isEmpty)
    trade(9_999, 2, taker: .sell, id: 3)
    #expect(fills.map(\.quantity.lots) == [1])
    #expect(fills[0].source == .trade(id: 3) && fills[0].isMaker)
    // A taker on our own side is no counterparty.
    trade(9_999, 9, taker: .buy, id: 4)
    #expect(fills.isEmpty)
  }

  @Test mutating func displayedShrinkageMovesTheQueueOnlyBelowIt() {
    place(.buy, 9_999, 3)
    depth(bids: levels((9_999, 9)))
    #expect(engine.orders[0].queueAhead.lots == 5)
    depth(bids: levels((9_999, 2)))
    #expect(engine.orders[0].queueAhead.lots == 2)
  }

  @Test mutating func aTradeThroughThePriceFillsAtOnceButNoMoreThanWasTraded() {
    place(.buy, 9_999, 3)
    trade(9_998, 2, taker: .sell, id: 2)
    #expect(fills.map(\.quantity.lots) == [2])
    #expect(fills[0].price.ticks == 9_999)
  }

  @Test mutating func aTradeThroughThePriceEndsTheQueueOfEveryOrderThere() {
    place(.buy, 9_999, 2)
    place(.buy, 9_999, 2)
    trade(9_998, 2, taker: .sell, id: 2)
    #expect(fills.map(\.orderId) == [1])
    #expect(engine.orders[1].queueAhead == .zero)
  }

  @Test mutating func ownOrdersFillByPriceThenTime() {
    place(.buy, 9_998, 1)
    place(.buy, 10_000, 1)
    place(.buy, 10_000, 1)
    trade(9_997, 3, taker: .sell, id: 2)
    #expect(fills.map(\.orderId) == [2, 3, 1])
  }

  @Test mutating func aCrossingQuoteFillsTheRestingOrderAtItsPrice() {
    place(.buy, 10_000, 3)
    depth(asks: levels((9_999, 0), (10_000, 2)))
    #expect(fills.map(\.quantity.lots) == [2])
    #expect(fills[0].price.ticks == 10_000 && fills[0].isMaker)
    #expect(fills[0].source == .level(price: Price(ticks: 10_000), updateId: updateId))
  }

  @Test mutating func limitMakerNeverTakes() {
    place(.buy, 10_001, 1, .limitMaker)
    #expect(refusal == .wouldTake)
    place(.buy, 10_000, 1, .limitMaker)
    #expect(refusal == nil)
  }

  @Test mutating func immediateOrCancelAndFillOrKillExpire() {
    place(.buy, 10_001, 9, .limit, .immediateOrCancel)
    #expect(fills.map(\.quantity.lots) == [4])
    #expect(engine.orders[0].status == .expired)
    place(.sell, 9_999, 6, .limit, .fillOrKill)
    #expect(fills.isEmpty && engine.orders[1].status == .expired)
    place(.sell, 9_999, 5, .limit, .fillOrKill)
    #expect(engine.orders[2].status == .filled)
  }

  @Test mutating func anOrderStopsAtItsOwnAccountsOrder() {
    place(.sell, 10_002, 1)
    place(.buy, 10_003, 9)
    #expect(fills.map(\.price.ticks) == [10_001])
    #expect(engine.orders[1].status == .expiredInMatch)
    #expect(engine.orders[0].status == .new)
  }

  @Test mutating func refusesWhatTheRulesForbid() {
    place(.buy, 0, 1)
    #expect(refusal == .priceFilter)
    place(.buy, 10_000, 1_001)
    #expect(refusal == .lotSize)
    place(.buy, 400, 1)
    #expect(refusal == .notional)
    place(.buy, 10_001, 1_000)
    #expect(refusal == .insufficientBalance)
    apply(.cancel(orderId: 7))
    #expect(events == [.cancelRefused(orderId: 7)])
  }

  @Test mutating func locksAndFreesToTheUnit() throws {
    place(.buy, 10_000, 3)
    let quote = try #require(engine.balances.last)
    #expect(quote.locked.units == 30 * Amount.unitsPerCoin)
    apply(.cancel(orderId: 1))
    #expect(engine.balances.last?.locked == .zero)
    #expect(engine.balances.last?.free.units == 10_000 * Amount.unitsPerCoin)
  }

  @Test func commissionIsRoundedToTheNearestUnit() {
    // The example of Binance's commission FAQ: 17491.25 x 0.0000023 = 0.040229875 is printed as 0.04022988.
    #expect(Commission.units(1_749_125_000_000, rate: 230) == 4_022_988)
  }

  @Test mutating func aGapVoidsTheBookUntilASnapshot() {
    place(.buy, 9_999, 3)
    depth(bids: levels((9_999, 9)))
    updateId += 1
    depth(bids: levels((9_999, 1), (9_998, 2)))
    #expect(engine.markets[0].depthUpdateId == nil && engine.markets[0].fused == DisplayedBook())
    // What is displayed is not known, so nothing is taken from it, and the queue does not believe that all have left.
    place(.sell, 9_998, 1)
    #expect(refusal == .marketClosed)
    apply(.market(index, .touch(bid: levels((9_990, 1))[0], ask: levels((9_991, 1))[0], updateId: 40)))
    #expect(engine.orders[0].queueAhead.lots == 5 && fills.isEmpty)
    // The diff behind the gap is kept for the snapshot.
    apply(.market(index, .snapshot(bids: levels((9_999, 8), (9_998, 7)), asks: [], updateId: updateId - 1)))
    #expect(engine.markets[0].depthUpdateId == updateId)
    #expect(quantities(engine.markets[0].fused) == [[9_998, 2], [9_999, 1]])
    #expect(engine.orders[0].queueAhead.lots == 1)
    // A snapshot from before the gap does not close it.
    updateId += 5
    depth(bids: levels((9_999, 2)))
    apply(.market(index, .snapshot(bids: levels((9_999, 8)), asks: [], updateId: updateId - 4)))
    #expect(engine.markets[0].depthUpdateId == nil)
  }

  @Test mutating func aTickerNewerThanTheBookOverridesTheTouch() {
    apply(.market(index, .touch(bid: levels((9_998, 6))[0], ask: levels((10_002, 3))[0], updateId: 20)))
    #expect(engine.markets[0].fused.bestBid?.price.ticks == 9_998)
    #expect(engine.markets[0].fused.bestAsk?.displayed.lots == 3)
    // An older diff does not undo it; a newer one does, and both books are one again.
    depth(bids: levels((9_999, 8)))
    #expect(engine.markets[0].fused.bestBid?.price.ticks == 9_998)
    depth(asks: levels((10_004, 1)), id: 21)
    #expect(engine.markets[0].fused.bestBid?.displayed.lots == 8)
    #expect(quantities(engine.markets[0].fused) == quantities(engine.markets[0].depth))
  }

  private func quantities(_ book: DisplayedBook) -> [[Int64]] {
    (book.bids + book.asks).map { [$0.price.ticks, $0.displayed.lots] }
  }
}
