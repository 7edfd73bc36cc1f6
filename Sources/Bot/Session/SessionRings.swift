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

  /// What these rings take together.
  static var arenaBytes: Int {
    [
      Ring<MarketEvent>.byteCount(capacity: RingCapacities.marketEvents),
      Ring<BookFault>.byteCount(capacity: RingCapacities.faults),
      Ring<OrderIntent>.byteCount(capacity: RingCapacities.intents),
      Ring<OrderUpdate>.byteCount(capacity: RingCapacities.updates),
      Ring<Command>.byteCount(capacity: RingCapacities.commands),
      Ring<CommandOutcome>.byteCount(capacity: RingCapacities.outcomes),
    ].reduce(0) { $0 + MemoryArena.room(for: $1) }
  }

  /// The rings of a session, side by side in the arena.
  init(in arena: MemoryArena) {
    let events = Ring<MarketEvent>(capacity: RingCapacities.marketEvents, in: arena)
    let faults = Ring<BookFault>(capacity: RingCapacities.faults, in: arena)
    let intents = Ring<OrderIntent>(capacity: RingCapacities.intents, in: arena)
    let updates = Ring<OrderUpdate>(capacity: RingCapacities.updates, in: arena)
    let commands = Ring<Command>(capacity: RingCapacities.commands, in: arena)
    let outcomes = Ring<CommandOutcome>(capacity: RingCapacities.outcomes, in: arena)
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

  /// What these rings take together; approved orders have a ring of their own module's.
  static var arenaBytes: Int {
    [
      Ring<GatewayRequest>.byteCount(capacity: RingCapacities.requests),
      Ring<GatewayRequest>.byteCount(capacity: RingCapacities.emergency),
      Ring<ExecutionReport>.byteCount(capacity: RingCapacities.reports),
    ].reduce(0) { $0 + MemoryArena.room(for: $1) }
  }

  /// Live rings, side by side in the arena.
  init(in arena: MemoryArena) {
    let orders = ApprovedOrderRing(capacity: RingCapacities.orders)
    let requests = Ring<GatewayRequest>(capacity: RingCapacities.requests, in: arena)
    let emergency = Ring<GatewayRequest>(capacity: RingCapacities.emergency, in: arena)
    let amends = ApprovedOrderRing(capacity: RingCapacities.amends)
    let reports = Ring<ExecutionReport>(capacity: RingCapacities.reports, in: arena)
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
