// The approved order: the only form of an order that can be encoded for a venue. Made by the risk gate, consumed once.

public import Market

/// The terms of an approved order as they stand in ring slots and in the journal (`RecordType.order`).
///
/// Terms are not an order: they can be read and copied, but no encoder takes them. 64 bytes, one cache line, without padding.
public struct ApprovedOrderRecord: BitwiseCopyable, Hashable, Sendable {
  public let venue: VenueIndex
  public let account: UInt8
  public let instrument: InstrumentIndex
  public let definitionVersion: UInt16
  public let side: Side
  public let type: OrderType
  public let timeInForce: TimeInForce
  public let reduceOnly: Bool
  /// An amendment names an open order by `clientOrder`; `quantity` is that order's new whole quantity.
  public let action: OrderAction
  let reserved: UInt8
  /// The halt word when the gate approved it: the gateway drops the order when the word has moved on.
  public let haltEpoch: UInt32
  public let clientOrder: ClientOrderIdentifier
  public let price: Price
  public let quantity: Quantity
  /// The gateway drops it instead of sending it after this, in the session's clock.
  public let expiryTimeNs: Int64
  /// The journal record of the gate's decision.
  public let cause: UInt64
  /// Receive stamp of the frame that led to it, in time-stamp-counter cycles; 0 for a timer's decision.
  public let originTsc: UInt64

  init(
    action: OrderAction = .place, venue: VenueIndex, account: UInt8, instrument: InstrumentIndex,
    definitionVersion: UInt16, side: Side,
    type: OrderType, timeInForce: TimeInForce, reduceOnly: Bool, haltEpoch: UInt32,
    clientOrder: ClientOrderIdentifier, price: Price, quantity: Quantity, expiryTimeNs: Int64, cause: UInt64,
    originTsc: UInt64
  ) {
    self.venue = venue
    self.account = account
    self.instrument = instrument
    self.definitionVersion = definitionVersion
    self.side = side
    self.type = type
    self.timeInForce = timeInForce
    self.reduceOnly = reduceOnly
    self.haltEpoch = haltEpoch
    self.action = action
    reserved = 0
    self.clientOrder = clientOrder
    self.price = price
    self.quantity = quantity
    self.expiryTimeNs = expiryTimeNs
    self.cause = cause
    self.originTsc = originTsc
  }
}

/// An order that passed the risk gate.
///
/// Its initialiser is internal to this module and only `RiskGate` calls it; it cannot be copied, and sending it
/// consumes it. So an order that did not pass the gate, or a second sending of one that did, does not compile.
public struct ApprovedOrder: ~Copyable, Sendable {
  /// Everything the gate approved, for the journal.
  public let record: ApprovedOrderRecord

  @inline(always)
  init(_ record: ApprovedOrderRecord) { self.record = record }

  @inline(always) public var action: OrderAction { record.action }
  @inline(always) public var venue: VenueIndex { record.venue }
  @inline(always) public var account: UInt8 { record.account }
  @inline(always) public var instrument: InstrumentIndex { record.instrument }
  @inline(always) public var definitionVersion: UInt16 { record.definitionVersion }
  @inline(always) public var clientOrder: ClientOrderIdentifier { record.clientOrder }
  @inline(always) public var side: Side { record.side }
  @inline(always) public var type: OrderType { record.type }
  @inline(always) public var timeInForce: TimeInForce { record.timeInForce }
  @inline(always) public var price: Price { record.price }
  @inline(always) public var quantity: Quantity { record.quantity }
  @inline(always) public var reduceOnly: Bool { record.reduceOnly }
  /// After this the order is dropped instead of sent, in the session's clock.
  @inline(always) public var expiryTimeNs: Int64 { record.expiryTimeNs }
  /// The halt word at the time of approval.
  @inline(always) public var haltEpoch: UInt32 { record.haltEpoch }
  /// The journal record of the gate's decision.
  @inline(always) public var cause: UInt64 { record.cause }
  /// Receive stamp in time-stamp-counter cycles of the frame that led to it; 0 for a timer's decision.
  @inline(always) public var originTsc: UInt64 { record.originTsc }
}
