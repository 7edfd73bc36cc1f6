// The journal's record of a gate decision.

public import Market

/// A decision of the gate on one candidate (`RecordType.riskDecision`), approvals included. 72 bytes without padding.
public struct RiskDecisionRecord: BitwiseCopyable, Equatable, Sendable {
  /// `RefusalReason`; 0 for an approval.
  public let reason: UInt16
  public let instrument: InstrumentIndex
  public let strategy: UInt8
  public let side: Side
  public let type: OrderType
  public let venue: VenueIndex
  public let intent: IntentIdentifier
  /// The identifier the order got, or would have got.
  public let clientOrder: ClientOrderIdentifier
  public let price: Price
  public let quantity: Quantity
  /// The figure that decided, in the unit of the check.
  public let observed: Int64
  public let bound: Int64
  /// The net position before it and the lots that were working on its side.
  public let positionLots: Int64
  public let workingLots: Int64

  @_noLocks
  public init(
    _ decision: RiskDecision, _ candidate: OrderCandidate, strategy: UInt8, intent: IntentIdentifier,
    exposure: Exposure
  ) {
    reason = decision.reason.rawValue
    instrument = candidate.instrument
    self.strategy = strategy
    side = candidate.side
    type = candidate.type
    venue = candidate.venue
    self.intent = intent
    clientOrder = candidate.clientOrder
    price = candidate.price
    quantity = candidate.quantity
    observed = decision.observed
    bound = decision.bound
    positionLots = exposure.positionLots
    workingLots = candidate.side == .buy ? exposure.workingBuyLots : exposure.workingSellLots
  }
}
