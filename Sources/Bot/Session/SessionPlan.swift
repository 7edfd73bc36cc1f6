// What a session is made of besides its edges: the same for a live session and for its replay.

import Backtest
import Control
import Execution
import Foundation
import Market
import Pipeline
import Risk
import Strategy
import Venues

/// Configuration, definitions and identity of a session, and how the cores of its stages follow from them.
package struct SessionPlan {
  let configuration: Configuration
  let instruments: [Instrument]
  let limits: [RiskLimits]
  let maximumDailyLoss: Amount
  let bootEpoch: UInt32
  let start: SessionStart
  let factory: StrategyFactory

  /// - Throws: `SessionError` for a limit off an instrument's grid, or a strategy nobody knows.
  package init(
    _ configuration: Configuration, instruments: [Instrument], bootEpoch: UInt32, strategies: [StrategyFactory],
    start: SessionStart = .first
  ) throws {
    self.configuration = configuration
    self.instruments = instruments
    self.bootEpoch = bootEpoch
    self.start = start
    let hasContracts = instruments.contains { $0.kind != .spot }
    limits = try instruments.map { instrument in
      var risk = configuration.risk
      // Spot beside contracts of another venue has none; spot alone with leverage is a mistake.
      if hasContracts, instrument.kind == .spot { risk.leverage = 0 }
      return try risk.limits(for: instrument)
    }
    guard let loss = DecimalText.parse(configuration.risk.maximumDailyLoss, step: DecimalStep.amount) else {
      throw SessionError("risk.maximumDailyLoss: \(configuration.risk.maximumDailyLoss) has more than 8 decimals")
    }
    maximumDailyLoss = Amount(units: loss)
    guard let factory = strategies.first(where: { $0.name == configuration.strategy.name }) else {
      let names = strategies.map(\.name).joined(separator: ", ")
      throw SessionError("strategy.name: there is no strategy \"\(configuration.strategy.name)\"; known are \(names)")
    }
    self.factory = factory
  }

  func feed(
    events: consuming RingProducer<MarketEvent>, faults: consuming RingConsumer<BookFault>, snapshots: SnapshotPool,
    records: consuming RecordProducer, counters: CounterFile
  ) -> BinanceFeed {
    var settings = BinanceFeed.Configuration(venue: VenueIndex(0))
    configuration.feed.apply(to: &settings)
    return BinanceFeed(
      settings, instruments: instruments.map { ($0, shard: 0) }, outputs: MarketOutputs(events, faults: faults),
      snapshots: snapshots, records: records, counters: BinanceFeedCounters(counters, name: StageNumber.feed.name))
  }

  func orderSession(
    apiKey: String, signer: consuming BinanceSigner, reports: consuming RingProducer<ExecutionReport>,
    records: consuming RecordProducer,
    counters: CounterFile
  ) -> BinanceOrderSession {
    BinanceOrderSession(
      BinanceOrderSession.Configuration(configuration), instruments: instruments, apiKey: apiKey, signer: signer,
      reports: reports,
      records: records, counters: BinanceGatewayCounters(counters, name: StageNumber.gateway.name),
      nsPerCycle: TimeStampCounterCalibration.measured.nsPerCycle)
  }

  func execution(
    ports: consuming ExecutionPorts, records: consuming RecordProducer, counters: CounterFile
  ) -> ExecutionStage {
    ExecutionStage(
      executionSettings, ports: ports, records: records,
      counters: ExecutionCounters(instruments: instruments, counters.counter, histogram: counters.histogram),
      recovered: start.account)
  }

  private var executionSettings: ExecutionConfiguration {
    var settings = ExecutionConfiguration(
      instruments: instruments, limits: limits, rate: rate, shards: instruments.map { _ in 0 }, bootEpoch: bootEpoch,
      startsArmed: start.state != .unarmed, startsReduceOnly: start.state == .reduceOnly,
      maximumDailyLoss: maximumDailyLoss, ramp: configuration.risk.ramp.limitRamp, sendsOrders: start.mode != .shadow,
      orderCapacity: RingCapacities.openOrders)
    settings.requestWindowNs = Int64(configuration.orders.receiveWindowMs) * 1_000_000
    return settings
  }

  func strategy(
    events: consuming RingConsumer<MarketEvent>, faults: consuming RingProducer<BookFault>,
    updates: consuming RingConsumer<OrderUpdate>, intents: consuming RingProducer<OrderIntent>, snapshots: SnapshotPool,
    records: consuming RecordProducer,
    counters: CounterFile, clock: Clock, control: ControlWords, replayed: UnsafePointer<StepInput>? = nil
  ) throws -> AnyStageBox {
    return try factory.build(
      StrategyParts(
        instruments: instruments, settings: strategySettings, updates: updates, events: events, faults: faults,
        intents: intents, records: records, snapshots: snapshots, counters: counters, clock: clock, control: control,
        replayed: replayed),
      configuration.strategy)
  }

  /// The same stage for a backtest, which steps it.
  func simulatedStrategy(_ parts: consuming StrategyParts) throws -> any SteppedStrategy {
    try factory.simulate(parts, configuration.strategy)
  }

  var strategySettings: StrategySettings {
    StrategySettings(orderMaximumAgeNs: Int64(configuration.risk.maximumOrderAgeMs) * 1_000_000)
  }
}

extension SessionPlan {
  /// The control stage: `status` and `hand` are what a replay has none of.
  func control<Channel: MessageChannel & ~Copyable>(
    channel: consuming Channel, commands: consuming RingProducer<Command>,
    outcomes: consuming RingConsumer<CommandOutcome>, records: consuming RecordProducer, hand: ControlSwitch,
    counters: CounterFile, status: @escaping () -> BotStatus
  ) -> ControlStage<Channel> {
    let (inForce, rate) = executionSettings.limitsInForce(after: start.account)
    return ControlStage(
      names: names,
      limits: ControlLimits(
        instruments: zip(limits, inForce).map { $1 ?? $0 }, rate: rate,
        maximumDailyLoss: Amount(units: executionSettings.dailyLoss(after: start.account))),
      channel: channel, commands: commands, outcomes: outcomes, records: records, hand: hand,
      counters: ControlCounters(counters.counter), status: status)
  }

  /// What people call the parts of the session.
  var names: SessionNames { SessionNames(instruments) }

  /// The desk's limits of the order rate.
  var rate: OrderRateLimits {
    OrderRateLimits(
      perSecond: configuration.risk.ordersPerSecond, perTenSeconds: configuration.risk.ordersPer10Seconds)
  }
}

extension SessionNames {
  /// Of a session on these instruments: one venue and one strategy.
  init(_ instruments: [Instrument]) {
    self.init(instruments: instruments, venues: ["binance"], strategyCount: 1)
  }
}

extension BinanceOrderSession.Configuration {
  /// How often the venue's clock is asked for. Often, because a local venue's stands still until its market begins.
  private static let sessionClockIntervalNs: Int64 = 5_000_000_000

  /// As a session's configuration says it: the bot's, and the guard's.
  init(_ configuration: Configuration) {
    self.init(venue: VenueIndex(0))
    logsOn = configuration.orders.authentication == .logon
    clockIntervalNs = Self.sessionClockIntervalNs
    recvWindowMs = UInt64(configuration.orders.receiveWindowMs)
    replyTimeoutNs = Int64(configuration.orders.replyTimeoutMs) * 1_000_000
    selfTradePrevention = configuration.orders.selfTradePrevention
  }
}

/// Why a session cannot start or go on: what, where, and what to do.
package struct SessionError: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}

/// The account's key, by the files it stands in. Its secret is read when a signer is made and kept nowhere else.
package struct AccountKey: Sendable {
  package enum Kind: Sendable { case hmac, ed25519 }
  var name: String
  var kind: Kind
  var secretFile: String

  package init(name: String, kind: Kind, secretFile: String) {
    self.name = name
    self.kind = kind
    self.secretFile = secretFile
  }

  func signer() throws -> BinanceSigner {
    guard let text = try? String(contentsOfFile: secretFile, encoding: .utf8) else {
      throw SessionError("\(secretFile): the account's key cannot be read")
    }
    switch kind {
    case .hmac:
      if let key = HMACSHA256(secret: text.trimmingCharacters(in: .whitespacesAndNewlines)) { return .hmac(key) }
    case .ed25519:
      if let key = Ed25519Key(pem: text) { return .ed25519(key) }
    }
    throw SessionError("\(secretFile): this is not a key of the kind that `orders.authentication` asks for")
  }

  /// A key for a replay: what is signed is blanked in the journal, only its length shows.
  static func standIn(_ authentication: OrderSettings.Authentication) throws -> BinanceSigner {
    switch authentication {
    case .hmac:
      if let key = HMACSHA256(secret: "replay") { return .hmac(key) }
    case .logon, .ed25519:
      if let key = Ed25519Key.generate() { return .ed25519(key) }
    }
    throw SessionError("OpenSSL made no key")
  }
}

extension RampSettings {
  var limitRamp: LimitRamp {
    LimitRamp(initialPercent: Int64(percent), durationNs: Int64(seconds) * 1_000_000_000)
  }
}

extension RiskSettings {
  /// The desk's limits in ticks and lots of one instrument.
  func limits(for instrument: Instrument) throws -> RiskLimits {
    let limits = RiskLimits(
      maximumOrderQuantity: Quantity(
        lots: try value(maximumOrderQuantity, instrument.lot, "maximumOrderQuantity", instrument)),
      maximumOrderNotional: Amount(
        units: try value(maximumOrderNotional, DecimalStep.amount, "maximumOrderNotional", instrument)),
      maximumPosition: Quantity(lots: try value(maximumPosition, instrument.lot, "maximumPosition", instrument)),
      maximumOpenOrders: Int64(maximumOpenOrders), collarBasisPoints: Int64(priceCollarBasisPoints),
      maximumMarketAgeNs: Int64(maximumMarketAgeMs) * 1_000_000,
      maximumOrderAgeNs: Int64(maximumOrderAgeMs) * 1_000_000, feeReserveBasisPoints: 20,
      leverage: Int64(leverage))
    if let problem = limits.problem(for: instrument.kind) { throw SessionError("risk: \(problem)") }
    return limits
  }

  private func value(_ text: String, _ step: DecimalStep, _ field: String, _ instrument: Instrument) throws -> Int64 {
    guard let value = DecimalText.parse(text, step: step) else {
      throw SessionError(
        "risk.\(field): \(text) is not a multiple of \(instrument.symbol.text)'s step "
          + "\(step.mantissa) x 10^\(step.exponent)")
    }
    return value
  }
}
