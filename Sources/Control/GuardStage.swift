// The guard as a stage: looks at the session, feeds its core, and hands requests to a gateway of its own. Cold, one thread.

public import Market
public import Pipeline

/// Both ends that join the guard to its own gateway and journal.
public struct GuardPorts: ~Copyable {
  public var reports: RingConsumer<ExecutionReport>
  /// Cancels.
  public var emergency: RingProducer<GatewayRequest>
  /// Questions.
  public var requests: RingProducer<GatewayRequest>
  /// For whoever prints; what finds no room there is in the journal still.
  public var events: RingProducer<GuardEvent>
  public var records: RecordProducer

  public init(
    reports: consuming RingConsumer<ExecutionReport>, emergency: consuming RingProducer<GatewayRequest>,
    requests: consuming RingProducer<GatewayRequest>, events: consuming RingProducer<GuardEvent>,
    records: consuming RecordProducer
  ) {
    self.reports = reports
    self.emergency = emergency
    self.requests = requests
    self.events = events
    self.records = records
  }
}

/// Runs a `GuardCore` against a session's shared files.
public struct GuardStage: ~Copyable, Stage {
  public private(set) var core: GuardCore
  private var watch: SessionWatch
  private var ports: GuardPorts
  private let clock: Clock
  /// The guard's own words: raising their halt epoch is the operator's command to cancel everything.
  private let commands: ControlWords
  private let counters: GuardCounters
  private var commandsSeen: UInt32
  private var lookDueNs = Int64.min

  /// - Parameter clock: the one that the core's bounds are stretched to.
  public init(
    core: consuming GuardCore, watch: consuming SessionWatch, ports: consuming GuardPorts, clock: Clock,
    commands: ControlWords, counters: GuardCounters
  ) {
    self.core = core
    self.watch = watch
    self.ports = ports
    self.clock = clock
    self.commands = commands
    self.counters = counters
    commandsSeen = commands.haltEpoch
  }

  public mutating func poll() -> Int {
    let nowNs = clock.nowNs()
    let taken = takeReports(nowNs)
    let epoch = commands.haltEpoch
    guard taken > 0 || epoch != commandsSeen || nowNs >= lookDueNs else { return 0 }
    lookDueNs = nowNs + core.bounds.lookNs
    let output = core.step(
      GuardCore.Input(nowNs: nowNs, sight: watch.look(nowNs: nowNs), isCommanded: epoch != commandsSeen))
    commandsSeen = epoch
    if output.raisesHalt { watch.halt() }
    sweep(nowNs)
    for record in output.records { write(record, nowNs) }
    ports.records.publish()
    counters.state.set(Int64(core.state.rawValue))
    return taken
  }

  private mutating func takeReports(_ nowNs: Int64) -> Int {
    var taken = 0
    while let report = ports.reports.tryPop() {
      core.take(report, nowNs: nowNs)
      taken += 1
    }
    return taken
  }

  /// Cancels all orders, and then asks which are open: of every instrument whose turn it is, or of none.
  private mutating func sweep(_ nowNs: Int64) {
    let most = core.instruments
    guard ports.emergency.hasRoom(most), ports.requests.hasRoom(most) else { return }
    let cause = ports.records.next.rawValue
    for instrument in core.takeSweeps(nowNs: nowNs) {
      func request(_ kind: GatewayRequestKind) -> GatewayRequest {
        GatewayRequest(kind: kind, instrument: instrument, clientOrder: .none, cause: cause, originTsc: 0)
      }
      _ = ports.emergency.tryPush(request(.cancelAll))
      _ = ports.requests.tryPush(request(.queryOpenOrders))
      counters.sweeps.add()
    }
  }

  private mutating func write(_ record: GuardRecord, _ nowNs: Int64) {
    _ = ports.events.tryPush(GuardEvent(timeNs: nowNs, record: record))
    counters.count(record)
    // A ring that the disk has let fill up costs the record, never the cancel.
    let written = ports.records.append(
      type: RecordType.guardEvent.rawValue, cause: 0, timeNs: nowNs, record)
    if written == nil { counters.recordsLost.add() }
  }
}
