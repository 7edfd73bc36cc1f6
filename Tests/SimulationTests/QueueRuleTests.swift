// The queue rules of the matching engine: by hand, against the replay engine's models, and against each other.

import Market
import Simulation
import Testing

/// A bid of ours in a level of a market that does what it is told, far below the asks.
private struct QueueScene {
  static let price = Price(ticks: 10_000)
  /// A lot is one unit of the base asset, so that lots and the models' units are the same numbers.
  static let instrument = {
    var instrument = MatchingPropertyTests.instrument
    instrument.lot = DecimalStep(mantissa: 1, exponent: 0)
    return instrument
  }()

  var engine: MatchingEngine
  private(set) var displayed: Int64
  private var updateId: UInt64 = 1
  private(set) var fills: [[Int64]] = []

  init(_ rule: QueueRule, displayed: Int64) throws {
    let coins = Amount.unitsPerCoin
    engine = try #require(
      MatchingEngine(
        instruments: [Self.instrument],
        balances: [AssetBalance(asset: Self.instrument.quote, free: Amount(units: 1_000_000 * coins))],
        models: MatchingModels(queue: rule)))
    self.displayed = displayed
    apply(.market(InstrumentIndex(0), .snapshot(bids: [Self.level(displayed)], asks: [], updateId: 1)))
  }

  private static func level(_ lots: Int64) -> PriceQuantity {
    PriceQuantity(price: price, quantity: Quantity(lots: lots))
  }

  private mutating func apply(_ input: MatchingInput) {
    var events: [VenueEvent] = []
    engine.apply(input, timeNs: 1, outbox: &events)
    for case .filled(let order, let fill) in events { fills.append([Int64(order.id), fill.quantity.lots]) }
  }

  mutating func join(_ lots: Int64) {
    apply(
      .place(
        PlaceOrder(
          instrument: InstrumentIndex(0), side: .buy, price: Self.price, quantity: Quantity(lots: lots))))
  }

  mutating func show(_ lots: Int64) {
    displayed = lots
    updateId += 1
    let diff = MarketMessage.depth(
      bids: [Self.level(lots)], asks: [], firstUpdateId: updateId, updateId: updateId)
    apply(.market(InstrumentIndex(0), diff))
  }

  mutating func trade(_ lots: Int64) {
    apply(.market(InstrumentIndex(0), .trade(Self.level(lots), takerSide: .sell, tradeId: updateId)))
  }

  var ahead: Int64 { engine.orders.last?.queueAhead.lots ?? 0 }
}

struct QueueRuleTests {
  /// Ten stand before us, six behind; four leave. What each rule makes of it, in sixteenths of their arithmetic, and
  /// what a trade of twelve then brings.
  @Test(arguments: [
    (QueueRule.leaveBehind, 10, 2),
    (.leaveAhead, 6, 6),
    // 10 - (1 - 6/16) 4 = 7.5: half a lot is rounded up.
    (.power(1), 8, 5),
    // 10 - (1 - 6^2 / (6^2 + 10^2)) 4 = 7.06
    (.power(2), 8, 5),
    // 10 - (1 - 6^2 / 16^2) 4 = 6.56
    (.powerOfSum(2), 7, 5),
    // 10 - (10/16)^2 4 = 8.44
    (.inversePower(2), 9, 4),
    // 10 - (1 - ln 7 / (ln 7 + ln 11)) 4 = 7.79
    (.log, 8, 4),
    // 10 - (1 - ln 7 / ln 17) 4 = 8.75
    (.logOfSum, 9, 3),
  ])
  func departuresByHand(rule: QueueRule, ahead: Int64, filled: Int64) throws {
    var scene = try QueueScene(rule, displayed: 10)
    scene.join(9)
    scene.show(16)
    #expect(scene.ahead == 10)
    scene.show(12)
    #expect(scene.ahead == ahead)
    scene.trade(12)
    #expect(scene.fills == [[1, filled]])
    #expect(scene.ahead == 0)
  }

  @Test(arguments: [QueueRule.leaveAhead, .power(3), .log])
  func aFallThatATradeExplainsIsNoDeparture(rule: QueueRule) throws {
    var scene = try QueueScene(rule, displayed: 10)
    scene.join(1)
    scene.trade(4)
    #expect(scene.ahead == 6)
    scene.show(6)
    #expect(scene.ahead == 6)
  }

  @Test func proRataSharesEachTradeBySize() throws {
    var scene = try QueueScene(.proRata, displayed: 10)
    scene.join(6)
    scene.join(4)
    // 10 x 6/20 and 10 x 4/20.
    scene.trade(10)
    #expect(scene.fills == [[1, 3], [2, 2]])
    // 3 and 2 are left of 15: 0.8 and 0.53 of a lot wait; the next trade makes them 1.6 and 1.07.
    scene.trade(4)
    #expect(scene.fills.count == 2)
    scene.trade(4)
    #expect(scene.fills.dropFirst(2) == [[1, 1], [2, 1]])
  }

  /// Whoever shares, no trade gives more than was traded, and what is through the price fills by time.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func proRataNeverGivesMoreThanWasTraded(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var scene = try QueueScene(.proRata, displayed: 1)
    for _ in 0..<3 { scene.join(500) }
    var (traded, given): (Int64, Int64) = (0, 0)
    for _ in 0..<200 {
      let known = scene.fills.count
      let lots = 1 + random.below(5)
      scene.show(random.below(4))
      scene.trade(lots)
      traded += lots
      let gained = scene.fills[known...].reduce(0) { $0 + $1[1] }
      #expect(gained <= lots)
      given += gained
    }
    #expect(given > traded / 2 && given < traded)
  }

  /// Fills of the engine and of the replay engine's model, which `PresetVenue` is specialised with, on random levels.
  private func compare(_ rule: QueueRule, _ model: some QueueModel, seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var scene = try QueueScene(rule, displayed: 20)
    var expected: [[Int64]] = []
    for order in 1...20 as ClosedRange<Int64> {
      var left = 1 + random.below(6)
      scene.join(left)
      var place = model.joined(displayed: Double(scene.displayed), own: Double(left))
      while left > 0 {
        // The rules differ once an estimate lies before the head of the queue: such an order meets trades only, and no
        // more leave at once than stand before it.
        if scene.ahead <= 1 || random.chance(50) {
          let lots = 1 + random.below(6)
          scene.trade(lots)
          model.traded(&place, quantity: Double(lots))
          let reached = min(left, model.reached(&place, lot: 1))
          if reached > 0 { expected.append([order, reached]) }
          left -= reached
        } else {
          let change = random.chance(40) ? 1 + random.below(9) : -1 - random.below(min(5, scene.ahead - 1))
          let before = scene.displayed
          scene.show(max(1, before + change))
          if scene.displayed != before {
            model.changed(&place, from: Double(before), to: Double(scene.displayed))
          }
        }
      }
      #expect(scene.fills == expected)
    }
    #expect(expected.count > 20)
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func fillsAsTheReplayEngineDoes(seed: UInt64) throws {
    try compare(.leaveBehind, RiskAverseQueue(), seed: seed)
    try compare(.power(3), ProbabilityQueue(PowerProbability(3)), seed: seed)
    try compare(.powerOfSum(2), ProbabilityQueue(PowerOfSumProbability(2)), seed: seed)
    try compare(.inversePower(0.5), ProbabilityQueue(InversePowerProbability(0.5)), seed: seed)
    try compare(.log, ProbabilityQueue(LogProbability()), seed: seed)
    try compare(.logOfSum, ProbabilityQueue(LogOfSumProbability()), seed: seed)
  }

  /// Every estimate lies between the ends, and none before the head of the queue, whatever happens to the level.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func estimatesLieBetweenTheEnds(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let rules: [QueueRule] = [
      .leaveAhead, .power(0.5), .power(3), .powerOfSum(2), .inversePower(2), .log, .logOfSum, .leaveBehind,
    ]
    var scenes = try rules.map { try QueueScene($0, displayed: 40) }
    for i in scenes.indices { scenes[i].join(1_000) }
    for _ in 0..<60 {
      let (isTrade, lots) = (random.chance(30), random.below(50))
      for i in scenes.indices {
        if isTrade { scenes[i].trade(1 + lots / 10) } else { scenes[i].show(lots) }
      }
      let places = scenes.map(\.ahead)
      #expect(places.allSatisfy { places[0] <= $0 && $0 <= places[rules.count - 1] }, "\(places)")
    }
  }
}
