// A session made again from its journal: the same cores on gated rings and scripted channels. Cold; one thread.

import Control
import Execution
import Journal
import Market
import Pipeline
import Venues

/// Verifies journals.
package enum ReplaySession {
  /// Re-executes the session that a journal holds.
  ///
  /// - Parameters:
  ///   - directory: of one session's journal.
  ///   - strategies: the session's strategy must be among them.
  package static func run(directory: String, strategies: [StrategyFactory]) throws -> ReplayResult {
    let files = try JournalFiles(directory: directory)
    let summary = try JournalSummary(files)
    var replay = try Replay(
      files, summary, stages: try stages(summary.header, strategies, apiKeyBytes: try apiKeyBytes(directory)))
    return try replay.run()
  }

  /// How long the account's key was: it is blanked wherever it was sent, and a replay must send as many bytes.
  private static func apiKeyBytes(_ directory: String) throws -> Int {
    var reader = try JournalReader(directory: directory)
    let mark = Array(#""apiKey":""#.utf8)
    while let record = try reader.next() {
      guard record.header.stage == StageNumber.gateway.rawValue, record.header.type == RecordType.sent.rawValue,
        let found = record.payload.firstRange(of: mark)
      else { continue }
      return record.payload[found.upperBound...].prefix { $0 == UInt8(ascii: "*") }.count
    }
    return 1
  }

  private static func stages(
    _ header: SessionHeader, _ strategies: [StrategyFactory], apiKeyBytes: Int
  ) throws -> [ReplayStage] {
    let configuration = try Configuration(file: "the journal's configuration", text: header.configuration)
    let plan = try SessionPlan(
      configuration, instruments: header.instruments, bootEpoch: header.bootEpoch, strategies: strategies,
      start: try SessionStart(header, configuration))
    let counters = try CounterFile()
    let clock = try Clock()
    let control = ControlWords()
    let replayed = ReplayedInput()
    var gates: ReplayGates?
    var gatewayGates: GatewayGates?
    let ends = StageEnds(gates: &gates)
    let gatewayEnds = GatewayEnds(gates: &gatewayGates)
    guard let gates, let gatewayGates else { preconditionFailure("a replay's rings have gates") }
    let snapshots = ends.snapshots
    let records = SessionRecords(configuration.journal)
    let first = ReplayScript(channel: 0)
    let second = ReplayScript(channel: 1)
    let requests = ReplayScript(channel: BinanceFeed.requestChannel)
    let orders = BinanceOrderSession.channelNumbers.map { ReplayScript(channel: $0) }
    let people = ReplayScript(channel: ControlStage<ReplayMessageChannel>.channelNumber)

    var feed = FeedStage(
      feed: plan.feed(
        events: ends.feedEvents, faults: ends.feedFaults, snapshots: snapshots, records: records.feed.producer,
        counters: counters),
      first: ReplayMessageChannel(first), second: ReplayMessageChannel(second), requests: ReplayRequestChannel(requests)
    )
    let strategy = try plan.strategy(
      events: ends.strategyEvents, faults: ends.strategyFaults, updates: ends.strategyUpdates,
      intents: ends.strategyIntents,
      snapshots: snapshots, records: records.strategy.producer, counters: counters, clock: clock,
      control: control, replayed: UnsafePointer(replayed.input))
    var ports = ExecutionPorts()
    ports.attachGateway(
      reports: gatewayEnds.executionReports, orders: gatewayEnds.executionOrders,
      requests: gatewayEnds.executionRequests, emergency: gatewayEnds.executionEmergency,
      amends: gatewayEnds.executionAmends)
    ports.attachShard(intents: ends.executionIntents, updates: ends.executionUpdates)
    ports.attachControl(commands: ends.executionCommands, outcomes: ends.executionOutcomes)
    var execution = plan.execution(ports: ports, records: records.execution.producer, counters: counters)
    var gateway = GatewayStage(
      session: plan.orderSession(
        apiKey: String(repeating: "x", count: apiKeyBytes),
        signer: try AccountKey.standIn(configuration.orders.authentication), reports: gatewayEnds.gatewayReports,
        records: records.gateway.producer,
        counters: counters),
      first: ReplayMessageChannel(orders[0]), second: ReplayMessageChannel(orders[1]),
      lanes: GatewayLanes(
        emergency: gatewayEnds.gatewayEmergency, requests: gatewayEnds.gatewayRequests,
        amends: gatewayEnds.gatewayAmends, orders: gatewayEnds.gatewayOrders), control: control)

    var desk = plan.control(
      channel: ReplayMessageChannel(people), commands: ends.controlCommands, outcomes: ends.controlOutcomes,
      records: records.control.producer, hand: .replay, counters: counters, status: { BotStatus() })

    return [
      ReplayStage(
        number: StageNumber.feed.rawValue, name: StageNumber.feed.name, inputs: [gates.faults], outputs: [gates.events],
        channels: [first, second, requests], records: RecordSource(records.feed.consumer), step: { feed.step($0) }),
      ReplayStage(
        number: StageNumber.strategy.rawValue, name: StageNumber.strategy.name,
        inputs: [gates.updates, gates.events], outputs: [gates.intents, gates.faults],
        records: RecordSource(records.strategy.consumer),
        step: { input in
          replayed.input.pointee = input
          return strategy.poll()
        }),
      ReplayStage(
        number: StageNumber.execution.rawValue, name: StageNumber.execution.name,
        inputs: [gatewayGates.reports, gates.intents, gates.commands],
        outputs: [
          gatewayGates.orders, gatewayGates.requests, gatewayGates.emergency, gatewayGates.amends, gates.updates,
          gates.outcomes,
        ],
        records: RecordSource(records.execution.consumer), step: { execution.step($0) }),
      ReplayStage(
        number: StageNumber.gateway.rawValue, name: StageNumber.gateway.name,
        inputs: [gatewayGates.emergency, gatewayGates.requests, gatewayGates.amends, gatewayGates.orders],
        outputs: [gatewayGates.reports],
        channels: orders,
        records: RecordSource(records.gateway.consumer),
        step: { input in
          while control.haltEpoch < input.haltEpoch { control.halt() }
          return gateway.step(input)
        }),
      ReplayStage(
        number: StageNumber.control.rawValue, name: StageNumber.control.name, inputs: [gates.outcomes],
        outputs: [gates.commands], channels: [people], records: RecordSource(records.control.consumer),
        step: { desk.step($0) }),
    ]
  }
}

/// The input that a replayed strategy stage reads; alive as long as the stage's closure.
private final class ReplayedInput {
  let input = UnsafeMutablePointer<StepInput>.allocate(capacity: 1)
  init() { input.initialize(to: StepInput(nowNs: 0)) }
  deinit { input.deallocate() }
}
