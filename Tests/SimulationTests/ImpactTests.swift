// A market that feels our trades: by hand, and what has to hold whatever we trade.

import Market
import Simulation
import Testing

struct ImpactTests {
  private let index = InstrumentIndex(0)
  private var engine: MatchingEngine
  private var updateId: UInt64 = 10

  /// Bids from 9 999 down, asks from 10 001 up; one tick of permanent and half a tick of temporary displacement for a
  /// lot, which halves every second.
  init() throws {
    let coins = Amount.unitsPerCoin
    let impact = LinearImpact(permanentTicksPerLot: 1, temporaryTicksPerLot: 0.5, halfLifeNs: 1_000_000_000)
    engine = try #require(
      MatchingEngine(
        instruments: [RandomTrading.instrument],
        balances: [
          AssetBalance(asset: ShortName("TEST")!, free: Amount(units: 10_000 * coins)),
          AssetBalance(asset: ShortName("USDT")!, free: Amount(units: 100_000 * coins)),
        ], models: MatchingModels(impact: [0: impact])))
    show(.snapshot(bids: levels((9_999, 5), (9_998, 7)), asks: levels((10_001, 4), (10_003, 6)), updateId: 10))
  }

  private func levels(_ pairs: (Int64, Int64)...) -> [PriceQuantity] {
    pairs.map { PriceQuantity(price: Price(ticks: $0.0), quantity: Quantity(lots: $0.1)) }
  }

  @discardableResult
  private mutating func show(_ message: MarketMessage, atNs timeNs: Int64 = 0) -> MarketMessage {
    let pushed = engine.pushed(message, of: index, timeNs: timeNs)
    var events: [VenueEvent] = []
    engine.apply(.market(index, pushed), timeNs: timeNs, outbox: &events)
    return pushed
  }

  @discardableResult
  private mutating func depth(
    bids: [PriceQuantity] = [], asks: [PriceQuantity] = [], id: UInt64? = nil, atNs timeNs: Int64 = 0
  ) -> MarketMessage {
    let first = updateId + 1
    updateId = id ?? first
    return show(.depth(bids: bids, asks: asks, firstUpdateId: first, updateId: updateId), atNs: timeNs)
  }

  @discardableResult
  private mutating func take(_ side: Side, _ price: Int64, _ lots: Int64) -> [VenueFill] {
    let known = engine.fills.count
    var events: [VenueEvent] = []
    let order = PlaceOrder(
      instrument: index, side: side, timeInForce: .immediateOrCancel, price: Price(ticks: price),
      quantity: Quantity(lots: lots))
    engine.apply(.place(order), timeNs: 0, outbox: &events)
    return Array(engine.fills[known...])
  }

  private var book: [[Int64]] {
    let market = engine.markets[0]
    #expect(market.fused.bids.map(\.displayed) == market.depth.bids.map(\.displayed))
    return (market.fused.bids.reversed() + market.fused.asks.reversed()).map { [$0.price.ticks, $0.displayed.lots] }
  }

  private static let atFirst: [[Int64]] = [[9_999, 5], [9_998, 7], [10_001, 4], [10_003, 6]]

  private func asksMoved(by ticks: Int64) -> [[Int64]] {
    Self.atFirst.map { [$0[0] > 10_000 ? $0[0] + ticks : $0[0], $0[1]] }
  }

  @Test mutating func buyingPushesTheAsksUpAndTheTemporaryPartDecays() {
    take(.buy, 10_001, 4)
    // The market answers with its next depth message, not before.
    #expect(book == Self.atFirst)
    let told = depth()
    #expect(book == asksMoved(by: 6))
    let asks = levels((10_001, 0), (10_003, 0), (10_007, 4), (10_009, 6))
    #expect(told == .depth(bids: [], asks: asks, firstUpdateId: 11, updateId: 11))
    depth(atNs: 1_000_000_000)
    #expect(book == asksMoved(by: 5))
    // 4 + 2 / 4 is 4.5: halves away from zero.
    depth(atNs: 2_000_000_000)
    #expect(book == asksMoved(by: 5))
    depth(atNs: 60_000_000_000)
    #expect(book == asksMoved(by: 4))
    #expect(engine.recordedTouch(index) == (Price(ticks: 9_999), Price(ticks: 10_001)))
  }

  @Test mutating func sellingPushesTheBidsDownAndBuyingTakesItBack() {
    take(.sell, 9_999, 4)
    depth()
    #expect(book == [[9_993, 5], [9_992, 7], [10_001, 4], [10_003, 6]])
    take(.buy, 10_001, 4)
    depth()
    #expect(book == Self.atFirst)
  }

  @Test mutating func tickersFollowAndTradesAreThoseRecorded() {
    take(.buy, 10_001, 2)
    depth()
    let ticker = show(.touch(bid: levels((9_999, 1))[0], ask: levels((10_001, 2))[0], updateId: 20))
    #expect(ticker == .touch(bid: levels((9_999, 1))[0], ask: levels((10_004, 2))[0], updateId: 20))
    #expect(engine.markets[0].fused.bestAsk?.price.ticks == 10_004)
    let trade = MarketMessage.trade(levels((10_000, 1))[0], takerSide: .buy, tradeId: 1)
    #expect(show(trade) == trade)
    // Older than the ticker: what we push further shows once the depth has caught up with it.
    take(.buy, 10_004, 2)
    depth()
    #expect(engine.markets[0].depth.bestAsk?.price.ticks == 10_004)
    depth(id: 20)
    #expect(engine.markets[0].depth.bestAsk?.price.ticks == 10_007)
  }

  @Test mutating func whatWasTakenStaysTakenWhenItMoves() {
    take(.buy, 10_001, 4)
    depth()
    #expect(take(.buy, 10_008, 9).isEmpty)
    // The market replaces it.
    depth(asks: levels((10_001, 5)))
    #expect(take(.buy, 10_008, 9).map(\.price.ticks) == [10_007])
  }

  /// Our ask stands in the queue of the recording, where the retreat of the others does not bring it forward.
  @Test mutating func restingOrdersStandInTheRecordedQueue() {
    var events: [VenueEvent] = []
    for price in [10_003, 10_009] as [Int64] {
      let order = PlaceOrder(
        instrument: index, side: .sell, price: Price(ticks: price), quantity: Quantity(lots: 1))
      engine.apply(.place(order), timeNs: 0, outbox: &events)
    }
    take(.buy, 10_001, 4)
    depth()
    #expect(book == asksMoved(by: 6))
    #expect(engine.orders[0].queueAhead.lots == 6 && engine.orders[1].queueAhead == .zero)
    show(.trade(levels((10_003, 6))[0], takerSide: .buy, tradeId: 1))
    #expect(engine.fills.count { $0.isMaker } == 0)
    show(.trade(levels((10_003, 1))[0], takerSide: .buy, tradeId: 2))
    #expect(engine.fills.filter(\.isMaker).map(\.price.ticks) == [10_003])
  }

  @Test mutating func noPriceFallsBelowOneTick() throws {
    depth(bids: levels((9_999, 0), (9_998, 0), (12, 500), (10, 3)), asks: levels((10_001, 0), (10_003, 0), (14, 9)))
    // 75 ticks down of 12.
    take(.sell, 12, 50)
    let told = depth()
    #expect(book == [[1, 500], [14, 9]])
    #expect(
      told == .depth(bids: levels((12, 0), (10, 0), (1, 500)), asks: [], firstUpdateId: 12, updateId: 12))
  }

  /// A client that hears what is told has the venue's book; nothing is crossed, negative, made or lost, and nobody takes
  /// at a better price than the recording's.
  @Test(arguments: 1...20 as ClosedRange<UInt64>, [60, 10_000] as [Int64])
  func everybodySeesTheSameMarket(seed: UInt64, center: Int64) throws {
    let coins = Amount.unitsPerCoin
    let impact = PowerImpact(
      permanentTicks: 3, temporaryTicks: 6, volumeLots: 10, exponent: 0.5, halfLifeNs: 10_000_000)
    var run = RandomTrading(
      seed: seed, balances: [("TEST", 100 * coins), ("USDT", 10_000 * coins)],
      models: MatchingModels(impact: [0: impact]), center: center)
    var client = try #require(
      MatchingEngine(instruments: [RandomTrading.instrument], balances: []))
    var events: [VenueEvent] = []
    client.apply(.market(index, .snapshot(bids: [], asks: [], updateId: 1)), timeNs: 0, outbox: &events)
    for _ in 0..<600 {
      let known = run.engine.fills.count
      if let told = run.step() { client.apply(.market(index, told), timeNs: run.timeNs, outbox: &events) }
      let (ours, theirs) = (run.engine.markets[0], client.markets[0])
      for (a, b) in [(ours.depth, theirs.depth), (ours.fused, theirs.fused)] {
        try #require(
          (a.bids + a.asks).map { [$0.price.ticks, $0.displayed.lots] }
            == (b.bids + b.asks).map { [$0.price.ticks, $0.displayed.lots] })
        try #require((a.bids + a.asks).allSatisfy { $0.price.ticks > 0 })
        if let bid = a.bestBid, let ask = a.bestAsk { try #require(bid.price < ask.price) }
      }
      try #require(run.conserves)
      let recorded = run.engine.recordedTouch(index)
      for fill in run.engine.fills[known...] where !fill.isMaker {
        let best = try #require(fill.side == .buy ? recorded.ask : recorded.bid)
        try #require(!fill.price.isBetterForUs(than: best, fill.side))
      }
    }
    #expect(run.engine.fills.contains { !$0.isMaker })
  }
}

extension Price {
  fileprivate func isBetterForUs(than other: Price, _ side: Side) -> Bool {
    side == .buy ? self < other : self > other
  }
}
