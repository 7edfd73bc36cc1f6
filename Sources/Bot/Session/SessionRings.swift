// All the rings of a session, as ends for its stages: live ones, or gated ones for a replay.

import Journal
import Market
import Pipeline
import Risk

/// Both ends of every ring between stages but those of gateways. Each is taken out once, by the stage it belongs to.
struct StageEnds: ~Copyable {
  var feedEvents: RingProducer<MarketEvent>
  var strategyEvents: RingConsumer<MarketEvent>
  var strategyFaults: RingProducer<BookFault>
  var feedFaults: RingConsumer<BookFault>
  var strategyIntents: RingProducer<OrderIntent>
  var executionIntents: RingConsumer<OrderIntent>
  var executionUpdates: RingProducer<OrderUpdate>
  var strategyUpdates: RingConsumer<OrderUpdate>
  var controlCommands: RingProducer<Command>
  var executionCommands: RingConsumer<Command>
  var executionOutcomes: RingProducer<CommandOutcome>
  var controlOutcomes: RingConsumer<CommandOutcome>
  let snapshots: SnapshotPool

  /// What the rings that a stage reads take of an arena.
  static func arenaBytes(readBy stage: StageNumber) -> Int {
    let rings: [Int] =
      switch stage {
      case .feed: [Ring<BookFault>.byteCount(capacity: RingCapacities.faults)]
      case .strategy:
        [
          Ring<MarketEvent>.byteCount(capacity: RingCapacities.marketEvents),
          Ring<OrderUpdate>.byteCount(capacity: RingCapacities.updates),
        ]
      case .execution:
        [
          Ring<OrderIntent>.byteCount(capacity: RingCapacities.intents),
          Ring<Command>.byteCount(capacity: RingCapacities.commands),
        ]
      case .control: [Ring<CommandOutcome>.byteCount(capacity: RingCapacities.outcomes)]
      case .gateway: []
      }
    return rings.reduce(0) { $0 + MemoryArena.room(for: $1) }
  }

  /// The rings of a session, each in the arena of the stage that reads it.
  init(in arena: (StageNumber) -> MemoryArena) {
    let events = Ring<MarketEvent>(capacity: RingCapacities.marketEvents, in: arena(.strategy))
    let faults = Ring<BookFault>(capacity: RingCapacities.faults, in: arena(.feed))
    let intents = Ring<OrderIntent>(capacity: RingCapacities.intents, in: arena(.execution))
    let updates = Ring<OrderUpdate>(capacity: RingCapacities.updates, in: arena(.strategy))
    let commands = Ring<Command>(capacity: RingCapacities.commands, in: arena(.execution))
    let outcomes = Ring<CommandOutcome>(capacity: RingCapacities.outcomes, in: arena(.control))
    feedEvents = events.producer
    strategyEvents = events.consumer
    strategyFaults = faults.producer
    feedFaults = faults.consumer
    strategyIntents = intents.producer
    executionIntents = intents.consumer
    executionUpdates = updates.producer
    strategyUpdates = updates.consumer
    controlCommands = commands.producer
    executionCommands = commands.consumer
    executionOutcomes = outcomes.producer
    controlOutcomes = outcomes.consumer
    snapshots = Self.makeSnapshots()
  }

  /// The rings of a replay, at twice a session's capacity, so that only the journal's own full marks make one full.
  init(gates: inout ReplayGates?) {
    let events = GatedRing<MarketEvent>(capacity: 2 * RingCapacities.marketEvents)
    let faults = GatedRing<BookFault>(capacity: 2 * RingCapacities.faults)
    let intents = GatedRing<OrderIntent>(capacity: 2 * RingCapacities.intents)
    let updates = GatedRing<OrderUpdate>(capacity: 2 * RingCapacities.updates)
    let commands = GatedRing<Command>(capacity: 2 * RingCapacities.commands)
    let outcomes = GatedRing<CommandOutcome>(capacity: 2 * RingCapacities.outcomes)
    gates = ReplayGates(
      events: events.gate, faults: faults.gate, intents: intents.gate, updates: updates.gate, commands: commands.gate,
      outcomes: outcomes.gate)
    feedEvents = events.producer
    strategyEvents = events.consumer
    strategyFaults = faults.producer
    feedFaults = faults.consumer
    strategyIntents = intents.producer
    executionIntents = intents.consumer
    executionUpdates = updates.producer
    strategyUpdates = updates.consumer
    controlCommands = commands.producer
    executionCommands = commands.consumer
    executionOutcomes = outcomes.producer
    controlOutcomes = outcomes.consumer
    snapshots = Self.makeSnapshots()
  }

  private static func makeSnapshots() -> SnapshotPool {
    SnapshotPool(buffers: RingCapacities.snapshots, levelsPerSide: RingCapacities.snapshotLevels)
  }
}

/// Both ends of the rings between execution and one gateway.
struct GatewayEnds: ~Copyable {
  var executionOrders: ApprovedOrderSender
  var gatewayOrders: ApprovedOrderReceiver
  var executionRequests: RingProducer<GatewayRequest>
  var gatewayRequests: RingConsumer<GatewayRequest>
  var executionEmergency: RingProducer<GatewayRequest>
  var gatewayEmergency: RingConsumer<GatewayRequest>
  var executionAmends: ApprovedOrderSender
  var gatewayAmends: ApprovedOrderReceiver
  var gatewayReports: RingProducer<ExecutionReport>
  var executionReports: RingConsumer<ExecutionReport>

  /// What the rings that a stage reads take of an arena.
  static func arenaBytes(readBy stage: StageNumber) -> Int {
    let rings: [Int] =
      switch stage {
      case .gateway:
        [
          ApprovedOrderRing.byteCount(capacity: RingCapacities.orders),
          Ring<GatewayRequest>.byteCount(capacity: RingCapacities.requests),
          Ring<GatewayRequest>.byteCount(capacity: RingCapacities.emergency),
          ApprovedOrderRing.byteCount(capacity: RingCapacities.amends),
        ]
      case .execution: [Ring<ExecutionReport>.byteCount(capacity: RingCapacities.reports)]
      case .feed, .strategy, .control: []
      }
    return rings.reduce(0) { $0 + MemoryArena.room(for: $1) }
  }

  /// Live rings, each in the arena of the stage that reads it.
  init(in arena: (StageNumber) -> MemoryArena) {
    let orders = ApprovedOrderRing(capacity: RingCapacities.orders, in: arena(.gateway))
    let requests = Ring<GatewayRequest>(capacity: RingCapacities.requests, in: arena(.gateway))
    let emergency = Ring<GatewayRequest>(capacity: RingCapacities.emergency, in: arena(.gateway))
    let amends = ApprovedOrderRing(capacity: RingCapacities.amends, in: arena(.gateway))
    let reports = Ring<ExecutionReport>(capacity: RingCapacities.reports, in: arena(.execution))
    executionOrders = orders.sender
    gatewayOrders = orders.receiver
    executionRequests = requests.producer
    gatewayRequests = requests.consumer
    executionEmergency = emergency.producer
    gatewayEmergency = emergency.consumer
    executionAmends = amends.sender
    gatewayAmends = amends.receiver
    gatewayReports = reports.producer
    executionReports = reports.consumer
  }

  /// The rings of a replay, at twice a session's capacity, as those of `StageEnds`.
  init(gates: inout GatewayGates?) {
    let orders = GatedApprovedOrderRing(capacity: 2 * RingCapacities.orders)
    let requests = GatedRing<GatewayRequest>(capacity: 2 * RingCapacities.requests)
    let emergency = GatedRing<GatewayRequest>(capacity: 2 * RingCapacities.emergency)
    let amends = GatedApprovedOrderRing(capacity: 2 * RingCapacities.amends)
    let reports = GatedRing<ExecutionReport>(capacity: 2 * RingCapacities.reports)
    gates = GatewayGates(
      orders: orders.gate, requests: requests.gate, emergency: emergency.gate, amends: amends.gate,
      reports: reports.gate)
    executionOrders = orders.sender
    gatewayOrders = orders.receiver
    executionRequests = requests.producer
    gatewayRequests = requests.consumer
    executionEmergency = emergency.producer
    gatewayEmergency = emergency.consumer
    executionAmends = amends.sender
    gatewayAmends = amends.receiver
    gatewayReports = reports.producer
    executionReports = reports.consumer
  }
}

extension StageNumber {
  /// What the rings that these stages read take of an arena.
  static func arenaBytes(readBy stages: [String]) -> Int {
    stages.compactMap(StageNumber.init(named:)).reduce(0) {
      $0 + StageEnds.arenaBytes(readBy: $1) + GatewayEnds.arenaBytes(readBy: $1)
    }
  }
}

/// The gates between the ends of a replay's rings.
struct ReplayGates {
  let events: RingGate
  let faults: RingGate
  let intents: RingGate
  let updates: RingGate
  let commands: RingGate
  let outcomes: RingGate
}

/// The gates between the ends of a replayed gateway's rings.
struct GatewayGates {
  let orders: RingGate
  let requests: RingGate
  let emergency: RingGate
  let amends: RingGate
  let reports: RingGate
}
