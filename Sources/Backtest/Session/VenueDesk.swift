// The venue of a backtest as a gateway meets it: what arrives is matched, what follows is told in execution reports.

public import Market
public import Risk
public import Simulation

/// What arrives at the venue.
public enum VenueRequest: BitwiseCopyable, Sendable {
  /// A new order or an amendment, in the terms that passed the risk gate.
  case order(ApprovedOrderRecord)
  /// A cancel or a question.
  case request(GatewayRequest)
}

/// The matching engine under the names that the bot gave its orders. A value without clock and randomness.
///
/// A reply and the event on the user stream that says the same are one report here; the bot counts what it hears twice
/// once, so only its duplicate counters differ. The codes are those of binance-spot-api-docs, errors.md.
public struct VenueDesk: Sendable {
  public private(set) var engine: MatchingEngine
  let venue: VenueIndex
  /// The session's indices of the engine's instruments, in the engine's order.
  private let indices: [InstrumentIndex]
  /// The bot's names of the engine's orders, in the engine's order.
  private var names: [ClientOrderIdentifier] = []
  private var numbers: [ClientOrderIdentifier: UInt64] = [:]
  private var events: [VenueEvent] = []

  /// - Parameters:
  ///   - venue: what its reports say that they are of.
  ///   - instruments: the session's indices of the engine's instruments, in the engine's order; nil where they are the
  ///     engine's own.
  public init(engine: MatchingEngine, venue: VenueIndex = VenueIndex(0), instruments: [InstrumentIndex]? = nil) {
    precondition(instruments.map { $0.count == engine.instruments.count } ?? true, "each instrument has an index")
    self.engine = engine
    self.venue = venue
    indices = instruments ?? engine.instruments.map(\.index)
  }

  /// The engine's index of an instrument of the session; one that the engine does not know for those of other venues.
  func local(_ instrument: InstrumentIndex) -> InstrumentIndex {
    indices.firstIndex(of: instrument).map { InstrumentIndex(UInt16($0)) } ?? InstrumentIndex(.max)
  }

  /// The session's index of an instrument of the engine.
  func index(_ local: InstrumentIndex) -> InstrumentIndex { indices[Int(local.rawValue)] }

  /// The market of an instrument that the venue has.
  func market(_ instrument: InstrumentIndex) -> RecordedMarket { engine.markets[Int(local(instrument).rawValue)] }

  /// Best bid and ask as they were recorded.
  func recordedTouch(_ instrument: InstrumentIndex) -> (bid: Price?, ask: Price?) {
    engine.recordedTouch(local(instrument))
  }

  /// The bot's name of an order that the engine accepted.
  public func name(ofOrder id: UInt64) -> ClientOrderIdentifier { names[Int(id) - 1] }

  /// An order as it stands; nil for a name that the engine accepted no order of.
  public func order(named name: ClientOrderIdentifier) -> VenueOrder? {
    numbers[name].flatMap { engine.find(orderId: $0) }
  }

  /// The tier of the fee schedule that a reported fill was charged by; 0, the first, for other reports.
  func feeTier(of report: ExecutionReport) -> UInt8 {
    report.kind == .fill ? engine.fills[Int(report.trade) - 1].feeTier : 0
  }

  /// Plays one message of the recorded market.
  ///
  /// - Returns: what the venue tells everybody: the same, or what our own trades have made of it.
  @discardableResult
  public mutating func play(
    _ message: MarketMessage, _ instrument: InstrumentIndex, timeNs: Int64, reports: inout [ExecutionReport]
  ) -> MarketMessage {
    let local = local(instrument)
    let shown = engine.pushed(message, of: local, timeNs: timeNs)
    apply(.market(local, shown), timeNs: timeNs)
    if !events.isEmpty { tell(cause: 0, timeNs: timeNs, reports: &reports) }
    return shown
  }

  /// Takes what has arrived; the answers, and what it does to other orders, are appended to `reports`.
  public mutating func take(_ request: VenueRequest, timeNs: Int64, reports: inout [ExecutionReport]) {
    switch request {
    case .order(let terms):
      if terms.action == .amend {
        amend(terms, timeNs: timeNs, reports: &reports)
      } else {
        place(terms, timeNs: timeNs, reports: &reports)
      }
    case .request(let request):
      switch request.kind {
      case .cancel: cancel(request, timeNs: timeNs, reports: &reports)
      case .cancelAll: cancelAll(request, timeNs: timeNs, reports: &reports)
      case .queryStatus: tellStatus(request, timeNs: timeNs, reports: &reports)
      case .queryBalances: tellBalances(cause: request.cause, timeNs: timeNs, reports: &reports)
      case .queryOpenOrders: tellOpenOrders(request, timeNs: timeNs, reports: &reports)
      case .queryTrades: tellTrades(request, timeNs: timeNs, reports: &reports)
      }
    }
  }

  func number(of name: ClientOrderIdentifier) -> UInt64? { numbers[name] }

  private mutating func apply(_ input: MatchingInput, timeNs: Int64) {
    events.removeAll(keepingCapacity: true)
    engine.apply(input, timeNs: timeNs, outbox: &events)
  }

  private mutating func place(_ terms: ApprovedOrderRecord, timeNs: Int64, reports: inout [ExecutionReport]) {
    // The venue has an order of that name: what became of this request has to be asked.
    guard numbers[terms.clientOrder] == nil else {
      return refuse(.unknown, terms, (.duplicateOrder, -2010), timeNs, &reports)
    }
    let local = local(terms.instrument)
    let isContract = engine.position(local) != nil
    apply(.place(PlaceOrder(terms, of: local, reduceOnly: terms.reduceOnly && isContract)), timeNs: timeNs)
    if case .refused(_, let refusal)? = events.first {
      return refuse(.rejected, terms, refusal.answer, timeNs, &reports)
    }
    if case .accepted(let order)? = events.first {
      names.append(terms.clientOrder)
      numbers[terms.clientOrder] = order.id
    }
    tell(cause: terms.cause, timeNs: timeNs, reports: &reports)
  }

  private mutating func amend(_ terms: ApprovedOrderRecord, timeNs: Int64, reports: inout [ExecutionReport]) {
    guard let id = numbers[terms.clientOrder] else {
      return refuse(.amendRejected, terms, OrderRefusal.notOpen.answer, timeNs, &reports)
    }
    apply(.amend(orderId: id, quantity: terms.quantity), timeNs: timeNs)
    if case .amendRefused(_, let refusal)? = events.first {
      return refuse(.amendRejected, terms, refusal.answer, timeNs, &reports)
    }
    tell(cause: terms.cause, timeNs: timeNs, reports: &reports)
  }

  private func refuse(
    _ kind: ReportKind, _ terms: ApprovedOrderRecord, _ answer: (reason: ReportReason, code: Int32), _ timeNs: Int64,
    _ reports: inout [ExecutionReport]
  ) {
    var report = report(kind, terms.instrument, terms.clientOrder, cause: terms.cause, timeNs: timeNs)
    report.side = terms.side
    report.reason = answer.reason
    report.venueCode = answer.code
    reports.append(report)
  }

  private mutating func cancel(_ request: GatewayRequest, timeNs: Int64, reports: inout [ExecutionReport]) {
    guard let id = numbers[request.clientOrder] else { return refuseCancel(request, timeNs, &reports) }
    apply(.cancel(orderId: id), timeNs: timeNs)
    if case .cancelRefused? = events.first { return refuseCancel(request, timeNs, &reports) }
    tell(cause: request.cause, timeNs: timeNs, reports: &reports)
  }

  private mutating func cancelAll(_ request: GatewayRequest, timeNs: Int64, reports: inout [ExecutionReport]) {
    apply(.cancelAll(local(request.instrument)), timeNs: timeNs)
    if events.isEmpty { return refuseCancel(request, timeNs, &reports) }
    tell(cause: request.cause, timeNs: timeNs, reports: &reports)
  }

  /// "Unknown order sent."
  private func refuseCancel(_ request: GatewayRequest, _ timeNs: Int64, _ reports: inout [ExecutionReport]) {
    var report = report(
      .cancelRejected, request.instrument, request.clientOrder, cause: request.cause, timeNs: timeNs)
    report.reason = .unknownOrder
    report.venueCode = -2011
    reports.append(report)
  }

  private mutating func tell(cause: UInt64, timeNs: Int64, reports: inout [ExecutionReport]) {
    for event in events {
      // The venue's own order has no name of ours.
      if case .liquidating = event { names.append(.none) }
      append(event, cause: cause, timeNs: timeNs, to: &reports)
    }
  }
}

extension PlaceOrder {
  /// The engine's form of what the gate approved, with the engine's index of the instrument.
  ///
  /// - Parameter reduceOnly: spot has no such orders: there the gate alone sees to it.
  init(_ terms: ApprovedOrderRecord, of instrument: InstrumentIndex, reduceOnly: Bool) {
    self.init(
      instrument: instrument, side: terms.side, type: terms.type, timeInForce: terms.timeInForce,
      price: terms.price, quantity: terms.quantity, reduceOnly: reduceOnly)
  }
}

extension OrderRefusal {
  /// What the gateway would read in the venue's error reply, and its code.
  var answer: (reason: ReportReason, code: Int32) {
    switch self {
    case .unknownInstrument: (.invalidRequest, -1121)
    case .priceFilter, .lotSize, .notional, .tooManyOpenOrders: (.filterFailure, -1013)
    case .marketClosed: (.marketClosed, -2010)
    case .insufficientBalance: (.insufficientBalance, -2010)
    case .wouldTake: (.wouldTakeLiquidity, -2010)
    case .amendIncreases, .amendChangesNothing: (.other, -2038)
    case .notOpen: (.unknownOrder, -2038)
    // "ReduceOnly Order is rejected." (USDⓈ-M Futures, error codes; the others are those of spot.)
    case .reduceOnly: (.other, -2022)
    }
  }
}
