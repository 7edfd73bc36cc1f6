// How a configuration becomes a backtest's session: the live cores on a session's rings, with the simulated edges.

import Backtest
import Execution
import Market
import Pipeline
import Simulation
import Strategy

/// Everything of a backtest that is decided before a message is played.
package struct BacktestPlan {
  let settings: BacktestSettings
  let session: SessionPlan
  /// By the index of the instrument.
  private let impact: [Int: any ImpactModel]
  /// Of each instrument, where they are contracts.
  private let contracts: [ContractTerms]

  /// What the client order identifiers of a backtest begin with: no other session is there to be told apart from.
  private static let bootEpoch: UInt32 = 1

  /// - Throws: `SessionError` for what does not go together, before anything runs.
  package init(_ configuration: Configuration, strategies: [StrategyFactory]) throws {
    guard let settings = configuration.backtest else {
      throw SessionError("the configuration has no `backtest` section: docs/configuration.md")
    }
    let files = try settings.marketFiles()
    let instruments = try settings.definitions(of: configuration.instruments, in: files)
    self.settings = settings
    session = try SessionPlan(
      configuration, instruments: instruments, bootEpoch: Self.bootEpoch, strategies: strategies)
    contracts = try settings.contractTerms(instruments, leverage: configuration.risk.leverage)
    impact = try Self.impact(settings, instruments)
    try settings.fees.check(instruments, section: "backtest", balances: settings.balances.map(\.asset))
    let moved = instruments.flatMap { $0.kind == .spot ? [$0.base, $0.quote] : [$0.settlement] }
    let assets = Set(moved.map(\.text) + settings.fees.assets)
    if let other = settings.balances.first(where: { !assets.contains($0.asset) }) {
      throw SessionError("backtest.balances.\(other.asset): no instrument is paid for or settled in this asset")
    }
  }

  package var instruments: [Instrument] { session.instruments }

  /// A session that has not played anything yet.
  ///
  /// - Parameter tables: where every row of the session goes; nil for nowhere.
  package func makeSession(
    startNs: Int64, delays: LinkDelays, conduct: VenueConduct, queue: QueueRule, tables: ResultTables? = nil
  ) throws -> BacktestSession {
    let counters = try CounterFile(outlivesOwner: false)
    let ends = StageEnds(in: try MemoryArena(byteCount: StageEnds.arenaBytes, MemoryPlan(), near: nil))
    let records = SessionRecords(session.configuration.journal)
    let strategy = try session.simulatedStrategy(
      StrategyParts(
        instruments: instruments, settings: session.strategySettings, updates: ends.strategyUpdates,
        events: ends.strategyEvents, faults: ends.strategyFaults, intents: ends.strategyIntents,
        records: records.strategy.producer, snapshots: ends.snapshots, counters: counters, clock: try Clock(),
        control: ControlWords()))
    var ports = ExecutionPorts()
    ports.attachGateway(
      reports: ends.executionReports, orders: ends.executionOrders, requests: ends.executionRequests,
      emergency: ends.executionEmergency, amends: ends.executionAmends)
    ports.attachShard(intents: ends.executionIntents, updates: ends.executionUpdates)
    let recorder = SessionRecorder(
      ResultRecorder(instruments, startNs: startNs, configuration: recording, tables: tables))
    let gateway = SimulatedGateway(
      emergency: ends.gatewayEmergency, requests: ends.gatewayRequests, amends: ends.gatewayAmends,
      orders: ends.gatewayOrders, reports: ends.gatewayReports)
    let parts = BacktestParts(
      strategy: strategy,
      execution: session.execution(ports: ports, records: records.execution.producer, counters: counters),
      feed: SimulatedFeed(
        instruments: instruments, startNs: startNs, events: ends.feedEvents, faults: ends.feedFaults,
        snapshots: ends.snapshots),
      digest: DecisionDigest(strategy: records.strategy.consumer, execution: records.execution.consumer),
      venues: [
        VenueLane(
          try venue(models(queue, startNs: startNs)), gateway: gateway, delays: delays, conduct: conduct,
          recorder: recorder, startNs: startNs)
      ], counters: counters, recorder: recorder)
    return BacktestSession(parts, startNs: startNs)
  }

  /// How old a request may be when it arrives.
  package var receiveWindowNs: Int64 { Int64(session.configuration.orders.receiveWindowMs) * 1_000_000 }

  private var recording: RecorderConfiguration {
    RecorderConfiguration(
      label: session.configuration.strategy.name, venueNames: ["binance"],
      feePrice: settings.fees.asset.map {
        FeePrice(asset: $0.asset, settlement: instruments[0].settlement, price: $0.price)
      }
    )
  }

  private func models(_ queue: QueueRule, startNs: Int64) -> MatchingModels {
    let halts = settings.halts.map { $0.halt(instruments, firstNs: startNs - settings.fromNs) }
    return MatchingModels(queue: queue, fees: settings.fees, impact: impact, halts: halts, contracts: contracts)
  }

  /// - Throws: `SessionError` for an instrument that is not traded.
  private static func impact(
    _ settings: BacktestSettings, _ instruments: [Instrument]
  ) throws -> [Int: any ImpactModel] {
    let traded = Dictionary(uniqueKeysWithValues: instruments.map { ($0.symbol.text, $0) })
    if let other = settings.halts.compactMap(\.symbol).first(where: { traded[$0] == nil }) {
      throw SessionError("backtest.halts: \(other) is not traded")
    }
    return try settings.impact.reduce(into: [:]) { models, impact in
      guard let instrument = traded[impact.symbol] else {
        throw SessionError("backtest.impact.\(impact.symbol): it is not traded")
      }
      models[Int(instrument.index.rawValue)] = try impact.model(instrument)
    }
  }

  private func venue(_ models: MatchingModels) throws -> VenueDesk {
    let balances = settings.balances.map { balance in
      guard let asset = ShortName(balance.asset),
        let units = DecimalText.parse(balance.amount, step: DecimalStep.amount)
      else { preconditionFailure("balances are read with the configuration") }
      return AssetBalance(asset: asset, free: Amount(units: units))
    }
    guard let engine = MatchingEngine(instruments: instruments, balances: balances, models: models) else {
      throw SessionError("the money of an instrument is finer than 10^-8 or beyond 128 bits")
    }
    return VenueDesk(engine: engine)
  }
}
