// The journal records that only execution writes.

public import Market

/// A transition of an order's life cycle (`RecordType.orderState`). 64 bytes without padding.
public struct OrderStateRecord: BitwiseCopyable, Equatable, Sendable {
  public let clientOrder: ClientOrderIdentifier
  public let intent: IntentIdentifier
  public let cumulative: Quantity
  public let remaining: Quantity
  /// Of the instrument after it, in signed lots.
  public let positionLots: Int64
  public let instrument: InstrumentIndex
  public let from: OrderState
  public let to: OrderState
  public let event: OrderEvent
  public let verdict: OrderVerdict
  /// `ReportReason` of the report; 0 for a timer.
  public let reason: UInt16
  /// The venue's own error code; 0 without one.
  public let venueCode: Int32
  let reserved: UInt32
  /// The venue's number of the order; 0 as long as it has not told it.
  public let venueOrder: UInt64

  init(
    _ order: Order, from: OrderState, event: OrderEvent, verdict: OrderVerdict, positionLots: Int64, reason: UInt16,
    venueCode: Int32
  ) {
    clientOrder = order.clientOrder
    intent = order.intent
    cumulative = order.cumulative
    remaining = Quantity(lots: order.remainingLots)
    self.positionLots = positionLots
    instrument = order.instrument
    self.from = from
    to = order.state
    self.event = event
    self.verdict = verdict
    self.reason = reason
    self.venueCode = venueCode
    reserved = 0
    venueOrder = order.venueOrder
  }
}

/// A balance after the venue spoke or a difference settled (`RecordType.balance`). 64 bytes without padding.
public struct BalanceRecord: BitwiseCopyable, Equatable, Sendable {
  public let asset: ShortName
  /// The venue's first word plus every fill and fee since.
  public let computed: Amount
  public let venueFree: Amount
  public let venueLocked: Amount
  public let reserved: Amount
  public let venue: VenueIndex
  /// The two figures differed and had settled: the venue's was taken over.
  public let isMismatch: Bool
  let reserved16: UInt16
  let reserved32: UInt32
  /// All fees paid in this asset.
  public let fees: Amount

  init(_ balance: AssetBalance, isMismatch: Bool) {
    asset = balance.asset
    computed = Amount(units: balance.computed)
    venueFree = Amount(units: balance.venueFree)
    venueLocked = Amount(units: balance.venueLocked)
    reserved = Amount(units: balance.reserved)
    venue = balance.venue
    self.isMismatch = isMismatch
    reserved16 = 0
    reserved32 = 0
    fees = Amount(units: balance.fees)
  }
}
