// What an account asks of the exchange: one order, of any type.

public import Market

/// How an order of the exchange trades.
public enum ExchangeOrderType: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case limit
  /// Takes what is there at any price; what finds no quantity expires.
  case market
  /// Becomes a market order when the last price reaches its stop price (STOP_LOSS).
  case stop
  /// Becomes a limit order when the last price reaches its stop price (STOP_LOSS_LIMIT).
  case stopLimit

  @inline(always) var isStop: Bool { self == .stop || self == .stopLimit }
  @inline(always) var hasLimit: Bool { self == .limit || self == .stopLimit }
}

/// How long an order lives (Binance, rest-api.md and the futures documents: GTC, IOC, FOK, GTD).
public enum OrderLifetime: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case goodTilCanceled
  case immediateOrCancel
  case fillOrKill
  /// Expires at `OrderEntry.expiryNs`, before anything else that happens at that time.
  case goodTilDate
}

/// What happens instead of a trade between two orders of one account, or of two accounts of a trade group; the taker's mode
/// decides (stp_faq.md).
public enum SelfTradePrevention: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// They trade.
  case none
  case expireTaker
  case expireMaker
  case expireBoth
  /// Both lose the quantity of the prevented match; the smaller expires, or both.
  case decrement
  /// As `decrement`, and the prevented quantity and its value go from one account of the trade group to the other; without
  /// this mode of the maker, too, or between orders of one account, it is `decrement`.
  case transfer
}

/// An order as it is asked for. Fields that its type does not use are ignored.
public struct OrderEntry: BitwiseCopyable, Equatable, Sendable {
  public var account: AccountIndex
  public var instrument: InstrumentIndex
  public var side: Side
  public var type: ExchangeOrderType
  public var lifetime: OrderLifetime
  public var selfTradePrevention: SelfTradePrevention
  /// Refused instead of trading at once (LIMIT_MAKER); limit orders only.
  public var postOnly: Bool
  /// Trades only as far as it makes the position smaller; perpetuals only.
  public var reduceOnly: Bool
  public var price: Price
  public var stopPrice: Price
  public var quantity: Quantity
  /// The part that is displayed at a time (icebergQty); zero displays all.
  public var displayed: Quantity
  public var expiryNs: Int64
  /// The client's own number, told again with every event of the order.
  public var clientNumber: UInt64

  public init(
    account: AccountIndex, instrument: InstrumentIndex, side: Side, type: ExchangeOrderType = .limit,
    lifetime: OrderLifetime = .goodTilCanceled, selfTradePrevention: SelfTradePrevention = .expireTaker,
    postOnly: Bool = false, reduceOnly: Bool = false, price: Price = Price(ticks: 0),
    stopPrice: Price = Price(ticks: 0), quantity: Quantity, displayed: Quantity = .zero, expiryNs: Int64 = .max,
    clientNumber: UInt64 = 0
  ) {
    self.account = account
    self.instrument = instrument
    self.side = side
    self.type = type
    self.lifetime = lifetime
    self.selfTradePrevention = selfTradePrevention
    self.postOnly = postOnly
    self.reduceOnly = reduceOnly
    self.price = price
    self.stopPrice = stopPrice
    self.quantity = quantity
    self.displayed = displayed
    self.expiryNs = expiryNs
    self.clientNumber = clientNumber
  }
}
