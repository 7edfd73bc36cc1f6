// What execution tells a strategy of its orders.

/// What happened to an order of a strategy.
public enum OrderUpdateKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case working = 1
  case partiallyFilled = 2
  case filled = 3
  case canceled = 4
  /// Refused by the risk gate; `reasonCode` is the gate's.
  case refused = 5
  /// Refused by the venue or dropped by the gateway; `reasonCode` is a `ReportReason`.
  case rejected = 6
  /// The outcome is being asked of the venue.
  case unknown = 7
  /// Not of an order: the position changed (also sent once at the start).
  case position = 8
}

/// One message from execution to a strategy shard: an order's news with the position after it. 88 bytes without padding.
public struct OrderUpdate: BitwiseCopyable, Sendable {
  public var kind: OrderUpdateKind
  public var side: Side
  public var isMaker: Bool
  public var strategy: UInt8
  public var instrument: InstrumentIndex
  public var reasonCode: UInt16
  public var intent: IntentIdentifier
  public var clientOrder: ClientOrderIdentifier
  /// Of this fill; zero otherwise.
  public var price: Price
  public var quantity: Quantity
  public var remainingQuantity: Quantity
  /// The net position of the strategy's instrument after this, in signed lots.
  public var positionLots: Int64
  /// Realised profit and fees so far, in units of the quote asset (contracts: of the settlement asset, with funding
  /// among the fees).
  public var realisedProfit: Amount
  public var fees: Amount
  public var timeNs: Int64
  /// The journal record that caused it.
  public var cause: UInt64

  @inline(always)
  public init(
    kind: OrderUpdateKind, strategy: UInt8, instrument: InstrumentIndex, intent: IntentIdentifier,
    clientOrder: ClientOrderIdentifier, timeNs: Int64, cause: UInt64
  ) {
    self.kind = kind
    self.strategy = strategy
    self.instrument = instrument
    self.intent = intent
    self.clientOrder = clientOrder
    self.timeNs = timeNs
    self.cause = cause
    side = .buy
    isMaker = false
    reasonCode = 0
    price = Price(ticks: 0)
    quantity = .zero
    remainingQuantity = .zero
    positionLots = 0
    realisedProfit = .zero
    fees = .zero
  }
}
