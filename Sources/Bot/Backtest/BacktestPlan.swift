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
  /// By the index of the venue.
  private let venues: [SimulatedVenue]

  /// What the client order identifiers of a backtest begin with: no other session is there to be told apart from.
  private static let bootEpoch: UInt32 = 1

  /// - Throws: `SessionError` for what does not go together, before anything runs.
  package init(_ configuration: Configuration, strategies: [StrategyFactory]) throws {
    guard let settings = configuration.backtest else {
      throw SessionError("the configuration has no `backtest` section: docs/configuration.md")
    }
    let instruments = try settings.definitions(of: configuration.instruments)
    self.settings = settings
    session = try SessionPlan(
      configuration, instruments: instruments, bootEpoch: Self.bootEpoch, strategies: strategies)
    venues = try settings.venues.enumerated().map { i, venue in
      try SimulatedVenue(
        venue, venue: VenueIndex(UInt8(i)), of: instruments, leverage: configuration.risk.leverage)
    }
    let prices = venues.compactMap(\.feePrice)
    guard prices.allSatisfy({ $0 == prices[0] }) else {
      throw SessionError("backtest.venues: fees in a third asset have one asset and one price at all venues")
    }
  }

  package var instruments: [Instrument] { session.instruments }
  /// By the index of the venue.
  var venueNames: [String] { settings.venues.map(\.name) }

  /// The links to the venues while the market's window is played, by the index of the venue.
  ///
  /// - Throws: for latencies that were not measured then, and funding that is not known for all of it.
  func links(_ market: BacktestMarket) throws -> [VenueLink] {
    let window = market.startNs...market.endNs
    for venue in venues { try venue.checkFunding(window) }
    return try settings.venues.map { venue in
      VenueLink(
        delays: try venue.latency.delays(in: window, section: venue.section),
        conduct: venue.conduct.conduct(firstNs: market.firstNs, window: window, receiveWindowNs: receiveWindowNs))
    }
  }

  /// A session that has not played anything yet.
  ///
  /// - Parameters:
  ///   - links: by the index of the venue.
  ///   - tables: where every row of the session goes; nil for nowhere.
  package func makeSession(
    startNs: Int64, links: [VenueLink], queue: QueueRule, tables: ResultTables? = nil
  ) throws -> BacktestSession {
    let counters = try CounterFile(outlivesOwner: false)
    let arenaBytes = StageNumber.allCases.reduce(0) {
      $0 + StageEnds.arenaBytes(readBy: $1) + venues.count * GatewayEnds.arenaBytes(readBy: $1)
    }
    let arena = try MemoryArena(byteCount: arenaBytes, MemoryPlan(), near: nil)
    let ends = StageEnds { _ in arena }
    let records = SessionRecords(session.configuration.journal)
    let strategy = try session.simulatedStrategy(
      StrategyParts(
        instruments: instruments, settings: session.strategySettings, updates: ends.strategyUpdates,
        events: ends.strategyEvents, faults: ends.strategyFaults, intents: ends.strategyIntents,
        records: records.strategy.producer, snapshots: ends.snapshots, counters: counters, clock: try Clock(),
        control: ControlWords()))
    let recorder = SessionRecorder(
      ResultRecorder(instruments, startNs: startNs, configuration: recording, tables: tables))
    var ports = ExecutionPorts()
    var lanes: [VenueLane] = []
    for (venue, link) in zip(venues, links) {
      let rings = GatewayEnds { _ in arena }
      ports.attachGateway(
        reports: rings.executionReports, orders: rings.executionOrders, requests: rings.executionRequests,
        emergency: rings.executionEmergency, amends: rings.executionAmends)
      let gateway = SimulatedGateway(
        emergency: rings.gatewayEmergency, requests: rings.gatewayRequests, amends: rings.gatewayAmends,
        orders: rings.gatewayOrders, reports: rings.gatewayReports, isLimited: link.conduct.limits != nil)
      lanes.append(
        VenueLane(
          try venue.desk(queue, firstNs: startNs - settings.fromNs), gateway: gateway, delays: link.delays,
          conduct: link.conduct, recorder: recorder, startNs: startNs))
    }
    ports.attachShard(intents: ends.executionIntents, updates: ends.executionUpdates)
    let parts = BacktestParts(
      strategy: strategy,
      execution: session.execution(ports: ports, records: records.execution.producer, counters: counters),
      feed: SimulatedFeed(
        instruments: instruments, startNs: startNs, events: ends.feedEvents, faults: ends.feedFaults,
        snapshots: ends.snapshots),
      digest: DecisionDigest(strategy: records.strategy.consumer, execution: records.execution.consumer),
      venues: lanes, counters: counters, recorder: recorder)
    return BacktestSession(parts, startNs: startNs)
  }

  /// How old a request may be when it arrives.
  private var receiveWindowNs: Int64 { Int64(session.configuration.orders.receiveWindowMs) * 1_000_000 }

  private var recording: RecorderConfiguration {
    RecorderConfiguration(
      label: session.configuration.strategy.name, venueNames: venueNames,
      feePrice: venues.compactMap(\.feePrice).first)
  }
}

/// What is between the bot and one venue.
package struct VenueLink {
  var delays: LinkDelays
  var conduct: VenueConduct

  package init(delays: LinkDelays, conduct: VenueConduct) {
    self.delays = delays
    self.conduct = conduct
  }
}
