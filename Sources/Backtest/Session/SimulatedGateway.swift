// The gateway of a backtest: the live gateway's lanes and last checks, with a wire of a given delay behind them.

public import Market
public import Pipeline
public import Risk

/// Takes what execution sends, lane by lane as the live gateway does, and puts it on the wire to the venue.
///
/// Not simulated: encoding and signing (their time is part of the decision latency), the venue's rate limits.
public struct SimulatedGateway: ~Copyable {
  private var emergency: RingConsumer<GatewayRequest>
  private var requests: RingConsumer<GatewayRequest>
  private var amends: ApprovedOrderReceiver
  private var orders: ApprovedOrderReceiver
  private var reports: RingProducer<ExecutionReport>

  public init(
    emergency: consuming RingConsumer<GatewayRequest>, requests: consuming RingConsumer<GatewayRequest>,
    amends: consuming ApprovedOrderReceiver, orders: consuming ApprovedOrderReceiver,
    reports: consuming RingProducer<ExecutionReport>
  ) {
    self.emergency = emergency
    self.requests = requests
    self.amends = amends
    self.orders = orders
    self.reports = reports
  }

  /// Hands a report to execution.
  ///
  /// - Returns: false when its ring is full: the report stays on the wire until execution has gone on.
  mutating func deliver(_ report: ExecutionReport) -> Bool { reports.tryPush(report) }

  /// The oldest request in the order of the lanes: emergency cancels, then cancels and questions.
  mutating func takeRequest() -> GatewayRequest? { emergency.tryPop() ?? requests.tryPop() }

  /// The oldest amendment, then the oldest new order; none while execution could not be told of a refusal.
  mutating func takeOrder() -> ApprovedOrderRecord? {
    guard reports.free > 0 else { return nil }
    if let amendment = amends.receive() { return amendment.record }
    if let order = orders.receive() { return order.record }
    return nil
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
    } else {
      return nil
    }
    guard let refusal = VenueRequest.order(order).report(.notSent, reason, venue: order.venue, timeNs: nowNs) else {
      preconditionFailure("an order that does not leave is always told of")
    }
    _ = reports.tryPush(refusal)  // there is room: `takeOrder` asked for it
    return refusal
  }
}
