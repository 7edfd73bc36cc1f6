// The exchange behind the protocol front: the matching engine with its users, names, limits and held requests. No socket
// is known here.

import Market
import Simulation

/// One event loop owns it; nothing in it blocks.
package final class Exchange {
  package private(set) var engine: MatchingEngine
  let keys: KeyRing
  package var rates: RateCounters
  /// Client order identifiers, by the engine's.
  private var clientIds: [String] = []
  /// The youngest order of each client order identifier.
  private var orderOfClientId: [String: UInt64] = [:]
  private var generatedIds = 0
  /// Requests to place an order that arrived, by their client order identifier, accepted or not: a client that sent an
  /// order twice is seen here.
  package private(set) var placements: [String: Int] = [:]
  private var executionId: UInt64 = 0
  /// Where user events go: every subscription of every connection.
  package var onUserEvent: (UserEvent) -> Void = { _ in }
  package var onFill: (VenueFill, _ clientOrderId: String) -> Void = { _, _ in }
  /// The venue's clock: capture time in nanoseconds since 1970.
  package let nowNs: () -> Int64
  /// The same for what happens in matching, in whole microseconds: every market message up to it was played, and none
  /// after it.
  private let matchingNs: () -> Int64
  package let snapshots: SnapshotDesk

  private let scales: [MoneyScale]

  package init(
    instruments: [Instrument], settings: ExchangeSettings, snapshots: SnapshotDesk,
    nowNs: @escaping () -> Int64, matchingNs: (() -> Int64)? = nil
  ) throws(VenueStartError) {
    scales = instruments.compactMap { MoneyScale($0) }
    guard
      let engine = MatchingEngine(
        instruments: instruments, balances: settings.balances,
        models: MatchingModels(queue: settings.queue, fees: settings.fees)),
      scales.count == instruments.count
    else { throw VenueStartError("an instrument's tick or lot is finer than 10^-8") }
    self.engine = engine
    keys = try KeyRing(settings.keys)
    rates = RateCounters(settings.limits)
    self.snapshots = snapshots
    self.nowNs = nowNs
    self.matchingNs = matchingNs ?? nowNs
  }

  /// Refuses the market in SBE to a key that is unknown or no Ed25519 key; JSON, without a key, is for everybody.
  package func requireStreamKey(_ name: String?) throws(APIError) {
    if let name { try keys.requireStreamKey(name) }
  }

  package func instrument(_ symbol: String) -> Instrument? { engine.instruments.first { $0.symbol.text == symbol } }

  package func scale(_ instrument: Instrument) -> MoneyScale { scales[Int(instrument.index.rawValue)] }

  /// Plays one message of the market into matching; what it fills is told to the users.
  package func play(_ message: MarketMessage, _ instrument: InstrumentIndex) {
    tell(apply(.market(instrument, message)))
  }

  /// Stops matching an instrument until the next snapshot of its market is played.
  package func suspend(_ instrument: InstrumentIndex) { tell(apply(.suspend(instrument))) }

  /// Gives `input` to the engine. The caller passes what came back to `tell`, after its own reply.
  func apply(_ input: MatchingInput) -> [VenueEvent] {
    var events: [VenueEvent] = []
    engine.apply(input, timeNs: matchingNs(), outbox: &events)
    return events
  }

  /// Remembers the name of the order that the engine accepted last.
  func name(_ order: VenueOrder, _ clientOrderId: String) {
    precondition(order.id == clientIds.count + 1, "every accepted order is named at once")
    clientIds.append(clientOrderId)
    orderOfClientId[clientOrderId] = order.id
  }

  func find(clientOrderId: String) -> VenueOrder? {
    orderOfClientId[clientOrderId].flatMap { engine.find(orderId: $0) }
  }

  /// - Parameter unit: what times are told in.
  package func named(_ order: VenueOrder, _ unit: TimeUnit = .millisecond) -> NamedOrder {
    let instrument = engine.instruments[Int(order.request.instrument.rawValue)]
    return NamedOrder(
      order: order, symbol: instrument.symbol.text, clientOrderId: clientIds[Int(order.id) - 1],
      scale: scale(instrument), timeUnit: unit)
  }

  /// A name for an order or cancel that came without one.
  func generateId() -> String {
    generatedIds += 1
    return "venue-\(generatedIds)"
  }

  /// Tells users and the fills log what happened.
  ///
  /// - Parameters:
  ///   - cancelId: the identifier of the request that cancelled.
  ///   - amendedFrom: the name of the order before it was amended.
  func tell(_ events: [VenueEvent], cancelId: String? = nil, amendedFrom: String? = nil) {
    for event in events {
      switch event {
      case .accepted(let order): report(order, "NEW")
      case .filled(let order, let fill):
        if order.executed == fill.quantity { rates.giveBack(isMaker: fill.isMaker, nowNs: nowNs()) }
        report(order, "TRADE", fill: fill)
        onFill(fill, clientIds[Int(order.id) - 1])
      case .canceled(let order): report(order, "CANCELED", cancelId: cancelId ?? generateId())
      case .expired(let order, _): report(order, "EXPIRED")
      case .prevented(let order, let prevention): report(order, "TRADE_PREVENTION", prevention: prevention)
      case .amended(let order): report(order, "REPLACED", amendedFrom: amendedFrom)
      case .balances(let balances):
        let now = nowNs()
        onUserEvent(UserEvent { accountPosition(balances, time: $0.count(now)) })
      // The local venue is of spot: it liquidates nobody and pays no funding.
      case .refused, .cancelRefused, .amendRefused, .liquidating, .transferred: break
      }
    }
  }

  private func report(
    _ order: VenueOrder, _ execution: String, fill: VenueFill? = nil, cancelId: String? = nil,
    amendedFrom: String? = nil, prevention: Prevention? = nil
  ) {
    executionId += 1
    let (named, id, now) = (named(order), executionId, nowNs())
    onUserEvent(
      UserEvent { unit in
        var told = named
        told.timeUnit = unit
        return told.executionReport(
          execution, fill: fill, id: cancelId ?? named.clientOrderId,
          originalId: cancelId == nil ? amendedFrom ?? "" : named.clientOrderId, prevention: prevention,
          executionId: id, nowNs: now)
      })
  }

  /// Counts a request to place the order of that name.
  func note(placementOf clientOrderId: String) { placements[clientOrderId, default: 0] += 1 }

  /// Gives an amended order its new name.
  func rename(_ order: VenueOrder, _ clientOrderId: String) {
    clientIds[Int(order.id) - 1] = clientOrderId
    orderOfClientId[clientOrderId] = order.id
  }

  /// The identifier of the execution that was told last.
  var lastExecutionId: UInt64 { executionId }
}
