// What the gate is asked, and what it is told of the market and the account: plain values, made by execution.

public import Market

/// One child order on its way to a venue, before the gate.
public struct OrderCandidate: BitwiseCopyable, Sendable {
  public var venue: VenueIndex
  public var account: UInt8
  public var instrument: InstrumentIndex
  public var definitionVersion: UInt16
  public var side: Side
  public var type: OrderType
  public var timeInForce: TimeInForce
  public var reduceOnly: Bool
  /// Whose order it is; `SessionOrders.strategy` for execution's own.
  public var strategy: UInt8
  public var clientOrder: ClientOrderIdentifier
  public var price: Price
  public var quantity: Quantity
  /// When the strategy decided, in the session's clock.
  public var decisionTimeNs: Int64
  public var expiryTimeNs: Int64
  /// The journal record that the decision's record will have.
  public var cause: UInt64
  public var originTsc: UInt64

  @inline(always)
  public init(
    venue: VenueIndex, account: UInt8 = 0, instrument: InstrumentIndex, definitionVersion: UInt16, side: Side,
    type: OrderType, timeInForce: TimeInForce, reduceOnly: Bool = false, strategy: UInt8 = 0,
    clientOrder: ClientOrderIdentifier, price: Price, quantity: Quantity, decisionTimeNs: Int64,
    expiryTimeNs: Int64 = .max, cause: UInt64,
    originTsc: UInt64 = 0
  ) {
    self.venue = venue
    self.account = account
    self.instrument = instrument
    self.definitionVersion = definitionVersion
    self.side = side
    self.type = type
    self.timeInForce = timeInForce
    self.reduceOnly = reduceOnly
    self.strategy = strategy
    self.clientOrder = clientOrder
    self.price = price
    self.quantity = quantity
    self.decisionTimeNs = decisionTimeNs
    self.expiryTimeNs = expiryTimeNs
    self.cause = cause
    self.originTsc = originTsc
  }
}

/// The fused touch as execution last heard of it.
public struct TouchReference: BitwiseCopyable, Equatable, Sendable {
  public var bid: Price
  public var bidQuantity: Quantity
  public var ask: Price
  public var askQuantity: Quantity
  /// The receive time of the youngest market data in it, in the session's clock.
  public var receiveTimeNs: Int64
  /// The definition that the prices are expressed in.
  public var definitionVersion: UInt16

  @inline(always)
  public init(
    bid: Price, bidQuantity: Quantity, ask: Price, askQuantity: Quantity, receiveTimeNs: Int64,
    definitionVersion: UInt16
  ) {
    self.bid = bid
    self.bidQuantity = bidQuantity
    self.ask = ask
    self.askQuantity = askQuantity
    self.receiveTimeNs = receiveTimeNs
    self.definitionVersion = definitionVersion
  }

  /// What a contract is valued at: the mid, rounded down to a tick; 0 when there is none.
  @inline(always) public var markTicks: Int64 {
    let sum = bid.ticks.addingReportingOverflow(ask.ticks)
    return sum.overflow || bidQuantity.lots <= 0 || askQuantity.lots <= 0 ? 0 : sum.partialValue / 2
  }

  /// No market data that could be traded on.
  @inline(always) public static var void: TouchReference {
    TouchReference(
      bid: Price(ticks: 0), bidQuantity: Quantity(lots: 0), ask: Price(ticks: 0), askQuantity: Quantity(lots: 0),
      receiveTimeNs: 0,
      definitionVersion: 0)
  }
}

/// What is there already: position, working orders and free balances of the candidate's instrument and account.
public struct Exposure: BitwiseCopyable, Equatable, Sendable {
  /// Net, in signed lots.
  public var positionLots: Int64
  /// The unfilled rest of all orders that may still fill, cancelled ones not yet confirmed included.
  public var workingBuyLots: Int64
  public var workingSellLots: Int64
  public var openOrders: Int64
  /// The highest price of an own buy that may still fill; 0, below every price, without one.
  public var highestBuy: Price
  /// The lowest price of an own sell that may still fill; above every price without one.
  public var lowestSell: Price
  /// What is free for a sell and for a buy, net of reservations; of contracts both are the wallet's.
  public var freeBase: Amount
  public var freeQuote: Amount
  /// Whether the strategy has an open order of the same intent.
  public var hasIntent: Bool

  /// Nothing: no position, no orders, no money.
  @inline(always)
  public init() {
    positionLots = 0
    workingBuyLots = 0
    workingSellLots = 0
    openOrders = 0
    highestBuy = Price(ticks: 0)
    lowestSell = Price(ticks: .max)
    freeBase = Amount(units: 0)
    freeQuote = Amount(units: 0)
    hasIntent = false
  }
}

/// The state of the session at this step.
public struct GateConditions: BitwiseCopyable, Sendable {
  /// Time, halt word and flags as the step read them.
  public var input: StepInput
  /// The order session of the candidate's venue is logged on.
  public var isSessionUp: Bool
  /// What the bot knows of orders, fills and balances agrees with the venue's word.
  public var isReconciled: Bool

  @inline(always)
  public init(input: StepInput, isSessionUp: Bool, isReconciled: Bool = true) {
    self.input = input
    self.isSessionUp = isSessionUp
    self.isReconciled = isReconciled
  }
}
