// The orders of a replay, the same record at the strategy, on the wire and at the exchange.

public import Market

/// How long an order stands.
public enum ReplayTimeInForce: UInt8, BitwiseCopyable, Sendable {
  case goodTillCancel
  case postOnly
  case fillOrKill
  case immediateOrCancel
}

public enum ReplayOrderStatus: UInt8, BitwiseCopyable, Sendable {
  /// Not yet acknowledged.
  case sent
  case open
  case partlyFilled
  case filled
  case canceled
  /// Refused by the exchange or lost on the way.
  case expired
}

/// What has been asked about an order and not answered yet.
public enum ReplayRequest: UInt8, BitwiseCopyable, Sendable {
  case none
  case new
  case cancel
  /// As an answer: what was asked could not be done.
  case rejected
}

public struct ReplayOrder: BitwiseCopyable, Sendable {
  public var id: UInt64
  public var price: Price
  public var quantity: Quantity
  /// What is left of it.
  public var leaves: Quantity
  /// Of the last fill.
  public var filled: Quantity
  public var filledPrice: Price
  /// When the exchange dealt with it last; 0 before.
  public var exchangeTimeNs: Int64 = 0
  /// When the request that is under way was sent.
  public var localTimeNs: Int64
  public var side: Side
  public var timeInForce: ReplayTimeInForce
  public var status = ReplayOrderStatus.sent
  public var request = ReplayRequest.new
  /// Whether the last fill was as maker.
  public var isMaker = false

  init(
    id: UInt64, side: Side, price: Price, quantity: Quantity, timeInForce: ReplayTimeInForce, localTimeNs: Int64
  ) {
    self.id = id
    self.side = side
    self.price = price
    self.quantity = quantity
    self.timeInForce = timeInForce
    self.localTimeNs = localTimeNs
    leaves = quantity
    filled = .zero
    filledPrice = price
  }

  /// Open at the exchange, as far as is known here, and nothing is under way.
  @inline(__always)
  public var isCancelable: Bool { (status == .open || status == .partlyFilled) && request == .none }

  @inline(__always)
  public var isOver: Bool { status == .filled || status == .canceled || status == .expired }

  /// Counts a fill of this order.
  @inline(__always)
  mutating func fill(_ lots: Quantity, at price: Price, timeNs: Int64, isMaker: Bool) {
    filled = lots
    filledPrice = price
    leaves.lots -= lots.lots
    self.isMaker = isMaker
    status = leaves.lots == 0 ? .filled : .partlyFilled
    exchangeTimeNs = timeNs
  }

  /// The fill that this order's last report tells of.
  var fill: ReplayFill {
    ReplayFill(
      order: id, exchangeTimeNs: exchangeTimeNs, price: filledPrice, quantity: filled, side: side, isMaker: isMaker)
  }
}

/// A fill as the exchange made it.
public struct ReplayFill: BitwiseCopyable, Hashable, Sendable {
  public var order: UInt64
  public var exchangeTimeNs: Int64
  public var price: Price
  public var quantity: Quantity
  public var side: Side
  public var isMaker: Bool

  public init(order: UInt64, exchangeTimeNs: Int64, price: Price, quantity: Quantity, side: Side, isMaker: Bool) {
    self.order = order
    self.exchangeTimeNs = exchangeTimeNs
    self.price = price
    self.quantity = quantity
    self.side = side
    self.isMaker = isMaker
  }
}
