// Venue-neutral orders: what a strategy asks for, and what comes back.

/// How an order may trade.
public enum OrderType: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case limit = 1
  /// Post-only: refused by the venue if it would trade at once.
  case limitMaker = 2
  case market = 3
}

/// How long an order lives.
public enum TimeInForce: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case goodTilCanceled = 1
  case immediateOrCancel = 2
  case fillOrKill = 3
}

/// What an approved order does at the venue.
public enum OrderAction: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case place = 1
  /// Cuts the whole quantity of the open order with the same client order identifier; it keeps its place in the queue.
  case amend = 2
}

/// The number a strategy gives its order; unique within the strategy, never reused in a session.
public struct IntentIdentifier: BitwiseCopyable, Hashable, Sendable {
  public var rawValue: UInt64
  @inline(always) public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// The number an order is known by between this bot and a venue: boot epoch (24 bits) over sequence (40 bits).
///
/// The epoch is durable before the first order of a session, so that no two sessions share an identifier. On the wire
/// it is written as `ap` and 16 lower-case hexadecimal digits.
public struct ClientOrderIdentifier: BitwiseCopyable, Hashable, Sendable {
  public var rawValue: UInt64
  @inline(always) public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  @inline(always) public init(bootEpoch: UInt32, sequence: UInt64) {
    precondition(bootEpoch < 1 << 24 && sequence < 1 << 40, "client order identifiers are used up: start a new epoch")
    rawValue = UInt64(bootEpoch) << 40 | sequence
  }
  @inline(always) public static var none: ClientOrderIdentifier { ClientOrderIdentifier(0) }
}

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

/// What a venue (or the gateway in its stead) says of an order or an account.
public enum ReportKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// The venue has the order. May come after a fill.
  case acknowledged = 1
  /// The venue refused it; it never rested. `reason` tells why.
  case rejected = 2
  /// A fill, whole or in part. Deduplicated by venue, account, instrument and trade id.
  case fill = 3
  /// Gone from the book before it was filled: by request, by the venue, or at once (IOC).
  case canceled = 4
  case expired = 5
  /// A cancel was refused; `reason` tells whether the order is unknown to the venue.
  case cancelRejected = 6
  /// Sent, and nothing is known since: the reply is late, the connection broke, or the venue said it does not know.
  case unknown = 7
  /// The gateway dropped it before sending; nothing left this machine. `reason` tells why.
  case notSent = 8
  /// An order as the venue holds it, asked for by itself or among the open ones: `orderState`, `price`, `quantity` (the
  /// order's own, not a fill's) and `cumulativeQuantity` are the venue's truth. An order that this bot did not place has
  /// no `clientOrder`, only its `venueOrder`.
  case status = 9
  /// The free and locked amount of one asset as the venue sees it.
  case balance = 10
  /// The order session is logged on and the user stream is subscribed.
  case sessionUp = 11
  /// The order session is lost: every order sent and unanswered is now unknown.
  case sessionDown = 12
  /// The answer to `queryOpenOrders` is complete: `trade` orders of `instrument` were told by `.status` before this.
  case openOrdersListed = 13
  /// The answer to `queryTrades` is complete: `trade` fills of `instrument` were told by `.fill` before this, oldest
  /// first. A full page (`GatewayRequest.tradesPerPage`) may have a successor: ask from the last trade + 1.
  case tradesListed = 14
  /// A list was not obtained, or not all of it could be told; `reason` tells why. Ask again.
  case listFailed = 15
  /// The venue took an amendment: `quantity` is the order's whole quantity from now on.
  case amended = 16
  /// The venue refused an amendment: the order is as it was; `reason` tells why.
  case amendRejected = 17
  /// Self-trade prevention took `quantity` off the order, instead of a trade with `counterOrder`. An order that this
  /// ends is reported `expired` as well.
  case prevented = 18
}

/// An order's state as a venue tells it in a status reply.
public enum VenueOrderState: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case none = 0
  case new = 1
  case partiallyFilled = 2
  case filled = 3
  case canceled = 4
  case rejected = 5
  case expired = 6
  /// The venue does not know such an order.
  case notFound = 7
}

/// Why a report says what it says: the venue-neutral reading of an error reply.
public enum ReportReason: UInt16, BitwiseCopyable, Sendable, CaseIterable {
  case none = 0
  /// Gateway: older than its maximum age when its turn came.
  case tooLate = 1
  /// Gateway: of a halt epoch that has passed.
  case halted = 2
  /// Gateway: no logged-on session.
  case noSession = 3
  /// Gateway: the order rate of the venue is used up.
  case rateLimited = 4
  /// Gateway: the socket took no more.
  case sendBufferFull = 5
  /// Gateway: no reply within the bound.
  case replyTimeout = 6
  case insufficientBalance = 20
  case wouldTakeLiquidity = 21
  case filterFailure = 22
  case unknownOrder = 23
  case duplicateOrder = 24
  case timestampOutsideWindow = 25
  case badSignature = 26
  case venueBusy = 27
  case venueUnknownOutcome = 28
  case marketClosed = 29
  case selfTradePrevented = 30
  case other = 63
  /// Gateway: the venue asked for a pause (429) or banned the address (418); nothing is sent until it is over.
  case backingOff = 7
  /// A list that was longer than its bound, or held something that cannot be expressed here.
  case incomplete = 31
  /// The venue found the request itself wrong: it never reached the matching engine.
  case invalidRequest = 32
  /// The key, the address or the account may not do this.
  case notPermitted = 33
}

/// One message from a gateway to execution. 144 bytes without padding, so that its bytes are determined.
public struct ExecutionReport: BitwiseCopyable, Sendable {
  public var kind: ReportKind
  public var side: Side
  public var isMaker: Bool
  public var orderState: VenueOrderState
  public var instrument: InstrumentIndex
  public var definitionVersion: UInt16
  public var venue: VenueIndex
  public var account: UInt8
  public var reason: ReportReason
  /// An enum takes one byte in memory whatever its raw type is.
  public var reserved2: UInt8
  /// The venue's own error code (Binance: negative numbers of errors.md); 0 without one.
  public var venueCode: Int32
  /// The commission's asset (fill), or the balance's.
  public var asset: ShortName
  public var clientOrder: ClientOrderIdentifier
  public var venueOrder: UInt64
  /// The venue's trade id (fills).
  public var trade: UInt64
  /// Of this fill; of the order itself in a `status`.
  public var price: Price
  public var quantity: Quantity
  public var cumulativeQuantity: Quantity
  /// Price times quantity of this fill (status: of all fills so far, 0 where the venue does not say), in units of the
  /// quote asset, as the venue counts it.
  public var quoteAmount: Amount
  /// The commission of this fill, or the free amount (balance).
  public var amount: Amount
  /// The locked amount (balance).
  public var lockedAmount: Amount
  public var venueTimeNs: Int64
  public var receiveTimeNs: Int64
  public var receiveTsc: UInt64
  /// The journal record of the frame that this came from.
  public var cause: UInt64
  /// The venue's number of the other order (`prevented`).
  public var counterOrder: UInt64

  @inline(always)
  public init(
    kind: ReportKind, venue: VenueIndex, account: UInt8 = 0, instrument: InstrumentIndex = InstrumentIndex(0),
    clientOrder: ClientOrderIdentifier = .none, receiveTimeNs: Int64, receiveTsc: UInt64 = 0, cause: UInt64
  ) {
    self.kind = kind
    self.venue = venue
    self.account = account
    self.instrument = instrument
    self.clientOrder = clientOrder
    self.receiveTimeNs = receiveTimeNs
    self.receiveTsc = receiveTsc
    self.cause = cause
    side = .buy
    isMaker = false
    orderState = .none
    definitionVersion = 0
    reason = .none
    reserved2 = 0
    venueCode = 0
    venueOrder = 0
    trade = 0
    price = Price(ticks: 0)
    quantity = .zero
    cumulativeQuantity = .zero
    quoteAmount = .zero
    amount = .zero
    lockedAmount = .zero
    asset = ShortName.empty
    venueTimeNs = 0
    counterOrder = 0
  }
}

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
  /// Realised and unrealised profit and fees so far, in units of the quote asset.
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

/// What execution asks of a gateway besides new orders: always allowed by the gate, polled before new orders.
public enum GatewayRequestKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case cancel = 1
  case cancelAll = 2
  case queryStatus = 3
  case queryBalances = 4
  /// Every open order of `instrument`, whoever placed it: `.status` for each, then `.openOrdersListed` or `.listFailed`.
  case queryOpenOrders = 5
  /// A page of the account's trades in `instrument` from `fromTrade` on: `.fill` for each, then `.tradesListed` or
  /// `.listFailed`.
  case queryTrades = 6
}

/// One cancel or query from execution to a gateway. 40 bytes without padding, so that its bytes are determined.
public struct GatewayRequest: BitwiseCopyable, Sendable {
  public var kind: GatewayRequestKind
  public var reserved: UInt8
  public var instrument: InstrumentIndex
  public var reserved2: UInt32
  public var clientOrder: ClientOrderIdentifier
  /// The venue's number of the first trade that is asked for (`queryTrades`); 0 asks for the latest page.
  public var fromTrade: UInt64
  public var cause: UInt64
  public var originTsc: UInt64

  /// Trades in a full answer to `queryTrades`.
  @inline(always) public static var tradesPerPage: Int { 1000 }

  @inline(always)
  public init(
    kind: GatewayRequestKind, instrument: InstrumentIndex, clientOrder: ClientOrderIdentifier, fromTrade: UInt64 = 0,
    cause: UInt64, originTsc: UInt64
  ) {
    self.kind = kind
    self.instrument = instrument
    self.clientOrder = clientOrder
    self.fromTrade = fromTrade
    self.cause = cause
    self.originTsc = originTsc
    reserved = 0
    reserved2 = 0
  }
}
