// The matching engine's vocabulary: orders, fills, refusals and events.

import Market

/// What a client asks for. The engine knows no text: client identifiers, signatures and JSON stay with the protocol front.
public struct PlaceOrder: BitwiseCopyable, Equatable, Sendable {
  public var instrument: InstrumentIndex
  public var side: Side
  public var type: OrderType
  public var timeInForce: TimeInForce
  /// Ignored for market orders.
  public var price: Price
  public var quantity: Quantity
  /// Of contracts: it trades only as far as it makes the position smaller.
  public var reduceOnly: Bool

  public init(
    instrument: InstrumentIndex, side: Side, type: OrderType = .limit, timeInForce: TimeInForce = .goodTilCanceled,
    price: Price = Price(ticks: 0), quantity: Quantity, reduceOnly: Bool = false
  ) {
    self.instrument = instrument
    self.side = side
    self.type = type
    self.timeInForce = timeInForce
    self.price = price
    self.quantity = quantity
    self.reduceOnly = reduceOnly
  }
}

public enum OrderStatus: UInt8, BitwiseCopyable, Sendable {
  case new
  case partiallyFilled
  case filled
  case canceled
  case expired
  /// Stopped before it would have met an order of its own account.
  case expiredInMatch

  public var isOpen: Bool { self == .new || self == .partiallyFilled }
}

/// An order that the engine accepted.
public struct VenueOrder: BitwiseCopyable, Equatable, Sendable {
  public let id: UInt64
  public internal(set) var request: PlaceOrder
  public let createdNs: Int64
  public internal(set) var updatedNs: Int64
  public internal(set) var status = OrderStatus.new
  public internal(set) var executed = Quantity.zero
  /// What was paid or received so far, in units of the quote asset.
  public internal(set) var quoteExecuted = Amount.zero
  var place = QueuePlace()

  /// Displayed quantity that stands before it at its price: an estimate, rounded up to whole lots. Pro-rata: what was
  /// displayed when the order joined.
  public var queueAhead: Quantity { Quantity(lots: Int64(exactly: max(0, place.ahead).rounded(.up)) ?? .max) }
  public var remaining: Quantity { Quantity(lots: request.quantity.lots - executed.lots) }
}

/// What of the recorded market a fill was matched against: anybody can look it up in the recording.
public enum FillSource: BitwiseCopyable, Equatable, Sendable {
  /// A recorded trade at or through the order's price.
  case trade(id: UInt64)
  /// A displayed level, as set by that update.
  case level(price: Price, updateId: UInt64)
  /// Nothing: the venue's insurance fund took a position over at the mark.
  case insuranceFund
}

public struct VenueFill: BitwiseCopyable, Equatable, Sendable {
  public var tradeId: UInt64
  public var orderId: UInt64
  public var instrument: InstrumentIndex
  public var side: Side
  public var isMaker: Bool
  public var price: Price
  public var quantity: Quantity
  public var notional: Amount
  /// In units of `commissionAsset`; negative for a rebate.
  public var commission: Amount
  /// The tier of the fee schedule in force, 0 the first.
  public var feeTier: UInt8
  public var commissionAsset: ShortName
  public var timeNs: Int64
  public var source: FillSource
}

/// Why the engine refuses an order: Binance's filters (filters.md) and matching-engine messages (errors.md, -2010).
public enum OrderRefusal: UInt8, Error, BitwiseCopyable, Sendable {
  case unknownInstrument
  case priceFilter
  case lotSize
  case notional
  case tooManyOpenOrders
  /// No book yet, or none since a gap in the recording; trading is halted.
  case marketClosed
  case insufficientBalance
  case wouldTake
  /// Amendments only take away.
  case amendIncreases
  /// The quantity is the same, or no more than what is filled.
  case amendChangesNothing
  /// No such open order.
  case notOpen
  /// Reduce-only, and there is no position that it would make smaller.
  case reduceOnly
}

/// What self-trade prevention took off an order.
public struct Prevention: BitwiseCopyable, Equatable, Sendable {
  public var matchId: UInt64
  /// The order of the same account that it would have traded with.
  public var counterOrderId: UInt64
  public var price: Price
  public var quantity: Quantity
}

public enum ExpiryReason: UInt8, BitwiseCopyable, Sendable {
  /// IOC or market: the rest found no liquidity.
  case noLiquidity
  /// FOK: it could not be filled whole.
  case notFillable
  /// The account is being liquidated.
  case liquidation
  /// Reduce-only: no position is left for it to reduce.
  case reduceOnly
}

/// What the engine tells, in the order in which it happened.
public enum VenueEvent: Equatable, Sendable {
  case accepted(VenueOrder)
  case refused(PlaceOrder, OrderRefusal)
  case filled(VenueOrder, VenueFill)
  case canceled(VenueOrder)
  case cancelRefused(orderId: UInt64)
  case expired(VenueOrder, ExpiryReason)
  /// The order expired before it would have met another of the account (EXPIRE_TAKER).
  case prevented(VenueOrder, Prevention)
  case amended(VenueOrder)
  case amendRefused(orderId: UInt64, OrderRefusal)
  /// The venue placed an order in the account's name to end a position.
  case liquidating(VenueOrder)
  case transferred(VenueTransfer)
  /// The balances of these assets changed; last of the events of one input.
  case balances([AssetBalance])
}

public struct AssetBalance: BitwiseCopyable, Equatable, Sendable {
  public var asset: ShortName
  public var free: Amount
  public var locked: Amount

  public init(asset: ShortName, free: Amount, locked: Amount = .zero) {
    self.asset = asset
    self.free = free
    self.locked = locked
  }
}

/// One input of the engine.
public enum MatchingInput: Sendable {
  case market(InstrumentIndex, MarketMessage)
  /// The market is not known any more: until its next snapshot orders are refused, and nothing fills.
  case suspend(InstrumentIndex)
  case place(PlaceOrder)
  /// Everything is checked, nothing is done: `accepted` or `refused` is told.
  case test(PlaceOrder)
  case cancel(orderId: UInt64)
  case cancelAll(InstrumentIndex)
  /// Cuts the whole quantity of an open order; it keeps its place in the queue.
  case amend(orderId: UInt64, quantity: Quantity)
}
