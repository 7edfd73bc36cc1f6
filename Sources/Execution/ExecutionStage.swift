// The execution stage: the one owner of orders, positions and balances. One thread; deterministic in its inputs.

public import Market
public import Pipeline
import Risk

/// Turns intents into gated orders and reports into positions.
///
/// Work in a step, in this order: commands, halt word and stop, execution reports, intents as each shard sent them, the
/// day's loss, then what is due (cancels, queries, closing orders). Commands come before the halt word because a scoped
/// halt explains the word that it raised. An intent keeps its place among those of its shard, because "place, then
/// cancel" means something; cancels overtake new orders in the gateway's lanes, not here.
///
/// What a step does is determined by its `StepInput` and the elements it consumed, which the step's record names.
/// Conditions of its output rings enter as flags of that record, so a replay sees them too.
public struct ExecutionStage: ~Copyable {
  private let place = InPlace()

  /// Bytes of records that a step can write at most: every child order of a full batch costs a decision, an order and
  /// an update; every report and timer a transition, an update, a request and a finding; every report a fill besides;
  /// and the positions at the start or at the end of a list.
  static func mostRecordBytes() -> Int {
    let fixed = RecordHeader.byteCount
    let perChild =
      4 * fixed + MemoryLayout<RiskDecisionRecord>.size + MemoryLayout<ApprovedOrderRecord>.size
      + MemoryLayout<OrderUpdate>.size + MemoryLayout<OrderStateRecord>.size
    let perTimer =
      perChild + 3 * fixed + MemoryLayout<GatewayRequest>.size + MemoryLayout<PositionRecord>.size
      + MemoryLayout<ReconciliationRecord>.size
    let perReport = perTimer + fixed + MemoryLayout<FillRecord>.size
    let children = ExecutionPorts.maximumRings * ExecutionPorts.batchLimit * Router.maximumChildren
    let timers = ExecutionPorts.timersPerStep + ExecutionPorts.instrumentLimit + BalanceBook.capacity
    let reports = ExecutionPorts.maximumRings * ExecutionPorts.batchLimit
    // A report can end in a halt of its instrument, a command in a change of what may be traded and of a limit.
    let perChange = 3 * fixed + MemoryLayout<TradingState>.size + MemoryLayout<LimitRecord>.size
    let changes = (ExecutionPorts.maximumRings + 1) * ExecutionPorts.batchLimit
    let outcomes = ExecutionPorts.outcomesPerStep * (fixed + MemoryLayout<CommandOutcome>.size)
    let skip = perTimer  // what the end of the ring may leave unused, less than the largest record
    return children * perChild + reports * perReport + timers * perTimer + changes * perChange + outcomes + skip
  }

  let recordBytesPerStep = Self.mostRecordBytes()
  var ports: ExecutionPorts
  var records: RecordProducer
  var gate: RiskGate
  var orders: OrderTable
  var fills: FillWindow
  var balances: BalanceBook
  let counters: ExecutionCounters
  let instruments: UnsafeMutablePointer<InstrumentState>
  let instrumentCount: Int
  /// By gateway: whether its order session is up.
  let sessions: UnsafeMutablePointer<GatewaySession>
  let children: UnsafeMutablePointer<ChildOrder>
  var underWay = CommandsUnderWay()
  let account: UInt8
  let takerFeeBasisPoints: Int64
  let makerFeeBasisPoints: Int64
  let requestWindowNs: Int64

  /// The input of the step under way.
  var input = StepInput(nowNs: 0)
  /// When the next order or balance needs something.
  var nextDueNs = Int64.max
  var hasStarted = false
  var isStopping = false
  /// Units of 10^-8 of each asset that profit is counted in; `.max` when the loss is not watched.
  var maximumDailyLoss: Int64
  /// Profit and loss of the day by loss group, in units of its asset.
  let dayProfits: UnsafeMutablePointer<Int64>
  /// A figure or the limit of the daily loss has changed in this step.
  var areLossesDue = false
  /// When the session's next day begins, in the session's clock.
  var nextDayNs: Int64 = 0
  /// Orders that execution made itself, counted, and the place where the next one is made.
  var ownIntents: UInt64 = 0
  let ownIntent: UnsafeMutablePointer<OrderIntent>
  /// The comparison with each venue.
  var reconciliation: Reconciliation
  let checkIntervalNs: Int64
  /// The session goes on from another, and has not agreed with the venue yet.
  var isInheriting = false
  /// What is known here agrees with the venue's word.
  @inline(always) var isReconciled: Bool { reconciliation.isGreen }

  /// - Parameters:
  ///   - ports: one gateway for each venue, and every shard.
  ///   - records: holds several steps' records (`minimumRecordBytes`).
  ///   - recovered: the account of the session before this one, in this session's instruments (`AccountState.begin`);
  ///     nil for one that begins with nothing.
  public init(
    _ configuration: ExecutionConfiguration, ports: consuming ExecutionPorts, records: consuming RecordProducer,
    counters: consuming ExecutionCounters, recovered: AccountState? = nil
  ) {
    let instrumentCount = configuration.instruments.count
    precondition(instrumentCount <= ExecutionPorts.instrumentLimit, "too many instruments for one session")
    precondition(configuration.shards.count == instrumentCount, "one shard for each instrument")
    precondition(records.capacityBytes >= Self.minimumRecordBytes, "the record ring is too small")
    gate = configuration.gate(after: recovered)
    maximumDailyLoss = configuration.dailyLoss(after: recovered)
    orders = OrderTable(
      capacity: configuration.orderCapacity, instruments: instrumentCount, bootEpoch: configuration.bootEpoch)
    fills = FillWindow(capacity: FillWindow.defaultCapacity)
    balances = BalanceBook()
    instruments = .allocate(capacity: max(1, instrumentCount))
    for (i, definition) in configuration.instruments.enumerated() {
      precondition(configuration.shards[i] < ports.shardCount, "an instrument's shard is attached")
      precondition(Int(definition.venue.rawValue) < ports.gatewayCount, "a venue's gateway is attached")
      let moved = definition.moved
      guard let base = balances.place(of: moved.base, venue: definition.venue),
        let quote = balances.place(of: moved.quote, venue: definition.venue)
      else { preconditionFailure("more assets than the balance book holds") }
      if definition.kind != .spot { balances.rows[quote].isWallet = true }
      (instruments + i).initialize(
        to: InstrumentState(
          definition, limits: configuration.limits[i], shard: configuration.shards[i], base: base, quote: quote,
          lossGroup: configuration.lossGroup(of: i)))
    }
    dayProfits = .allocate(capacity: max(1, instrumentCount))
    dayProfits.initialize(repeating: 0, count: max(1, instrumentCount))
    sessions = .allocate(capacity: ExecutionPorts.maximumRings)
    sessions.initialize(repeating: GatewaySession(), count: ExecutionPorts.maximumRings)
    children = .allocate(capacity: Router.maximumChildren)
    ownIntent = .allocate(capacity: 1)
    self.instrumentCount = instrumentCount
    account = configuration.account
    reconciliation = Reconciliation(venues: ports.gatewayCount)
    checkIntervalNs = configuration.checkIntervalNs
    takerFeeBasisPoints = configuration.takerFeeBasisPoints
    makerFeeBasisPoints = configuration.makerFeeBasisPoints
    requestWindowNs = configuration.requestWindowNs
    self.ports = ports
    self.records = records
    self.counters = counters
    if let recovered { inherit(recovered) }
  }

  deinit {
    instruments.deallocate()
    sessions.deallocate()
    children.deallocate()
    ownIntent.deallocate()
    dayProfits.deallocate()
  }

  /// The smallest record ring: half of it is where trading goes reduce-only, and below two steps' worth it stops.
  public static var minimumRecordBytes: Int { 1 << 20 }

  /// Orders that may still fill. A session that is stopping has ended when this is 0.
  public var openOrders: Int { orders.openCount }

  /// What the risk gate refused so far, by reason. Cold: not for a step.
  public var refusals: [RefusalCount] { counters.refused }

  /// When a step has something to do, whatever else arrives, in the session's clock.
  public var nextTimerNs: Int64 { min(nextDueNs, nextDayNs) }

  /// One step: see the type's description.
  ///
  /// - Returns: how much was handled; 0 when there was nothing to do or no room to say so.
  @_noLocks @inline(never)
  public mutating func step(_ input: StepInput) -> Int {
    let consumed = ports.available()
    let total = Int(consumed.wrappedSum())
    let isEdge =
      input.nowNs >= nextDayNs || isStopping != input.flags.contains(.stopping)
      || (gate.trading.isForeign(input.haltEpoch) && !gate.trading.halted.isEverything)
    let isDue = nextDueNs <= input.nowNs
    guard total > 0 || isEdge || isDue else { return 0 }
    let freeBytes = records.freeBytes()
    guard freeBytes >= recordBytesPerStep, ports.haveRoomForUpdates() else {
      counters.stalls.add()
      return 0
    }
    self.input = input
    self.input.flags = StepFlags(rawValue: input.flags.rawValue | ownFlags(freeBytes).rawValue)
    _ = write(.step, cause: 0, StepRecord(self.input, consumed: consumed))
    if !hasStarted { begin() }
    rollDay()
    handleCommands(consumed)
    handleWords()
    handleReports(consumed)
    handleIntents(consumed)
    watchLosses()
    handleTimers()
    if underWay.count > 0 { tellEnds() }
    // The records first: what a gateway sees is in the shared record ring before it, whenever this process dies.
    records.publish()
    ports.publish()
    showState()
    return total &+ (isEdge || isDue ? 1 : 0)
  }

  @inline(always)
  private mutating func ownFlags(_ freeBytes: Int) -> StepFlags {
    var flags = ports.blocked().rawValue
    if freeBytes < records.capacityBytes / 2 { flags |= StepFlags.journalBehind.rawValue }
    if freeBytes < 2 &* recordBytesPerStep { flags |= StepFlags.journalFull.rawValue }
    return StepFlags(rawValue: flags)
  }

  /// The first step tells every shard its positions, and the journal what may be traded.
  @inline(always)
  private mutating func begin() {
    hasStarted = true
    gate.trading.armedTimeNs = input.nowNs
    tradingChanged(by: ownCommand(.arm, cause: 0))
    for i in 0..<instrumentCount { sendPosition(i, cause: 0) }
  }

  @inline(always)
  private mutating func handleReports(_ consumed: SIMD4<UInt32>) {
    for g in 0..<ports.gatewayCount {
      let count = Int(consumed[g])
      for i in 0..<count { handle(ports.reports[g].peek(i), gateway: g) }
      ports.reports[g].release(count)
      if count > 0 { wakeIfWaiting(g) }
    }
  }

  @inline(always)
  private mutating func handleIntents(_ consumed: SIMD4<UInt32>) {
    for s in 0..<ports.shardCount {
      let count = Int(consumed[ports.gatewayCount &+ s])
      for i in 0..<count { handle(ports.intents[s].peek(i), shard: s) }
      ports.intents[s].release(count)
    }
  }

  /// Writes a record of this step.
  ///
  /// - Returns: its identity.
  @inline(always)
  mutating func write<Payload: BitwiseCopyable>(_ type: RecordType, cause: UInt64, _ payload: Payload) -> UInt64 {
    let identifier = records.append(type: type.rawValue, cause: cause, timeNs: input.nowNs, payload)
    guard let identifier else { preconditionFailure("the step asked for room for its records") }
    return identifier.rawValue
  }

  /// Gauges, after each step that did something.
  @inline(always)
  private func showState() {
    counters.ordersOpen.set(Int64(orders.openCount))
    showReconciliation()
    counters.trading.show(gate.trading, rampPercent: gate.rampPercent(nowNs: input.nowNs))
  }
}

/// One gateway's order session.
struct GatewaySession: BitwiseCopyable {
  var isUp = false
}
