// The gateway of a backtest: the live gateway's lanes, last checks and rate budget, with a wire of a given delay behind them.

import Market
import Pipeline
public import Risk
import Venues

/// Takes what execution sends, lane by lane as the live gateway does, and puts it on the wire to the venue.
///
/// Where the venue has rate limits, the live gateway's own budget keeps to them; in the bot's time, which is what it takes
/// the venue's for. Not simulated: encoding and signing (their time is part of the decision latency).
public struct SimulatedGateway: ~Copyable {
  private var emergency: RingConsumer<GatewayRequest>
  private var requests: RingConsumer<GatewayRequest>
  private var amends: ApprovedOrderReceiver
  private var orders: ApprovedOrderReceiver
  private var reports: RingProducer<ExecutionReport>
  /// Nil for a venue without limits.
  private var budget: BinanceRateBudget?

  /// - Parameter isLimited: whether its venue has rate limits.
  public init(
    emergency: consuming RingConsumer<GatewayRequest>, requests: consuming RingConsumer<GatewayRequest>,
    amends: consuming ApprovedOrderReceiver, orders: consuming ApprovedOrderReceiver,
    reports: consuming RingProducer<ExecutionReport>, isLimited: Bool
  ) {
    self.emergency = emergency
    self.requests = requests
    self.amends = amends
    self.orders = orders
    self.reports = reports
    budget = isLimited ? BinanceRateBudget(BinanceRateBudget.Limits()) : nil
  }

  /// Hands a report to execution.
  ///
  /// - Returns: false when its ring is full: the report stays on the wire until execution has gone on.
  mutating func deliver(_ report: ExecutionReport) -> Bool { reports.tryPush(report) }

  /// The oldest request in the order of the lanes: emergency cancels, then cancels and questions.
  mutating func takeRequest() -> (request: GatewayRequest, isEmergency: Bool)? {
    if let request = emergency.tryPop() { return (request, true) }
    return requests.tryPop().map { ($0, false) }
  }

  /// The oldest amendment, then the oldest new order; none while execution could not be told of a refusal.
  mutating func takeOrder() -> ApprovedOrderRecord? {
    guard reports.free > 0 else { return nil }
    if let amendment = amends.receive() { return amendment.record }
    if let order = orders.receive() { return order.record }
    return nil
  }

  /// Why a request may not leave; nil for one that does.
  ///
  /// - Parameters:
  ///   - isUp: whether there is an order session.
  ///   - departureNs: when it would leave this machine.
  mutating func refusal(
    of request: GatewayRequest, isEmergency: Bool, isUp: Bool, departureNs: Int64
  ) -> ReportReason? {
    guard isUp else { return .noSession }
    let isCancel = request.kind == .cancel || request.kind == .cancelAll
    return budgetRefusal(isEmergency ? .emergency : isCancel ? .cancel : .query, .request(request), departureNs)
  }

  /// The gateway's last look at an order: one that may not leave any more is reported to execution instead.
  ///
  /// - Parameters:
  ///   - isUp: whether there is an order session.
  ///   - departureNs: when it would leave this machine.
  ///   - haltEpoch: the halt word at that time.
  /// - Returns: what execution was told; nil for an order that leaves.
  mutating func refuse(
    _ order: ApprovedOrderRecord, isUp: Bool, nowNs: Int64, departureNs: Int64, haltEpoch: UInt32
  ) -> ExecutionReport? {
    let reason: ReportReason
    if order.haltEpoch != haltEpoch {
      reason = .halted
    } else if departureNs > order.expiryTimeNs {
      reason = .tooLate
    } else if !isUp {
      reason = .noSession
    } else if let refusal = budgetRefusal(.order, .order(order), departureNs) {
      reason = refusal
    } else {
      return nil
    }
    guard let refusal = VenueRequest.order(order).report(.notSent, reason, venue: order.venue, timeNs: nowNs) else {
      preconditionFailure("an order that does not leave is always told of")
    }
    _ = reports.tryPush(refusal)  // there is room: `takeOrder` asked for it
    return refusal
  }

  // MARK: Rate limits

  private mutating func budgetRefusal(
    _ priority: BinanceRateBudget.Priority, _ request: VenueRequest, _ departureNs: Int64
  ) -> ReportReason? {
    let refusal = budget?.refusal(
      priority, weight: request.kind.weight, isNewOrder: request.kind == .place, venueMs: departureNs / 1_000_000)
    return refusal == ReportReason.none ? nil : refusal
  }

  /// A request has left.
  mutating func sent(_ request: VenueRequest, departureNs: Int64) {
    budget?.count(
      weight: request.kind.weight, isNewOrder: request.kind == .place, venueMs: departureNs / 1_000_000)
  }

  /// A request that was sent has its answer, or is not waited for any more.
  ///
  /// - Parameter answer: what stood beside the answer; nil without one.
  mutating func settle(_ sent: LinkState.Sent, _ answer: RateAnswer?, nowNs: Int64) {
    budget?.settle(weight: sent.request.kind.weight, venueMs: nowNs / 1_000_000)
    guard let answer else { return }
    for figure in answer.figures {
      budget?.observe(figure, sentMs: sent.sentNs / 1_000_000, venueMs: nowNs / 1_000_000)
    }
    _ = budget?.obey(
      status: answer.status, errorCode: answer.errorCode, retryAfterMs: answer.retryAfterMs, venueMs: nowNs / 1_000_000)
  }

  /// The order session comes up: connecting has its weight, and the venue's definitions are read.
  mutating func connected(_ definitions: [BinanceRateLimit], nowNs: Int64) {
    let venueMs = nowNs / 1_000_000
    budget?.count(weight: Self.connectingWeight, isNewOrder: false, venueMs: venueMs)
    budget?.settle(weight: Self.connectingWeight, venueMs: venueMs)
    for figure in definitions { budget?.observe(figure, sentMs: venueMs, venueMs: venueMs) }
  }

  /// The connection itself weighs 2 (web-socket-api.md, "IP limits"), then what a session asks until it is up.
  static var connectingWeight: Int64 {
    [BinanceRequestKind.time, .exchangeInfo, .logOn, .subscribe, .account].reduce(2) { $0 + $1.weight }
  }
}

extension VenueRequest {
  /// What the live gateway would send.
  var kind: BinanceRequestKind {
    switch self {
    case .order(let terms): terms.action == .amend ? .amend : .place
    case .request(let request): BinanceRequestKind(request.kind)
    }
  }
}
