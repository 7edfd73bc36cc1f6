// The router: where an intent goes, by total cost. A pure function over the quotes of the venues that could take it.

public import Market

/// What one venue shows of an instrument, and what trading there costs.
public struct VenueQuote: BitwiseCopyable, Sendable {
  public var venue: VenueIndex
  /// The instrument as that venue lists it, on the same tick and lot as the others in one call.
  public var instrument: InstrumentIndex
  public var bid: Price
  public var bidQuantity: Quantity
  public var ask: Price
  public var askQuantity: Quantity
  public var takerFeeBasisPoints: Int64
  public var makerFeeBasisPoints: Int64

  public init(
    venue: VenueIndex, instrument: InstrumentIndex, bid: Price, bidQuantity: Quantity, ask: Price,
    askQuantity: Quantity, takerFeeBasisPoints: Int64, makerFeeBasisPoints: Int64
  ) {
    self.venue = venue
    self.instrument = instrument
    self.bid = bid
    self.bidQuantity = bidQuantity
    self.ask = ask
    self.askQuantity = askQuantity
    self.takerFeeBasisPoints = takerFeeBasisPoints
    self.makerFeeBasisPoints = makerFeeBasisPoints
  }
}

/// A part of an intent for one venue.
public struct ChildOrder: BitwiseCopyable, Equatable, Sendable {
  public var venue: VenueIndex
  public var instrument: InstrumentIndex
  public var type: OrderType
  public var timeInForce: TimeInForce
  public var price: Price
  public var quantity: Quantity
}

/// Splits intents into child orders.
///
/// An order that crosses takes what each venue displays at its touch, cheapest after fees first; the rest, and an
/// order that does not cross, goes whole to the venue where it is cheapest. Whether it crosses, and the price, are
/// the strategy's decision; every child passes the risk gate on its own.
public enum Router {
  /// The most venues, and so the most children of one intent.
  public static var maximumChildren: Int { 4 }

  /// Routes a `place` intent.
  ///
  /// A market order with a price is bounded by it: it becomes a limit order that is executed at once or cancelled,
  /// because a venue's own market order has no bound. One without a price stays as it is, and the gate refuses it.
  ///
  /// - Parameters:
  ///   - quotes: at most `maximumChildren`, at least one.
  ///   - children: room for as many.
  /// - Returns: how many children were written; their quantities add up to the intent's.
  @_noLocks
  public static func route(
    _ intent: UnsafePointer<OrderIntent>, quotes: UnsafeBufferPointer<VenueQuote>,
    into children: UnsafeMutablePointer<ChildOrder>
  ) -> Int {
    precondition(quotes.count > 0 && quotes.count <= maximumChildren)
    let isBoundedMarket = intent.pointee.type == .market && intent.pointee.price.ticks > 0
    let type = isBoundedMarket ? OrderType.limit : intent.pointee.type
    let timeInForce = isBoundedMarket ? TimeInForce.immediateOrCancel : intent.pointee.timeInForce
    let side = intent.pointee.side
    var rest = intent.pointee.quantity.lots
    var count = 0
    var tried: UInt8 = 0
    // Fill-or-kill is one order at one venue, and post-only never takes.
    let maySplit = quotes.count > 1 && type == .limit && timeInForce != .fillOrKill
    while maySplit, rest > 0,
      let best = cheapest(quotes, side: side, limit: intent.pointee.price, excluding: tried)
    {
      tried |= 1 << UInt8(truncatingIfNeeded: best)
      let shown = side == .buy ? quotes[best].askQuantity.lots : quotes[best].bidQuantity.lots
      let taken = min(rest, shown)
      children[count] = ChildOrder(
        venue: quotes[best].venue, instrument: quotes[best].instrument, type: type, timeInForce: timeInForce,
        price: intent.pointee.price, quantity: Quantity(lots: taken))
      rest &-= taken
      count &+= 1
    }
    if count > 0 {
      children[0].quantity.lots &+= rest  // beyond what is displayed: the cheapest venue
      return count
    }
    let home = cheapestToRest(quotes)
    children[0] = ChildOrder(
      venue: quotes[home].venue, instrument: quotes[home].instrument, type: type, timeInForce: timeInForce,
      price: intent.pointee.price, quantity: intent.pointee.quantity)
    return 1
  }

  /// The cheapest venue whose touch the limit reaches, fee included; nil when there is none (left).
  @inline(always)
  private static func cheapest(
    _ quotes: UnsafeBufferPointer<VenueQuote>, side: Side, limit: Price, excluding tried: UInt8
  ) -> Int? {
    var best: Int?
    var bestCost = Int128.max
    for i in 0..<quotes.count where tried & 1 << UInt8(truncatingIfNeeded: i) == 0 {
      let quote = quotes[i]
      let shown = side == .buy ? quote.askQuantity.lots : quote.bidQuantity.lots
      let isReached = side == .buy ? quote.ask.ticks <= limit.ticks : quote.bid.ticks >= limit.ticks
      guard shown > 0, isReached else { continue }
      let fee = quote.takerFeeBasisPoints
      let cost =
        side == .buy
        ? Int128(quote.ask.ticks) &* Int128(10_000 &+ fee) : 0 &- Int128(quote.bid.ticks) &* Int128(10_000 &- fee)
      if cost < bestCost { (best, bestCost) = (i, cost) }
    }
    return best
  }

  /// Where a resting order pays least; the first of equals.
  @inline(always)
  private static func cheapestToRest(_ quotes: UnsafeBufferPointer<VenueQuote>) -> Int {
    var best = 0
    for i in 1..<max(1, quotes.count) where quotes[i].makerFeeBasisPoints < quotes[best].makerFeeBasisPoints {
      best = i
    }
    return best
  }
}
