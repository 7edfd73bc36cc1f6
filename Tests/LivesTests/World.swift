// One seeded world: a venue, a bot, the faults between them, a market and a trader that asks for orders at random.

import Market
import Simulation
import Support
import VenueFront

/// Everything happens in one thread and in simulated time; the seed decides all of it.
final class World {
  static let startNs: Int64 = 1_700_000_000_000_000_000
  private static let coins = Amount.unitsPerCoin
  /// One for every fourth world: two rates, a rebate, a third asset that may run out, tiers that the trading climbs.
  private static let fees = [
    FeeTerms(), FeeTerms(maker: -25_000, taker: 50_000),
    FeeTerms(
      FeeSchedule(maker: 75_000, taker: 100_000),
      asset: FeeAsset(ShortName("BNB")!, price: Amount(units: 600 * coins), discount: 25_000_000)),
    FeeTerms(
      FeeSchedule([
        FeeTier(maker: 100_000, taker: 100_000),
        FeeTier(volume: Amount(units: 10_000 * coins), maker: -10_000, taker: 80_000),
      ])!),
  ]
  private static let agesNs: ClosedRange<Int64> = 200_000_000...600_000_000
  /// Longer than a world lasts.
  private static let neverNs: Int64 = 3_600_000_000_000

  let seed: UInt64
  let exchange: VenueFront.Exchange
  let faults: FaultDesk
  let bot: BotUnderTest
  private(set) var nowNs = World.startNs
  private var random: SeededRandom
  private var market = MovingMarket()
  private let instrument: Instrument
  /// Handovers with orders under way: before the session ends in good order.
  private(set) var handoversWhileTrading = 0

  /// What the closures of exchange and channel read: they are made before the world.
  private final class Present {
    var nowNs = World.startNs
    var backOff: SeededRandom
    init(seed: UInt64) { backOff = SeededRandom(seed ^ 0x5555) }
  }

  private let present: Present

  init(seed: UInt64) throws {
    self.seed = seed
    random = SeededRandom(seed)
    let plan = RandomPlan.make(&random)
    let present = Present(seed: seed)
    let faults = FaultDesk(plan)
    guard let instrument = DerivedRules.instruments(symbols: [DerivedRules.syntheticSymbol])?.first else {
      throw VenueStartError("there are no rules for the synthetic market")
    }
    var settings = ExchangeSettings()
    settings.keys = [APIKey(name: BotUnderTest.apiKey, kind: .hmac(secret: BotUnderTest.secret))]
    settings.fees = Self.fees[Int(seed % 4)]
    settings.balances = [("USDT", 5_000_000), ("SYN", 100), ("BNB", 1)].map {
      AssetBalance(asset: ShortName($0)!, free: Amount(units: $1 * Self.coins))
    }
    settings.limits.weightPerMinute = 1_000_000
    settings.limits.ordersPerTenSeconds = 1_000_000
    settings.limits.ordersPerDay = 1_000_000
    let exchange = try VenueFront.Exchange(
      instruments: [instrument], settings: settings, snapshots: SnapshotDesk(awaited: [])
    ) { present.nowNs + faults.plan.clockOffsetNs }
    func channel() -> SimulatedChannel {
      SimulatedChannel(
        backOffNs: { .random(in: 20_000_000...500_000_000, using: &present.backOff) },
        connect: { FaultyConnection(OrderConnection(exchange, timeUnit: .microsecond), faults, output: $0) })
    }
    let (first, second) = (channel(), channel())
    exchange.onUserEvent = { [weak first, weak second] event in
      first?.tell(event)
      second?.tell(event)
    }
    // In half of the worlds connections grow too old while orders are under way.
    let ageNs: Int64 = seed % 2 == 0 ? .random(in: Self.agesNs, using: &random) : Self.neverNs
    bot = try BotUnderTest(instrument, channels: [first, second], connectionAgeNs: ageNs)
    self.present = present
    self.exchange = exchange
    self.faults = faults
    self.instrument = instrument
  }

  /// Trades until so many orders have passed the gate, then ends the session in good order on a healed link.
  ///
  /// - Returns: whether the bot traded so many within an hour of its time: one that stops for good is no survivor.
  func run(lives: Int) -> Bool {
    moveMarket()
    let endNs = nowNs + Self.longestNs
    while bot.count("orders.sent") < lives, nowNs < endNs {
      tick(.random(in: 200_000...2_000_000, using: &random))
      if Int.random(in: 0..<4, using: &random) == 0 { moveMarket() }
      act()
    }
    settle()
    return bot.count("orders.sent") >= lives
  }

  /// The link heals, what is open is cancelled, and everything that is still asked gets its answer.
  private func settle() {
    handoversWhileTrading = bot.handovers
    var healed = FaultPlan()
    healed.latencyNs = faults.plan.latencyNs
    healed.clockOffsetNs = faults.plan.clockOffsetNs
    faults.change(to: healed)
    bot.isStopping = true
    pass(Self.settlingNs)
    // A new session begins with the account's balances: the last word of both sides.
    for channel in bot.channels { channel.breakOff() }
    pass(Self.loginNs)
    // A handover that is under way by then is no problem of the orders: it ends before the next one begins.
    let endNs = nowNs + Self.agesNs.lowerBound
    while !isQuiet, nowNs < endNs { tick(1_000_000) }
  }

  private var isQuiet: Bool { bot.channels.allSatisfy(\.isQuiet) }

  /// Longer than the longest that anything is waited for: two minutes after a ban that names no end.
  private static let settlingNs: Int64 = 135_000_000_000
  private static let loginNs: Int64 = 5_000_000_000
  private static let longestNs: Int64 = 3_600_000_000_000

  private func pass(_ ns: Int64) {
    let endNs = nowNs + ns
    while nowNs < endNs { tick(10_000_000) }
  }

  private func tick(_ ns: Int64) {
    nowNs += ns
    present.nowNs = nowNs
    for channel in bot.channels { channel.advance(nowNs: nowNs) }
    bot.step(nowNs: nowNs)
  }

  private func moveMarket() {
    for message in market.move(&random) { exchange.play(message, instrument.index) }
    var touch = blank(.touch)
    touch.price = market.bid
    touch.quantity = Quantity(lots: 1)
    touch.askPrice = market.ask
    touch.askQuantity = Quantity(lots: 1)
    bot.send(touch)
  }

  /// What a restless strategy may want next.
  private func act() {
    switch Int.random(in: 0..<1_000, using: &random) {
    case ..<100: place()
    case ..<160:
      guard let intent = bot.openIntents.randomElement(using: &random) else { return }
      var cancel = blank(.cancel)
      cancel.intent = intent
      bot.send(cancel)
    case 160: bot.send(blank(.cancelAll))
    default: break
    }
  }

  private func place() {
    var order = blank(.place)
    order.side = Bool.random(using: &random) ? .buy : .sell
    order.quantity = Quantity(lots: .random(in: 100...4_000, using: &random))
    let near = order.side == .buy ? market.bid : market.ask
    // Mostly behind the touch, sometimes through the other side.
    order.price = Price(ticks: near.ticks - order.side.sign * .random(in: -60...200, using: &random))
    switch Int.random(in: 0..<20, using: &random) {
    case 0: order.type = .market
    case 1...3: order.type = .limitMaker
    case 4...5: order.timeInForce = .immediateOrCancel
    case 6: order.timeInForce = .fillOrKill
    default: break
    }
    if order.type == .market { order.timeInForce = .immediateOrCancel }
    bot.send(order)
  }

  private func blank(_ kind: IntentKind) -> OrderIntent {
    OrderIntent(
      kind: kind, instrument: instrument.index, definitionVersion: instrument.definitionVersion, strategy: 1,
      decisionTimeNs: nowNs, marketTimeNs: nowNs, cause: 1, originTsc: 0)
  }
}
