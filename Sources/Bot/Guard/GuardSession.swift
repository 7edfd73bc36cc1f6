// The guard's process from start to end: its own order session, journal and counters. One thread starts and ends it.

import Control
import Foundation
import Journal
import Market
import Pipeline
import Risk
import Venues

/// The guard's two workers: one that watches and cancels, and one for the disk, which must not hold up the first.
final class GuardSession {
  let configuration: Configuration
  let settings: GuardSettings
  /// What the guard saw and did, for whoever prints it.
  var events: RingConsumer<GuardEvent>
  let folder: SessionFolder
  private let commands = ControlWords()
  private let workers: [Worker]
  private let journal: StageBox<JournalWriter>
  private let guarding: StageBox<GuardStage>
  /// Keeps the folder locked against another guard.
  private let epoch: BootEpoch

  private enum Stages {
    static let guarding: UInt8 = 16
    static let guardingName = "guard"
    static let names = [guarding: guardingName, StageNumber.gateway.rawValue: StageNumber.gateway.name]
  }

  /// Rings of records hold hours of a guard's life, so that a stalled disk costs nothing.
  private static let recordRingBytes = 16 << 20
  private static let eventCapacity = 256

  /// Wires everything; nothing runs yet.
  ///
  /// - Parameter directory: of guards of this kind, one at a time; made when it is not there.
  /// - Throws: what is missing or wrong, by name: the section `guard`, the key, the venue, the folder.
  init(configurationFile file: String, directory: String) throws {
    configuration = try Configuration(file: file)
    let mode = try configuration.trading(file: file).mode
    guard mode != .paper else {
      throw ConfigurationError(
        file: file, line: 0, path: "mode",
        reason: "a paper session's orders live in its own process and end with it: there is nothing to guard")
    }
    guard let settings = configuration.guarding else {
      throw ConfigurationError(
        file: file, line: 0, path: "guard", reason: "is missing: the guard needs a key of its own")
    }
    self.settings = settings
    let endpoint = try VenueEndpoint(configuration.venue, mode, configuration.tls)
    let instruments = try endpoint.instruments(configuration.instruments)
    let clock = try Clock(configuration.venue, endpoint)
    let state = StateDirectory(path: settings.directory + "/" + directory)
    try FileManager.default.createDirectory(
      atPath: settings.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    epoch = try BootEpoch(stateDirectory: state.path)
    folder = state.session(epoch.value)
    let counters = try CounterFile(path: state.counterFile)
    let records = RecordRing(stage: Stages.guarding, capacityBytes: Self.recordRingBytes)
    let gatewayRecords = RecordRing(stage: StageNumber.gateway.rawValue, capacityBytes: Self.recordRingBytes)
    let printed = Ring<GuardEvent>(capacity: Self.eventCapacity)
    let ends = GuardEnds()

    events = printed.consumer
    let watched = StateDirectory(path: configuration.journal.directory)
    let bounds = configuration.guardBounds(settings)
    guarding = StageBox(
      Stages.guardingName,
      GuardStage(
        core: GuardCore(bounds, instruments: instruments.count),
        watch: SessionWatch(
          counterPath: watched.counterFile, controlPath: watched.controlWordsFile, findNs: bounds.findNs),
        ports: GuardPorts(
          reports: ends.guardReports, emergency: ends.guardEmergency, requests: ends.guardRequests,
          events: printed.producer, records: records.producer),
        clock: clock, commands: commands, counters: GuardCounters(counters.counter)))
    let key = try AccountKey(settings.account, configuration.orders.authentication)
    let session = BinanceOrderSession(
      BinanceOrderSession.Configuration(configuration), instruments: instruments, apiKey: key.name,
      signer: try key.signer(), reports: ends.gatewayReports, records: gatewayRecords.producer,
      counters: BinanceGatewayCounters(counters, name: StageNumber.gateway.name),
      nsPerCycle: TimeStampCounterCalibration.measured.nsPerCycle)
    let gateway = StageBox(
      StageNumber.gateway.name,
      PollingGateway(
        core: GatewayStage(
          session: session, first: endpoint.orderStream(SocketTransport()),
          second: endpoint.orderStream(SocketTransport()), lanes: ends.lanes, control: commands),
        source: StepSource(clock: clock, control: commands)))
    journal = StageBox(
      StageNumber.journalName,
      try JournalWriter(
        directory: folder.journalDirectory,
        header: SessionHeader(
          session: UInt64(epoch.value) << 40, startTimeNs: clock.nowNs(), bootEpoch: epoch.value, seed: 0,
          build: "apus \(Apus.version)", strategy: "", configuration: configuration.text, instruments: instruments,
          stages: Stages.names),
        sources: [RecordSource(records.consumer), RecordSource(gatewayRecords.consumer)],
        counters: JournalCounters(counters.counter), nowNs: { clock.nowNs() }))
    let cold = StageBox(StageNumber.countersName, CountersStage(counters, clock))
    workers = [
      Worker(
        0, WorkerPlan(cpu: settings.cpu, wait: .park(ns: 1_000_000), stages: [guarding.name, gateway.name]),
        stages: [guarding, gateway], counters: counters),
      Worker(
        1, WorkerPlan(cpu: nil, wait: .park(ns: 10_000_000), stages: [journal.name, cold.name]),
        stages: [journal, cold], counters: counters),
    ]
  }

  func start() throws {
    for worker in workers { try worker.start() }
  }

  /// Cancels everything now. Any thread.
  var command: @Sendable () -> Void {
    let commands = commands
    return { commands.halt() }
  }

  /// Ends the workers and completes the journal.
  ///
  /// - Returns: what the guard was at.
  func end() throws -> GuardState {
    for worker in workers { worker.requestStop() }
    for worker in workers { worker.join() }
    try journal.withStage { try $0.finish() }
    return guarding.withStage { $0.core.state }
  }
}

/// The rings between the guard and its gateway. The lanes for orders are there and stay empty: a guard has none.
private struct GuardEnds: ~Copyable {
  let guardReports: RingConsumer<ExecutionReport>
  let guardEmergency: RingProducer<GatewayRequest>
  let guardRequests: RingProducer<GatewayRequest>
  let gatewayReports: RingProducer<ExecutionReport>
  let lanes: GatewayLanes

  init() {
    let reports = Ring<ExecutionReport>(capacity: RingCapacities.reports)
    let emergency = Ring<GatewayRequest>(capacity: RingCapacities.emergency)
    let requests = Ring<GatewayRequest>(capacity: RingCapacities.requests)
    let amends = ApprovedOrderRing(capacity: 2)
    let orders = ApprovedOrderRing(capacity: 2)
    guardReports = reports.consumer
    gatewayReports = reports.producer
    guardEmergency = emergency.producer
    guardRequests = requests.producer
    lanes = GatewayLanes(
      emergency: emergency.consumer, requests: requests.consumer, amends: amends.receiver,
      orders: orders.receiver)
  }
}
