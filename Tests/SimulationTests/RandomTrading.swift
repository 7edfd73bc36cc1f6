// A random market and random orders in it, for what has to hold whatever happens.

import Market
import Simulation

/// Plays random messages and orders of every kind into an engine. The market's messages pass the engine's impact.
struct RandomTrading {
  static let instrument = {
    var instrument = MatchingPropertyTests.instrument
    instrument.minimumNotional = Amount(units: 1)
    return instrument
  }()
  private static let width: Int64 = 8

  var engine: MatchingEngine
  let initial: [AssetBalance]
  private var random: SplitMix64
  private var center: Int64
  private var shown: [Side: [Int64: Int64]] = [.buy: [:], .sell: [:]]
  private var updateId: UInt64 = 1
  private var depthId: UInt64 = 1
  private(set) var timeNs: Int64
  private let stepMs: Int64

  /// - Parameter stepMs: the most time from one step to the next.
  init(
    seed: UInt64, balances: [(String, Int64)], models: MatchingModels, center: Int64 = 10_000, stepMs: Int64 = 5
  ) {
    random = SplitMix64(seed: seed)
    self.center = center
    self.stepMs = stepMs
    timeNs = 1_700_000_000_000_000_000
    initial = balances.map { AssetBalance(asset: ShortName($0)!, free: Amount(units: $1)) }
    engine = MatchingEngine(instruments: [Self.instrument], balances: initial, models: models)!
    play(.snapshot(bids: [], asks: [], updateId: 1))
  }

  /// One step.
  ///
  /// - Returns: the message that everybody was told, when it was one of the market.
  @discardableResult
  mutating func step() -> MarketMessage? {
    timeNs += (1 + random.below(stepMs)) * 1_000_000
    switch random.below(10) {
    case 0..<4: return play(depth())
    case 4, 5: return play(random.chance(30) ? ticker() : trade())
    case 6..<9: place()
    default: cancel()
    }
    return nil
  }

  @discardableResult
  private mutating func play(_ message: MarketMessage) -> MarketMessage {
    let pushed = engine.pushed(message, of: InstrumentIndex(0), timeNs: timeNs)
    apply(.market(InstrumentIndex(0), pushed))
    return pushed
  }

  private mutating func apply(_ input: MatchingInput) {
    var events: [VenueEvent] = []
    engine.apply(input, timeNs: timeNs, outbox: &events)
  }

  /// Some levels change; the centre wanders, and what it passes goes.
  private mutating func depth() -> MarketMessage {
    var changes: [Side: [Int64: Int64]] = [.buy: [:], .sell: [:]]
    center = max(Self.width + 1, center + random.below(7) - 3)
    for side in Side.allCases {
      for price in shown[side]!.keys where (center - price) * side.sign <= 0 { changes[side]![price] = 0 }
      for _ in 0..<random.below(4) {
        changes[side]![center - side.sign * (1 + random.below(Self.width))] = random.below(6)
      }
      for (price, lots) in changes[side]! { shown[side]![price] = lots == 0 ? nil : lots }
    }
    let first = depthId + 1
    updateId = max(updateId, first)
    depthId = updateId
    func levels(_ side: Side) -> [PriceQuantity] {
      changes[side]!.sorted { $0.key < $1.key }.map { level($0.key, $0.value) }
    }
    return .depth(bids: levels(.buy), asks: levels(.sell), firstUpdateId: first, updateId: updateId)
  }

  /// The touch as it is, with another quantity.
  private mutating func ticker() -> MarketMessage {
    guard let bid = shown[.buy]!.keys.max(), let ask = shown[.sell]!.keys.min() else { return trade() }
    updateId += 1
    // The next diff begins behind the last one, and is as new as this or older.
    let touch = MarketMessage.touch(
      bid: level(bid, 1 + random.below(6)), ask: level(ask, 1 + random.below(6)), updateId: updateId)
    if random.chance(30) { updateId -= 1 }
    return touch
  }

  private mutating func trade() -> MarketMessage {
    let price = max(1, center + random.below(2 * Self.width) - Self.width)
    return .trade(
      level(price, 1 + random.below(12)), takerSide: random.chance(50) ? .buy : .sell,
      tradeId: UInt64(timeNs))
  }

  private func level(_ price: Int64, _ lots: Int64) -> PriceQuantity {
    PriceQuantity(price: Price(ticks: price), quantity: Quantity(lots: lots))
  }

  private mutating func place() {
    guard engine.markets[0].lastTradePrice != nil else { return }
    let type: OrderType = [.limit, .limit, .limitMaker, .market][Int(random.below(4))]
    let force: TimeInForce = type == .limit && random.chance(30) ? .immediateOrCancel : .goodTilCanceled
    let near = engine.markets[0].fused.bestBid?.price.ticks ?? center
    apply(
      .place(
        PlaceOrder(
          instrument: InstrumentIndex(0), side: random.chance(50) ? .buy : .sell, type: type, timeInForce: force,
          price: Price(ticks: max(1, near + random.below(2 * Self.width) - Self.width)),
          quantity: Quantity(lots: 1 + random.below(5)))))
  }

  private mutating func cancel() {
    // Own orders must not stand in the way of all that takes.
    if random.chance(50) { return apply(.cancelAll(InstrumentIndex(0))) }
    guard !engine.orders.isEmpty else { return }
    apply(.cancel(orderId: 1 + UInt64(random.below(Int64(engine.orders.count)))))
  }

  /// Nothing is made or lost, of any asset, to the unit: balances are what there was, what fills moved and what fees took.
  var conserves: Bool {
    let instrument = Self.instrument
    return engine.balances.allSatisfy { balance in
      var units = initial.first { $0.asset == balance.asset }?.free.units ?? 0
      for fill in engine.fills {
        let sign = fill.side.sign
        if balance.asset == instrument.base { units += sign * fill.quantity.lots * 10_000_000 }
        if balance.asset == instrument.quote { units -= sign * fill.notional.units }
        if balance.asset == fill.commissionAsset { units -= fill.commission.units }
      }
      return balance.free.units + balance.locked.units == units && balance.free >= .zero && balance.locked >= .zero
    }
  }
}
