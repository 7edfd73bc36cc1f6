// Fees of the matching engine: by hand, against a slow schedule, and to the unit over random trading.

import Market
import Simulation
import Testing

struct FeeTermsTests {
  private static let coins = Amount.unitsPerCoin
  private static let bnb = ShortName("BNB")!
  private static let dayNs: Int64 = 86_400_000_000_000

  /// An account that buys and sells at 100.00 and 100.01, 0.1 a lot, from levels that are always there.
  private struct Desk {
    var engine: MatchingEngine
    var timeNs: Int64 = 20_000 * FeeTermsTests.dayNs
    private var updateId: UInt64 = 1

    init(_ fees: FeeTerms, bnb: Int64 = 0) throws {
      let balances = [("TEST", 100 * coins), ("USDT", 100_000 * coins), ("BNB", bnb)].map {
        AssetBalance(asset: ShortName($0)!, free: Amount(units: $1))
      }
      engine = try #require(
        MatchingEngine(
          instruments: [MatchingPropertyTests.instrument], balances: balances, models: MatchingModels(fees: fees)))
      apply(.market(InstrumentIndex(0), .snapshot(bids: [], asks: [], updateId: 1)))
    }

    private mutating func apply(_ input: MatchingInput) {
      var events: [VenueEvent] = []
      engine.apply(input, timeNs: timeNs, outbox: &events)
    }

    private func level(_ price: Int64, _ lots: Int64) -> PriceQuantity {
      PriceQuantity(price: Price(ticks: price), quantity: Quantity(lots: lots))
    }

    /// - Returns: the fill.
    mutating func take(_ side: Side, _ lots: Int64) throws -> VenueFill {
      updateId += 1
      // A quantity of its own: what was taken is replaced.
      let depth = Int64(updateId) + 1_000
      apply(
        .market(
          InstrumentIndex(0),
          .depth(
            bids: [level(10_000, depth)], asks: [level(10_001, depth)], firstUpdateId: updateId, updateId: updateId)))
      apply(
        .place(
          PlaceOrder(
            instrument: InstrumentIndex(0), side: side, timeInForce: .immediateOrCancel,
            price: Price(ticks: side == .buy ? 10_001 : 10_000), quantity: Quantity(lots: lots))))
      return try #require(engine.fills.last)
    }

    /// Sells at 100.01 to a trade that passes it.
    mutating func make(_ lots: Int64) throws -> VenueFill {
      apply(
        .place(
          PlaceOrder(
            instrument: InstrumentIndex(0), side: .sell, price: Price(ticks: 10_001), quantity: Quantity(lots: lots))))
      apply(.market(InstrumentIndex(0), .trade(level(10_002, lots), takerSide: .buy, tradeId: updateId)))
      return try #require(engine.fills.last)
    }

    func free(_ asset: String) -> Int64 { engine.balances.first { $0.asset.text == asset }!.free.units }
  }

  private static let tiers = [
    FeeTier(maker: 100_000, taker: 100_000),
    FeeTier(volume: Amount(units: 1_000 * coins), maker: -10_000, taker: 80_000),
    FeeTier(volume: Amount(units: 3_000 * coins), maker: -20_000, taker: 60_000),
  ]

  @Test func theTierFollowsTheVolumeBeforeTheFill() throws {
    var desk = try Desk(FeeTerms(try #require(FeeSchedule(Self.tiers))))
    // 100 lots are 10 coins, 1000.1 in the quote asset: the first fill brings the second tier about and is not of it.
    let first = try desk.take(.buy, 100)
    #expect(first.feeTier == 0 && first.commission.units == 1_000_000 && first.commissionAsset.text == "TEST")
    let second = try desk.take(.sell, 100)
    #expect(second.feeTier == 1 && second.commission.units == 80_000_000 && second.commissionAsset.text == "USDT")
    #expect(second.notional.units == 1_000 * Self.coins)
    // A maker is paid: 1000.1 x 0.0001.
    let rebate = try desk.make(100)
    #expect(rebate.isMaker && rebate.feeTier == 1 && rebate.commission.units == -10_001_000)
    #expect(desk.engine.commissionPaid[ShortName("USDT")!]?.units == 69_999_000)
    // 3000.2 by now. After thirty days it is forgotten.
    let third = try desk.take(.buy, 1)
    #expect(third.feeTier == 2)
    desk.timeNs += 29 * Self.dayNs
    let kept = try desk.take(.buy, 1)
    #expect(kept.feeTier == 2)
    desk.timeNs += Self.dayNs
    let forgotten = try desk.take(.buy, 1)
    #expect(forgotten.feeTier == 0)
  }

  @Test func theStartingVolumeFadesDayByDay() throws {
    let schedule = try #require(FeeSchedule(Self.tiers))
    // 100 for each of 30 days, and 10 units for the first: 2900 are left the day after, 1000 after 20 days.
    var desk = try Desk(FeeTerms(schedule, startingVolume: Amount(units: 3_000 * Self.coins + 10)))
    let whole = try desk.take(.buy, 1)
    #expect(whole.feeTier == 2)
    desk.timeNs += Self.dayNs
    let dayLater = try desk.take(.buy, 1)
    #expect(dayLater.feeTier == 1)
    desk.timeNs += 19 * Self.dayNs
    let lastDay = try desk.take(.buy, 1)
    #expect(lastDay.feeTier == 1)
    // Three lots of 10.001 are more than what is missing without the 10 units; 70 more are needed the day after.
    desk.timeNs += Self.dayNs
    let faded = try desk.take(.buy, 1)
    #expect(faded.feeTier == 0)
  }

  @Test func aThirdAssetPaysWhileThereIsEnough() throws {
    let schedule = FeeSchedule(maker: -10_000, taker: 100_000)
    let asset = FeeAsset(Self.bnb, price: Amount(units: 600 * Self.coins), discount: 25_000_000)
    var desk = try Desk(FeeTerms(schedule, asset: asset), bnb: 5_001)
    // 4 lots: 40.004 x 0.001 x 0.75 / 600 = 0.000050005, halves up.
    let fill = try desk.take(.buy, 4)
    #expect(fill.commissionAsset == Self.bnb && fill.commission.units == 5_001)
    #expect(desk.free("BNB") == 0 && desk.free("TEST") == 100 * Self.coins + 40_000_000)
    // Nothing is left: the whole rate in what is received. A rebate never comes in the third asset.
    let next = try desk.take(.buy, 4)
    #expect(next.commissionAsset.text == "TEST" && next.commission.units == 40_000)
    let rebate = try desk.make(4)
    #expect(rebate.commissionAsset.text == "USDT")
  }

  @Test func aFeeForEachLotComesOnTop() throws {
    let schedule = try #require(FeeSchedule([Self.tiers[0]], makerPerLot: -3, takerPerLot: 7))
    var desk = try Desk(FeeTerms(schedule))
    // 1000 x 0.001 and 700 units.
    let taken = try desk.take(.sell, 100)
    #expect(taken.commission.units == 100_000_700)
    let made = try desk.make(100)
    #expect(made.commission.units == 100_009_700)
    // Never more than the order brings.
    var dear = try Desk(FeeTerms(try #require(FeeSchedule([Self.tiers[0]], takerPerLot: 1 << 60))))
    let fill = try dear.take(.sell, 100)
    #expect(fill.commission == fill.notional)
  }

  /// Fees paid in the quote asset while buying at any price: what the last level costs is not spent on the first.
  @Test func feesDoNotEatWhatAMarketOrderCosts() throws {
    let quote = FeeAsset(ShortName("USDT")!, price: Amount(units: Self.coins))
    let models = MatchingModels(fees: FeeTerms(FeeSchedule(maker: 0, taker: 1_000_000), asset: quote))
    var engine = try #require(
      MatchingEngine(
        instruments: [MatchingPropertyTests.instrument],
        balances: [AssetBalance(asset: ShortName("USDT")!, free: Amount(units: 3_001_000_000))], models: models))
    let asks = [10_000, 10_001, 10_002].map {
      PriceQuantity(price: Price(ticks: $0), quantity: Quantity(lots: 1))
    }
    var events: [VenueEvent] = []
    for message in [
      MarketMessage.snapshot(bids: [], asks: asks, updateId: 1), .trade(asks[0], takerSide: .buy, tradeId: 1),
    ] { engine.apply(.market(InstrumentIndex(0), message), timeNs: 1, outbox: &events) }
    let order = PlaceOrder(instrument: InstrumentIndex(0), side: .buy, type: .market, quantity: Quantity(lots: 3))
    engine.apply(.place(order), timeNs: 1, outbox: &events)
    // 30.003 of 30.01 are the coins'; only 0.007 are free, so that each fee of 0.1 is paid in coins.
    #expect(engine.fills.map(\.commissionAsset.text) == ["TEST", "TEST", "TEST"])
    #expect(engine.balances.first?.free.units == 700_000)
  }

  private static let kinds: [FeeTerms] = [
    FeeTerms(maker: 75_003, taker: 100_001),
    FeeTerms(maker: -25_007, taker: 100_001),
    FeeTerms(FeeSchedule(tiers)!, startingVolume: Amount(units: 3_500 * coins + 7)),
    FeeTerms(FeeSchedule(tiers, makerPerLot: -1_003, takerPerLot: 2_011)!),
    FeeTerms(FeeSchedule(tiers)!, asset: FeeAsset(bnb, price: Amount(units: 61_234_567_891), discount: 25_000_000)),
    FeeTerms(
      FeeSchedule(maker: 33_333, taker: 77_777),
      asset: FeeAsset(ShortName("USDT")!, price: Amount(units: coins), discount: 0)),
  ]

  @Test(arguments: 0..<6, [1, 2, 3, 4, 5] as [UInt64])
  func everyFeeBalancesToTheUnit(kind: Int, seed: UInt64) throws {
    let terms = Self.kinds[kind]
    var run = RandomTrading(
      seed: seed, balances: [("TEST", 30 * Self.coins), ("USDT", 3_000 * Self.coins), ("BNB", 1_000_000)],
      models: MatchingModels(fees: terms), stepMs: 10_000_000)
    for _ in 0..<800 {
      run.step()
      try #require(run.conserves)
    }
    let fills = run.engine.fills
    #expect(fills.contains(where: \.isMaker) && fills.contains { !$0.isMaker })
    if kind == 2 { #expect(Set(fills.map(\.feeTier)).count > 1) }
    if kind == 4 { #expect(Set(fills.map(\.commissionAsset)).count == 3, "base, quote and BNB, which runs out") }
    for (i, fill) in fills.enumerated() {
      try #require(Int(fill.feeTier) == slowTier(terms, fills[..<i], at: fill.timeNs, first: fills[0].timeNs))
      try #require(fill.commission == slowFee(terms, fill))
    }
  }

  /// Every fill of the last thirty days, added up again.
  private func slowTier(_ terms: FeeTerms, _ before: ArraySlice<VenueFill>, at timeNs: Int64, first: Int64) -> Int {
    let day = timeNs / Self.dayNs
    let recent = before.filter { day - $0.timeNs / Self.dayNs < 30 }
    let passed = day - first / Self.dayNs
    let daily = terms.startingVolume.units / 30
    let rest = terms.startingVolume.units - 30 * daily
    let starting = max(0, 30 - passed) * daily + (passed < 30 ? rest : 0)
    let volume = recent.reduce(starting) { $0 + $1.notional.units }
    return terms.schedule.tiers.lastIndex { $0.volume.units <= volume } ?? 0
  }

  /// By whole fractions: value x rate over one, halves up.
  private func slowFee(_ terms: FeeTerms, _ fill: VenueFill) -> Amount {
    let tier = terms.schedule.tiers[Int(fill.feeTier)]
    let rate = Int128(fill.isMaker ? tier.maker : tier.taker)
    let perLot = Int128(fill.isMaker ? terms.schedule.makerPerLot : terms.schedule.takerPerLot)
    let received = fill.side == .buy ? Int128(fill.quantity.lots) * 10_000_000 : Int128(fill.notional.units)
    let one = Int128(Self.coins)
    var (numerator, denominator) = (received * rate, one)
    let own = fill.side == .buy ? RandomTrading.instrument.base : RandomTrading.instrument.quote
    // Where the third asset is what the order receives, it pays at its own terms whenever it can: it always can.
    if let third = terms.asset, fill.commissionAsset == third.asset, rate > 0 {
      numerator = Int128(fill.notional.units) * rate * (one - Int128(third.discount))
      denominator = one * Int128(third.price.units)
    } else {
      #expect(fill.commissionAsset == own)
    }
    var quotient = (2 * numerator + denominator) / (2 * denominator)
    if (2 * numerator + denominator) % (2 * denominator) < 0 { quotient -= 1 }
    return Amount(units: Int64(quotient + perLot * Int128(fill.quantity.lots)))
  }
}
