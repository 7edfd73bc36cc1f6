// What a simulated venue tells the recorder: fills and the events of an order's life.

public import Market

/// One fill, as it happened at the venue.
public struct BacktestFill: BitwiseCopyable, Hashable, Sendable {
  /// The venue's time, in nanoseconds since 1970.
  public var timeNs: Int64
  public var instrument: InstrumentIndex
  public var order: ClientOrderIdentifier
  public var side: Side
  public var isMaker: Bool
  /// The tier of the fee schedule in force, 0 the first.
  public var feeTier: UInt8
  public var price: Price
  public var quantity: Quantity
  /// The traded value as the venue counts it, in units of the settlement asset (inverse: of the base asset).
  public var notional: Amount
  /// Paid to the venue; negative for a rebate. In units of `feeAsset`.
  public var fee: Amount
  public var feeAsset: ShortName

  public init(
    timeNs: Int64, instrument: InstrumentIndex, order: ClientOrderIdentifier, side: Side, isMaker: Bool,
    feeTier: UInt8 = 0, price: Price, quantity: Quantity, notional: Amount, fee: Amount, feeAsset: ShortName
  ) {
    self.timeNs = timeNs
    self.instrument = instrument
    self.order = order
    self.side = side
    self.isMaker = isMaker
    self.feeTier = feeTier
    self.price = price
    self.quantity = quantity
    self.notional = notional
    self.fee = fee
    self.feeAsset = feeAsset
  }
}

/// A step in an order's life.
public enum OrderEventKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// The strategy decided and the order left the bot: its decision time.
  case placed = 0
  /// The order reached the matching of the venue.
  case arrived = 1
  /// The bot knows that the venue has it.
  case acknowledged = 2
  /// The bot asked for its end.
  case cancelRequested = 3
  /// Ended at the venue by request.
  case canceled = 4
  /// Refused: by the risk gate, by the venue, or in flight.
  case rejected = 5
  /// Ended at the venue otherwise: immediate-or-cancel, good-til-date, self-trade prevention, liquidation.
  case expired = 6
  /// Filled to the last lot. Told after its last `BacktestFill`.
  case filled = 7

  /// Nothing comes after it.
  public var isEnd: Bool { rawValue >= OrderEventKind.canceled.rawValue }
}

/// One step in the life of one order, told when it happens.
public struct OrderEvent: BitwiseCopyable, Hashable, Sendable {
  public var kind: OrderEventKind
  public var timeNs: Int64
  public var instrument: InstrumentIndex
  public var order: ClientOrderIdentifier
  public var side: Side
  /// The limit; 0 ticks for a market order.
  public var price: Price
  public var quantity: Quantity

  public init(
    _ kind: OrderEventKind, timeNs: Int64, instrument: InstrumentIndex, order: ClientOrderIdentifier, side: Side,
    price: Price, quantity: Quantity
  ) {
    self.kind = kind
    self.timeNs = timeNs
    self.instrument = instrument
    self.order = order
    self.side = side
    self.price = price
    self.quantity = quantity
  }
}
