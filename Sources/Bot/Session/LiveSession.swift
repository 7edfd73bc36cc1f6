// A running session: its stages wired to sockets, its workers, its journal. One thread starts, watches and ends it.

package import Control
import Execution
import Foundation
import Journal
import Market
import Pipeline
import Venues

/// What a session is started with besides its plan.
package struct SessionEdges {
  var endpoint: VenueEndpoint
  var key: AccountKey
  var clock: Clock
  var control: ControlWords
  var counters: CounterFile
  /// A new folder of this session alone.
  var journalDirectory: String
  /// Where the record rings' shared memory files are found, and the folder of memory that they lie in.
  var ringDirectory: String
  var shared: SharedMemory
  /// Where people reach the session, and what each of them may do.
  var socketPath: String
  var roles: ControlRoles
  var captures: [CaptureIdentity]

  package init(
    endpoint: VenueEndpoint, key: AccountKey, clock: Clock, control: ControlWords, counters: CounterFile,
    journalDirectory: String, ringDirectory: String, shared: SharedMemory, socketPath: String, roles: ControlRoles,
    captures: [CaptureIdentity] = []
  ) {
    self.endpoint = endpoint
    self.key = key
    self.clock = clock
    self.control = control
    self.counters = counters
    self.journalDirectory = journalDirectory
    self.ringDirectory = ringDirectory
    self.shared = shared
    self.socketPath = socketPath
    self.roles = roles
    self.captures = captures
  }
}

/// The workers and stages of a session from start to end.
package final class LiveSession {
  let plan: SessionPlan
  /// The transport that is in use: the one asked for, or the fallback.
  let transport: TransportKind
  /// What was asked for and not obtained, for the user.
  private(set) var remarks: [String] = []
  private let edges: SessionEdges
  private let workers: [Worker]
  private let journal: StageBox<JournalStage>
  private let trading: StageBox<TradingStage>

  /// Wires everything; nothing runs yet.
  ///
  /// - Parameter host: the machine as it was before any thread was pinned.
  /// - Throws: `SessionError` with every problem of the affinity config, or what could not be made.
  package init(_ plan: SessionPlan, _ edges: SessionEdges, on host: HostFacts) throws {
    self.plan = plan
    self.edges = edges
    let affinity = try plan.configuration.affinity()
    let problems = affinity.problems(stages: StageNumber.placed, host: host)
    guard problems.isEmpty else { throw SessionError(problems.map(\.description).joined(separator: "\n")) }
    if plan.configuration.transport == .uring, let problem = UringTransport.probe() {
      transport = .poll
      remarks.append("io_uring cannot be used here (\(problem)): polling sockets instead")
    } else {
      transport = plan.configuration.transport
    }
    if affinity.memory.isLocked { remarks.append(affinity.memory.applyLock()) }
    if let remark = edges.endpoint.remark { remarks.append(remark) }

    func source() -> StepSource { StepSource(clock: edges.clock, control: edges.control) }
    let memory = try WorkerMemory(affinity, byteCount: StageNumber.arenaBytes(readBy:))
    if affinity.memory.pages == .huge2MiB { remarks += memory.report }
    // What a stage holds is touched first in its making, while its worker's node is preferred; the rings are the arenas'.
    memory.prefer(nodeOf: StageNumber.strategy.name)
    defer { memory.prefer(nodeOf: nil) }
    let ends = StageEnds { memory.arena(of: $0.name) }
    let gatewayEnds = GatewayEnds { memory.arena(of: $0.name) }
    let snapshots = ends.snapshots
    let header = plan.header(startTimeNs: edges.clock.nowNs(), captures: edges.captures)
    let records = try SessionRecords(
      directory: edges.ringDirectory, session: header.session, plan.configuration.journal, in: edges.shared, of: memory)
    if let shortfall = edges.shared.shortfall {
      remarks.append("counters or record rings lie on the disk, where stores fault after each write-back: \(shortfall)")
    }

    memory.prefer(nodeOf: StageNumber.feed.name)
    let feed = plan.feed(
      events: ends.feedEvents, faults: ends.feedFaults, snapshots: snapshots, records: records.feed.producer,
      counters: edges.counters)
    memory.prefer(nodeOf: StageNumber.gateway.name)
    let orders = plan.orderSession(
      apiKey: edges.key.name, signer: try edges.key.signer(), reports: gatewayEnds.gatewayReports,
      records: records.gateway.producer, counters: edges.counters)
    memory.prefer(nodeOf: StageNumber.execution.name)
    var ports = ExecutionPorts()
    ports.attachGateway(
      reports: gatewayEnds.executionReports, orders: gatewayEnds.executionOrders,
      requests: gatewayEnds.executionRequests, emergency: gatewayEnds.executionEmergency,
      amends: gatewayEnds.executionAmends)
    ports.attachShard(intents: ends.executionIntents, updates: ends.executionUpdates)
    ports.attachControl(commands: ends.executionCommands, outcomes: ends.executionOutcomes)
    let execution = plan.execution(ports: ports, records: records.execution.producer, counters: edges.counters)
    memory.prefer(nodeOf: StageNumber.strategy.name)
    let strategy = try plan.strategy(
      events: ends.strategyEvents, faults: ends.strategyFaults, updates: ends.strategyUpdates,
      intents: ends.strategyIntents, snapshots: snapshots, records: records.strategy.producer,
      counters: edges.counters, clock: edges.clock,
      control: edges.control)

    memory.prefer(nodeOf: StageNumber.journalName)
    let clock = edges.clock
    journal = StageBox(
      StageNumber.journalName,
      JournalStage(
        writer: try JournalWriter(
          directory: edges.journalDirectory, header: header,
          sources: [
            RecordSource(records.feed.consumer), RecordSource(records.strategy.consumer),
            RecordSource(records.execution.consumer), RecordSource(records.gateway.consumer),
            RecordSource(records.control.consumer),
          ],
          counters: JournalCounters(edges.counters.counter), fold: plan.account, nowNs: { clock.nowNs() }),
        control: edges.control))
    memory.prefer(nodeOf: StageNumber.execution.name)
    trading = StageBox(StageNumber.execution.name, TradingStage(core: execution, source: source()))
    let reader = edges.counters.reader()
    let people = plan.control(
      channel: try edges.controlSocket(), commands: ends.controlCommands, outcomes: ends.controlOutcomes,
      records: records.control.producer, hand: .live(edges.control), counters: edges.counters,
      status: { SessionStatus.read(reader, plan) })
    var boxes: [AnyStageBox] = [
      strategy, trading, journal, StageBox(StageNumber.control.name, CommandStage(core: people, source: source())),
      StageBox(StageNumber.countersName, CountersStage(edges.counters, clock)),
    ]
    let endpoint = edges.endpoint
    func options(_ stage: StageNumber) -> TransportOptions {
      plan.configuration.transportOptions(stage, edges.counters)
    }
    switch transport {
    case .uring:
      memory.prefer(nodeOf: StageNumber.feed.name)
      boxes.append(
        StageBox(
          StageNumber.feed.name,
          UringFeed(
            core: FeedStage(
              feed: feed, first: endpoint.feedStream(try UringTransport(options(.feed))),
              second: endpoint.feedStream(try UringTransport(options(.feed))),
              requests: endpoint.requests(try UringTransport(options(.feed)))), source: source())))
      memory.prefer(nodeOf: StageNumber.gateway.name)
      boxes.append(
        StageBox(
          StageNumber.gateway.name,
          UringGateway(
            core: GatewayStage(
              session: orders, first: endpoint.orderStream(try UringTransport(options(.gateway))),
              second: endpoint.orderStream(try UringTransport(options(.gateway))),
              lanes: GatewayLanes(
                emergency: gatewayEnds.gatewayEmergency, requests: gatewayEnds.gatewayRequests,
                amends: gatewayEnds.gatewayAmends, orders: gatewayEnds.gatewayOrders), control: edges.control),
            source: source())))
    case .poll:
      memory.prefer(nodeOf: StageNumber.feed.name)
      boxes.append(
        StageBox(
          StageNumber.feed.name,
          PollingFeed(
            core: FeedStage(
              feed: feed, first: endpoint.feedStream(SocketTransport(options(.feed))),
              second: endpoint.feedStream(SocketTransport(options(.feed))),
              requests: endpoint.requests(SocketTransport(options(.feed)))), source: source())))
      memory.prefer(nodeOf: StageNumber.gateway.name)
      boxes.append(
        StageBox(
          StageNumber.gateway.name,
          PollingGateway(
            core: GatewayStage(
              session: orders, first: endpoint.orderStream(SocketTransport(options(.gateway))),
              second: endpoint.orderStream(SocketTransport(options(.gateway))),
              lanes: GatewayLanes(
                emergency: gatewayEnds.gatewayEmergency, requests: gatewayEnds.gatewayRequests,
                amends: gatewayEnds.gatewayAmends, orders: gatewayEnds.gatewayOrders), control: edges.control),
            source: source())))
    }
    let byName = Dictionary(uniqueKeysWithValues: boxes.map { ($0.name, $0) })
    workers = affinity.workers.enumerated().map { number, worker in
      Worker(number, worker, stages: worker.stages.compactMap { byName[$0] }, counters: edges.counters)
    }
    if let problem = WorkerMemory.populate() { remarks.append(problem) }
  }

  /// Starts the workers.
  package func start() throws {
    for worker in workers { try worker.start() }
  }

  /// Counts page faults and context switches from now on.
  func beginMeasurement() { for worker in workers { worker.beginMeasurement() } }

  /// Whether the end of trading was asked for, by `beginStop` or by a command.
  var isStopping: Bool { edges.control.isStopping }

  /// Asks the stages to end trading: no new orders, working ones are cancelled.
  package func beginStop() { edges.control.stop() }

  /// What execution holds the account to be. After `end`.
  func account() -> (balances: [AccountBalance], positionsLots: [Int64]) {
    trading.withStage { ($0.core.accountBalances, $0.core.positionsLots) }
  }

  /// Ends the workers and completes the journal.
  ///
  /// - Throws: `FileError` when the journal could not be completed; its records are in the ring files still.
  package func end() throws {
    for worker in workers { worker.requestStop() }
    for worker in workers { worker.join() }
    try journal.withStage { try $0.writer.finish() }
    SessionRecords.remove(in: edges.ringDirectory)
  }
}

extension SessionEdges {
  /// Where people reach the session. Its bounds are real time, so they are stretched to the session's clock.
  func controlSocket() throws -> ControlSocket {
    var limits = ControlSocketLimits()
    limits.lineTimeNs = endpoint.stretched(limits.lineTimeNs)
    limits.silenceNs = endpoint.stretched(limits.silenceNs)
    limits.lineIntervalNs = endpoint.stretched(limits.lineIntervalNs)
    return try ControlSocket(
      path: socketPath, roles: roles, limits: limits, counters: ControlCounters(counters.counter))
  }
}

extension SessionPlan {
  /// What stands at the head of the journal: all that a replay needs besides the records.
  func header(startTimeNs: Int64, captures: [CaptureIdentity]) -> SessionHeader {
    SessionHeader(
      session: UInt64(bootEpoch) << 40 | UInt64(bitPattern: startTimeNs) & (1 << 40 - 1), startTimeNs: startTimeNs,
      bootEpoch: bootEpoch, seed: 0, build: "apus \(Apus.version)", strategy: configuration.strategy.name,
      captures: captures, configuration: configuration.text, instruments: instruments,
      stages: Dictionary(uniqueKeysWithValues: StageNumber.allCases.map { ($0.rawValue, $0.name) }),
      account: start.account?.encoded ?? [], isAfterCrash: start.lastEnd == .crashed)
  }

  /// The account that the journal's fold begins with.
  var account: AccountState {
    start.account ?? AccountState(stage: StageNumber.execution.rawValue, instruments: instruments)
  }
}

extension Configuration {
  /// What the transports of a stage are made with.
  func transportOptions(_ stage: StageNumber, _ counters: CounterFile) -> TransportOptions {
    switch receiveStamps {
    case .process: TransportOptions()
    case .kernel:
      TransportOptions(kernelStamps: KernelStamps(delay: counters.histogram("\(stage.name).kernel_to_process")))
    }
  }

  /// The affinity part, with wait strategies read.
  package func affinity() throws -> AffinityPlan {
    AffinityPlan(
      workers: try workers.map { worker in
        guard let wait = WaitStrategy(worker.wait) else {
          throw SessionError(
            "line \(worker.line): workers.wait: \"\(worker.wait)\" is none of spin, pause, yield, park(50us)")
        }
        return WorkerPlan(cpu: worker.cpu, wait: wait, stages: worker.stages)
      },
      memory: MemoryPlan(pages: memory.hugePages ? .huge2MiB : .ordinary, isLocked: memory.lock, placement: .local))
  }
}
