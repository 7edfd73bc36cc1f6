// What a venue says of orders, trades and balances, on its way from a gateway to execution.

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
  /// order's own, not a fill's) and `cumulativeQuantity` are the venue's truth. An order that this bot did not place
  /// has no `clientOrder`, only its `venueOrder`.
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
  /// Funding of a position in `instrument`: `amount` of `asset`, its settlement asset, to the account (negative: from
  /// it). `trade` is the venue's number of the payment, which rises within an instrument, those of `insurance` included;
  /// what is not above the last one was told before.
  case funding = 19
  /// What the venue's insurance fund paid to the account (negative: took) because it liquidated in `instrument`: fields as
  /// of `funding`. The trades of a liquidation are fills that name no order of ours.
  case insurance = 20
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
  /// The commission's asset (fill), the payment's or the balance's.
  public var asset: ShortName
  public var clientOrder: ClientOrderIdentifier
  public var venueOrder: UInt64
  /// The venue's trade id (fills), or its number of the payment (funding, insurance).
  public var trade: UInt64
  /// Of this fill; of the order itself in a `status`.
  public var price: Price
  public var quantity: Quantity
  public var cumulativeQuantity: Quantity
  /// What this fill is worth (status: all fills so far, 0 where the venue does not say), as the venue counts and rounds
  /// it: price times quantity in units of the quote asset; for a contract its `notional`, in units of the settlement
  /// asset.
  public var quoteAmount: Amount
  /// The commission of this fill, the money that moved (funding, insurance), or the free amount (balance). Of an asset that
  /// contracts settle in, free is the wallet less the margin in use; profit that is not realised counts for nothing.
  public var amount: Amount
  /// The locked amount (balance): for contracts the initial margin of positions and open orders, at most the wallet.
  /// Free and locked are the wallet: deposits, realised profit, fees, funding and an insurance fund change it, a price
  /// does not.
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
