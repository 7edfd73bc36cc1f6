// The matching engine against the slow reference, on random markets and orders.

import Market
import Simulation
import Testing

struct MatchingPropertyTests {
  /// Tick 0.01, lot 0.1: a lot at about 100.00 is worth 10, so that one lot is a legal order.
  static let instrument = Instrument(
    index: InstrumentIndex(0), venue: VenueIndex(0), symbol: ShortName("TESTUSDT")!, base: ShortName("TEST")!,
    quote: ShortName("USDT")!, settlement: ShortName("USDT")!, tick: DecimalStep(mantissa: 1, exponent: -2),
    lot: DecimalStep(mantissa: 1, exponent: -1), minimumPrice: Price(ticks: 1), maximumPrice: Price(ticks: 100_000),
    minimumQuantity: Quantity(lots: 1), maximumQuantity: Quantity(lots: 1_000),
    minimumNotional: Amount(units: 5 * Amount.unitsPerCoin),
    maximumNotional: Amount(units: 1_000_000 * Amount.unitsPerCoin))

  private static let middle: Int64 = 10_000
  private static let width: Int64 = 8

  /// Both venues side by side, and the random market they see.
  private struct Pair {
    var engine: MatchingEngine
    var reference: ReferenceVenue
    var random: SplitMix64
    var center = middle
    var updateId: UInt64 = 1
    var tradeId: UInt64 = 0
    var fills: [VenueFill] = []
    let initial: [AssetBalance]

    init(seed: UInt64) {
      random = SplitMix64(seed: seed)
      let coins = Amount.unitsPerCoin
      initial = [
        AssetBalance(asset: ShortName("TEST")!, free: Amount(units: 3 * coins)),
        AssetBalance(asset: ShortName("USDT")!, free: Amount(units: 300 * coins)),
      ]
      let rates = FeeTier(maker: 75_003, taker: 100_001)
      let fees = FeeTerms(maker: rates.maker, taker: rates.taker)
      engine = MatchingEngine(instruments: [instrument], balances: initial, models: MatchingModels(fees: fees))!
      reference = ReferenceVenue(
        quote: 300 * coins, base: 3 * coins, tickLot: 100_000, lot: 10_000_000, rates: rates)
      apply(.market(InstrumentIndex(0), .snapshot(bids: [], asks: [], updateId: 1)))
    }

    mutating func apply(_ input: MatchingInput) {
      var events: [VenueEvent] = []
      engine.apply(input, timeNs: Int64(updateId), outbox: &events)
      for case .filled(_, let fill) in events { fills.append(fill) }
    }

    mutating func step() {
      switch random.below(10) {
      case 0..<4: changeDepth()
      case 4, 5: trade()
      case 6..<9: place()
      default: cancel()
      }
    }

    private mutating func changeDepth() {
      var changes: [ReferenceVenue.Place: Int64] = [:]
      if random.chance(30) {
        center += random.below(7) - 3
        for place in reference.displayed.keys
        where (place.price - center) * place.side.sign >= 0 && reference.displayed[place]! > 0 {
          changes[place] = 0
        }
      }
      for _ in 0..<random.below(4) {
        let distance = 1 + random.below(width)
        let side: Side = random.chance(50) ? .buy : .sell
        changes[.init(side: side, price: center - side.sign * distance)] = random.below(6)
      }
      // Removals first, or the book would be crossed in between.
      let ordered = changes.sorted { ($0.value, $0.key.price) < ($1.value, $1.key.price) }
      func levels(_ side: Side) -> [PriceQuantity] {
        ordered.filter { $0.key.side == side }
          .map { PriceQuantity(price: Price(ticks: $0.key.price), quantity: Quantity(lots: $0.value)) }
      }
      updateId += 1
      apply(
        .market(
          InstrumentIndex(0),
          .depth(bids: levels(.buy), asks: levels(.sell), firstUpdateId: updateId, updateId: updateId)))
      reference.depth(ordered.map { ($0.key, $0.value) })
    }

    private mutating func trade() {
      let price = center + random.below(2 * width) - width
      let lots = 1 + random.below(12)
      let taker: Side = random.chance(50) ? .buy : .sell
      tradeId += 1
      let trade = PriceQuantity(price: Price(ticks: price), quantity: Quantity(lots: lots))
      apply(.market(InstrumentIndex(0), .trade(trade, takerSide: taker, tradeId: tradeId)))
      reference.trade(price: price, lots: lots, takerSide: taker)
    }

    private mutating func place() {
      let type: OrderType = [.limit, .limit, .limitMaker, .market][Int(random.below(4))]
      let force: TimeInForce =
        type == .limit
        ? [.goodTilCanceled, .goodTilCanceled, .immediateOrCancel, .fillOrKill][Int(random.below(4))]
        : .goodTilCanceled
      let request = PlaceOrder(
        instrument: InstrumentIndex(0), side: random.chance(50) ? .buy : .sell, type: type, timeInForce: force,
        price: Price(ticks: center + random.below(2 * width) - width), quantity: Quantity(lots: 1 + random.below(5)))
      let known = engine.orders.count
      // A market order's notional is checked at the last trade: there must be one.
      guard engine.markets[0].lastTradePrice != nil else { return }
      apply(.place(request))
      #expect(reference.place(request) == (engine.orders.count > known))
    }

    private mutating func cancel() {
      guard !engine.orders.isEmpty else { return }
      let id = 1 + UInt64(random.below(Int64(engine.orders.count)))
      apply(.cancel(orderId: id))
      _ = reference.cancel(id)
    }
  }

  @Test(arguments: 1...60)
  func agreesWithTheReference(seed: Int) throws {
    var pair = Pair(seed: UInt64(seed))
    for _ in 0..<400 {
      pair.step()
      let found = pair.fills.map {
        ReferenceVenue.Fill(order: $0.orderId, price: $0.price.ticks, lots: $0.quantity.lots, isMaker: $0.isMaker)
      }
      try #require(found == pair.reference.fills)
      try #require(pair.engine.orders.map(\.status) == pair.reference.orders.map(\.status))
      let (quote, base) = pair.reference.free
      try #require(pair.engine.balances.map(\.free.units) == [base, quote])
      try #require(conserves(pair))
    }
    #expect(pair.fills.contains(where: \.isMaker) && pair.fills.contains { !$0.isMaker })
  }

  /// Nothing is made or lost: what the account has, and what it paid and received in fills and commission, to the unit.
  private func conserves(_ pair: Pair) -> Bool {
    pair.engine.balances.allSatisfy { balance in
      let initial = pair.initial.first { $0.asset == balance.asset }!.free.units
      var flow: Int64 = 0
      for fill in pair.fills {
        let isBase = balance.asset == Self.instrument.base
        flow += isBase ? fill.side.sign * fill.quantity.lots * 10_000_000 : -fill.side.sign * fill.notional.units
      }
      let commission = pair.engine.commissionPaid[balance.asset]?.units ?? 0
      return balance.free.units + balance.locked.units == initial + flow - commission
    }
  }

  /// No trade of the recording fills more of our orders than it traded, and no level gives more than it displayed.
  @Test(arguments: 100...120)
  func neverFillsMoreThanTheMarketOffered(seed: Int) {
    var pair = Pair(seed: UInt64(seed))
    var traded: [UInt64: Int64] = [:]
    for _ in 0..<400 {
      let before = pair.fills.count
      pair.step()
      for fill in pair.fills[before...] {
        switch fill.source {
        case .trade(let id):
          #expect(id == pair.tradeId && fill.isMaker)
          traded[id, default: 0] += fill.quantity.lots
        case .level(let price, _):
          let side = fill.side.opposite
          let level = pair.engine.markets[0].fused.level(side, price)
          #expect(level.map { $0.taken <= $0.displayed && $0.taken >= fill.quantity } == true)
        case .insuranceFund: Issue.record("spot has no insurance fund")
        }
      }
    }
    #expect(traded.values.allSatisfy { $0 <= 12 })
  }
}
