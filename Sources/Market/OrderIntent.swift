// What a strategy asks for, on its way to execution.

/// What a strategy asks of execution.
public enum IntentKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case place = 1
  /// Cancel the order of `intent`.
  case cancel = 2
  /// Cancel all orders of this strategy in `instrument`.
  case cancelAll = 3
  /// Not a wish: the fused book's touch changed. Sent at most once per step and instrument, before any intents, by
  /// the stage and never by a strategy's own code; the risk gate's collar and staleness rest on it.
  case touch = 4
  /// Cut the order of `intent` to the whole quantity `quantity`; it keeps its place in the queue. A refusal leaves the
  /// order as it is and is not told.
  case amend = 5
}

/// One message from a strategy shard to execution. 96 bytes without padding, so that its bytes are determined.
///
/// For `touch`, `price`/`quantity` are the best bid, `askPrice`/`askQuantity` the best ask, both zero quantities when
/// the book is void (no market data that could be traded on).
public struct OrderIntent: BitwiseCopyable, Sendable {
  public var kind: IntentKind
  public var side: Side
  public var type: OrderType
  public var timeInForce: TimeInForce
  public var instrument: InstrumentIndex
  public var definitionVersion: UInt16
  public var strategy: UInt8
  public var venue: VenueIndex
  public var reduceOnly: Bool
  public var reserved: UInt8
  public var reserved2: UInt32
  public var intent: IntentIdentifier
  public var price: Price
  public var quantity: Quantity
  public var askPrice: Price
  public var askQuantity: Quantity
  /// When the decision was taken, in the session's clock.
  public var decisionTimeNs: Int64
  /// The receive time of the youngest market data the decision rests on, in the session's clock.
  public var marketTimeNs: Int64
  /// The order is dropped instead of sent after this, in the session's clock.
  public var expiryTimeNs: Int64
  /// The journal record of the market frame that caused it.
  public var cause: UInt64
  /// Receive stamp of that frame in time-stamp-counter cycles; 0 for a timer's decision.
  public var originTsc: UInt64

  @inline(always)
  public init(
    kind: IntentKind, side: Side = .buy, type: OrderType = .limit, timeInForce: TimeInForce = .goodTilCanceled,
    instrument: InstrumentIndex, definitionVersion: UInt16, strategy: UInt8, venue: VenueIndex = VenueIndex(0),
    reduceOnly: Bool = false, intent: IntentIdentifier = IntentIdentifier(0), price: Price = Price(ticks: 0),
    quantity: Quantity = .zero, askPrice: Price = Price(ticks: 0), askQuantity: Quantity = .zero,
    decisionTimeNs: Int64, marketTimeNs: Int64, expiryTimeNs: Int64 = .max, cause: UInt64, originTsc: UInt64
  ) {
    self.kind = kind
    self.side = side
    self.type = type
    self.timeInForce = timeInForce
    self.instrument = instrument
    self.definitionVersion = definitionVersion
    self.strategy = strategy
    self.venue = venue
    self.reduceOnly = reduceOnly
    self.intent = intent
    self.price = price
    self.quantity = quantity
    self.askPrice = askPrice
    self.askQuantity = askQuantity
    self.decisionTimeNs = decisionTimeNs
    self.marketTimeNs = marketTimeNs
    self.expiryTimeNs = expiryTimeNs
    self.cause = cause
    self.originTsc = originTsc
    reserved = 0
    reserved2 = 0
  }
}
