// The ring ends that execution holds: a set of five for each gateway, a pair for each strategy shard, a pair for
// control. One thread.

public import Market
public import Pipeline
public import Risk

/// The rings of an execution stage. Attach each gateway and shard once, in the order of their numbers, and control once;
/// a stage without control trades as its configuration says and takes no command.
public struct ExecutionPorts: ~Copyable {
  /// Input rings of one stage: what a `StepRecord` has room for.
  public static var maximumRings: Int { 4 }
  /// Elements taken from each input ring in one step: keeps a step short, and bounds what it writes.
  public static var batchLimit: Int { 8 }
  /// Updates that one step can send to one shard: refusals of every child, reports, timers and first positions.
  static var updatesPerStep: Int {
    maximumRings * batchLimit * Router.maximumChildren + timersPerStep + instrumentLimit
  }
  /// Orders and requests that one step can send to one gateway.
  static var ordersPerStep: Int { maximumRings * batchLimit }
  static var requestsPerStep: Int { timersPerStep }
  /// Outcomes that one step can send: an answer to each command of a batch, and the end of everything under way.
  public static var outcomesPerStep: Int { batchLimit + CommandsUnderWay.capacity }
  /// Requests and due orders handled in one step.
  static var timersPerStep: Int { 16 }
  /// Instruments of one session.
  public static var instrumentLimit: Int { 64 }

  public private(set) var gatewayCount = 0
  public private(set) var shardCount = 0
  public private(set) var hasControl = false
  let reports: UnsafeMutablePointer<RingConsumer<ExecutionReport>>
  let orders: UnsafeMutablePointer<ApprovedOrderSender>
  let requests: UnsafeMutablePointer<RingProducer<GatewayRequest>>
  let emergency: UnsafeMutablePointer<RingProducer<GatewayRequest>>
  let amends: UnsafeMutablePointer<ApprovedOrderSender>
  let intents: UnsafeMutablePointer<RingConsumer<OrderIntent>>
  let updates: UnsafeMutablePointer<RingProducer<OrderUpdate>>
  /// One each, once `hasControl`.
  let commands: UnsafeMutablePointer<RingConsumer<Command>>
  let outcomes: UnsafeMutablePointer<RingProducer<CommandOutcome>>

  public init() {
    reports = .allocate(capacity: Self.maximumRings)
    orders = .allocate(capacity: Self.maximumRings)
    requests = .allocate(capacity: Self.maximumRings)
    emergency = .allocate(capacity: Self.maximumRings)
    amends = .allocate(capacity: Self.maximumRings)
    intents = .allocate(capacity: Self.maximumRings)
    updates = .allocate(capacity: Self.maximumRings)
    commands = .allocate(capacity: 1)
    outcomes = .allocate(capacity: 1)
  }

  deinit {
    reports.deinitialize(count: gatewayCount).deallocate()
    orders.deinitialize(count: gatewayCount).deallocate()
    requests.deinitialize(count: gatewayCount).deallocate()
    emergency.deinitialize(count: gatewayCount).deallocate()
    amends.deinitialize(count: gatewayCount).deallocate()
    intents.deinitialize(count: shardCount).deallocate()
    updates.deinitialize(count: shardCount).deallocate()
    commands.deinitialize(count: hasControl ? 1 : 0).deallocate()
    outcomes.deinitialize(count: hasControl ? 1 : 0).deallocate()
  }

  /// Attaches the next gateway; it serves the venue with the same number. The gateway polls `emergency` first, then
  /// `requests`, `amends` and `orders`.
  public mutating func attachGateway(
    reports reportRing: consuming RingConsumer<ExecutionReport>, orders sender: consuming ApprovedOrderSender,
    requests requestRing: consuming RingProducer<GatewayRequest>,
    emergency emergencyRing: consuming RingProducer<GatewayRequest>, amends amendSender: consuming ApprovedOrderSender
  ) {
    precondition(inputCount < Self.maximumRings, "too many input rings for one execution stage")
    precondition(sender.capacity >= 2 * Self.ordersPerStep, "a gateway's ring of orders holds two steps' at least")
    precondition(requestRing.capacity >= 2 * Self.requestsPerStep, "a ring of requests holds two steps' at least")
    precondition(emergencyRing.capacity >= 2 * Self.requestsPerStep, "an emergency lane holds two steps' at least")
    precondition(amendSender.capacity >= 2 * Self.ordersPerStep, "a ring of amends holds two steps' at least")
    (reports + gatewayCount).initialize(to: reportRing)
    (orders + gatewayCount).initialize(to: sender)
    (requests + gatewayCount).initialize(to: requestRing)
    (emergency + gatewayCount).initialize(to: emergencyRing)
    (amends + gatewayCount).initialize(to: amendSender)
    gatewayCount += 1
  }

  /// Attaches the next strategy shard.
  public mutating func attachShard(
    intents intentRing: consuming RingConsumer<OrderIntent>, updates updateRing: consuming RingProducer<OrderUpdate>
  ) {
    precondition(inputCount < Self.maximumRings, "too many input rings for one execution stage")
    precondition(updateRing.capacity >= Self.updatesPerStep, "a ring of updates holds a step's at least")
    (intents + shardCount).initialize(to: intentRing)
    (updates + shardCount).initialize(to: updateRing)
    shardCount += 1
  }

  /// Attaches the control stage. Its commands stand behind gateways and shards in a `StepRecord`, and are taken first.
  public mutating func attachControl(
    commands commandRing: consuming RingConsumer<Command>, outcomes outcomeRing: consuming RingProducer<CommandOutcome>
  ) {
    precondition(!hasControl && inputCount < Self.maximumRings, "too many input rings for one execution stage")
    precondition(outcomeRing.capacity >= Self.outcomesPerStep, "a ring of outcomes holds a step's at least")
    commands.initialize(to: commandRing)
    outcomes.initialize(to: outcomeRing)
    hasControl = true
  }

  private var inputCount: Int { gatewayCount + shardCount + (hasControl ? 1 : 0) }

  /// How many elements this step takes from each input ring: reports of all gateways, intents of all shards, commands.
  @inline(always)
  mutating func available() -> SIMD4<UInt32> {
    var counts = SIMD4<UInt32>(repeating: 0)
    for g in 0..<gatewayCount {
      counts[g] = UInt32(truncatingIfNeeded: min(reports[g].available(), Self.batchLimit))
    }
    for s in 0..<shardCount {
      counts[gatewayCount &+ s] = UInt32(truncatingIfNeeded: min(intents[s].available(), Self.batchLimit))
    }
    if hasControl {
      counts[gatewayCount &+ shardCount] = UInt32(truncatingIfNeeded: min(commands[0].available(), Self.batchLimit))
    }
    return counts
  }

  /// Whether every shard can take the updates of a step, and control its outcomes. Without it the step waits: reports
  /// and commands stay in their rings.
  @inline(always)
  mutating func haveRoomForUpdates() -> Bool {
    for s in 0..<shardCount where updates[s].free < Self.updatesPerStep { return false }
    return !hasControl || outcomes[0].free >= Self.outcomesPerStep
  }

  /// Which gateways cannot take a step's orders or requests.
  @inline(always)
  mutating func blocked() -> StepFlags {
    var flags: UInt32 = 0
    for g in 0..<gatewayCount {
      if orders[g].freeSlots() < Self.ordersPerStep { flags |= StepFlags.ordersBlocked(gateway: g).rawValue }
      if requests[g].free < Self.requestsPerStep { flags |= StepFlags.requestsBlocked(gateway: g).rawValue }
      if emergency[g].free < Self.requestsPerStep { flags |= StepFlags.emergencyBlocked(gateway: g).rawValue }
      if amends[g].freeSlots() < Self.ordersPerStep { flags |= StepFlags.amendsBlocked(gateway: g).rawValue }
    }
    return StepFlags(rawValue: flags)
  }

  /// Writes an update; it is seen after `publish`.
  @inline(always)
  mutating func send(_ update: OrderUpdate, shard: Int) {
    guard let slot = updates[shard].claim() else { preconditionFailure("the step asked for room for its updates") }
    slot.initialize(to: update)
  }

  /// Writes a request; it is seen after `publish`.
  @inline(always)
  mutating func send(_ request: GatewayRequest, gateway: Int) {
    guard let slot = requests[gateway].claim() else { preconditionFailure("the step asked for room for its requests") }
    slot.initialize(to: request)
  }

  /// Writes an outcome where there is somebody to read it; it is seen after `publish`.
  @inline(always)
  mutating func send(_ outcome: CommandOutcome) {
    guard hasControl else { return }
    guard let slot = outcomes[0].claim() else { preconditionFailure("the step asked for room for its outcomes") }
    slot.initialize(to: outcome)
  }

  /// Writes a cancel into the lane that overtakes all others; it is seen after `publish`.
  @inline(always)
  mutating func sendEmergency(_ request: GatewayRequest, gateway: Int) {
    guard let slot = emergency[gateway].claim() else { preconditionFailure("the step asked for room in the lane") }
    slot.initialize(to: request)
  }

  @inline(always)
  mutating func publish() {
    for g in 0..<gatewayCount {
      emergency[g].publish()
      requests[g].publish()
      amends[g].publish()
      orders[g].publish()
    }
    for s in 0..<shardCount { updates[s].publish() }
    if hasControl { outcomes[0].publish() }
  }
}
