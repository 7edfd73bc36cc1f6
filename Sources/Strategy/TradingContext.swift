// What a strategy sees and can do in a callback: the market, its own orders, and the way to place and cancel.

import Brain
import Market

/// The window of a callback onto its instrument. Valid during the callback; strategy thread only. Nothing in it
/// allocates or waits.
///
/// Prices are in ticks and quantities in lots of `instrument`. An order placed here is an intent: it still has to pass
/// the risk gate, and its fate comes back through `onReport`.
public struct TradingContext: ~Copyable {
  /// The session's clock, in nanoseconds since 1970; in `onSample` the point of the grid.
  public let nowNs: Int64
  let market: UnsafeMutablePointer<TradedMarket>
  let outbox: UnsafeMutablePointer<Outbox>
  let decisionTimeNs: Int64
  let expiryTimeNs: Int64
  let strategy: UInt8

  // MARK: The market

  public var instrument: Instrument { @_noLocks get { market.pointee.instrument } }

  /// Whether the book may be traded on: false before the first snapshot, after a broken stream, or inside a message.
  public var isTradable: Bool { @_noLocks get { market.pointee.isReadable && outbox.pointee.takesOrders } }

  /// The best bid of the fused book; quantity zero when there is none.
  public var bestBid: BookLevel { @_noLocks get { market.pointee.book.bestBid } }

  /// The best ask of the fused book; quantity zero when there is none.
  public var bestAsk: BookLevel { @_noLocks get { market.pointee.book.bestAsk } }

  /// The best price at which an order on that side would rest without crossing: the bid for a buy.
  @_noLocks
  public func touch(_ side: Side) -> BookLevel { side == .buy ? bestBid : bestAsk }

  /// Both sides of the book have a price.
  public var hasTouch: Bool { @_noLocks get { bestBid.quantity.lots > 0 && bestAsk.quantity.lots > 0 } }

  /// Halfway between the best prices, in ticks; not money.
  public var midTicks: Double {
    @_noLocks get { Double(bestBid.price.ticks &+ bestAsk.price.ticks) * 0.5 }
  }

  public var spreadTicks: Int64 { @_noLocks get { bestAsk.price.ticks &- bestBid.price.ticks } }

  /// The quantity displayed at a price; zero where there is none.
  @_noLocks
  public func displayed(_ side: Side, at price: Price) -> Quantity { market.pointee.book.quantity(side, at: price) }

  /// Copies the best levels of a side, best first.
  ///
  /// - Returns: how many there were, at most `buffer.count`.
  @_noLocks
  public func levels(_ side: Side, into buffer: UnsafeMutableBufferPointer<BookLevel>) -> Int {
    market.pointee.book.levels(side, into: buffer)
  }

  /// Reads the features as of `nowNs`.
  ///
  /// - Returns: whether there was a reading; zeros without one (no book with two sides yet, or the strategy's
  ///   `usesFeatures` is false).
  @_noLocks
  public func readFeatures(_ vector: inout FeatureVector) -> Bool {
    market.pointee.features.fill(&vector, nowNs: nowNs)
  }

  // MARK: The own side

  /// The net position in signed lots, as execution last told it.
  public var positionLots: Int64 { @_noLocks get { market.pointee.positionLots } }

  /// Realised profit and fees so far, in units of the quote asset (contracts: of the settlement asset).
  public var realisedProfit: Amount { @_noLocks get { market.pointee.realisedProfit } }
  public var fees: Amount { @_noLocks get { market.pointee.fees } }

  /// The own orders that are not known to be done.
  public var orders: OwnOrders { @_noLocks get { market.pointee.orders } }

  /// The whole lots that `amount` of the quote asset buys at `price` (inverse contracts: that are worth as much); zero when
  /// it buys none.
  @_noLocks
  public func quantity(worth amount: Amount, at price: Price) -> Quantity {
    guard
      let lot = quoteValue(
        price, Quantity(lots: 1), market.pointee.instrument.denomination, rounding: .up), lot.units > 0
    else {
      return .zero
    }
    return Quantity(lots: amount.units / lot.units)
  }

  // MARK: Actions

  /// Asks for an order.
  ///
  /// - Returns: its identifier, or nil when none was asked for: the book is not tradable, the quantity is not positive,
  ///   `OwnOrders.capacity` orders are under way, the orders of one step are used up, or the session is ending.
  @_noLocks @discardableResult
  public mutating func place(
    _ side: Side, at price: Price, _ quantity: Quantity, type: OrderType = .limit,
    timeInForce: TimeInForce = .goodTilCanceled, reduceOnly: Bool = false
  ) -> IntentIdentifier? {
    guard isTradable, quantity.lots > 0, price.ticks > 0, outbox.pointee.hasRoomForOrder,
      !market.pointee.orders.isFull
    else { return nil }
    let identifier = outbox.pointee.nextIdentifier()
    var intent = self.intent(.place, identifier)
    intent.side = side
    intent.type = type
    intent.timeInForce = timeInForce
    intent.reduceOnly = reduceOnly
    intent.price = price
    intent.quantity = quantity
    outbox.pointee.append(intent)
    market.pointee.orders.append(
      OwnOrder(
        intent: identifier, side: side, type: type, price: price, remaining: quantity, placedNs: decisionTimeNs,
        isWorking: false, isCanceling: false))
    return identifier
  }

  /// Asks for an order that only rests: the venue refuses it if it would trade at once (post-only).
  @_noLocks @discardableResult
  public mutating func quote(_ side: Side, at price: Price, _ quantity: Quantity) -> IntentIdentifier? {
    place(side, at: price, quantity, type: .limitMaker)
  }

  /// Asks for an order that trades at once up to `limit`, and whose rest is cancelled (immediate or cancel).
  @_noLocks @discardableResult
  public mutating func take(_ side: Side, limit: Price, _ quantity: Quantity) -> IntentIdentifier? {
    place(side, at: limit, quantity, timeInForce: .immediateOrCancel)
  }

  /// Asks to cancel an own order.
  ///
  /// - Returns: false when nothing was asked: the order is done or being cancelled already, or the cancels of one step
  ///   are used up.
  @_noLocks @discardableResult
  public mutating func cancel(_ identifier: IntentIdentifier) -> Bool {
    guard let position = market.pointee.orders.find(identifier), outbox.pointee.hasRoomForCancel,
      !market.pointee.orders[position].isCanceling
    else { return false }
    market.pointee.orders.markCanceling(position)
    outbox.pointee.append(intent(.cancel, identifier))
    return true
  }

  /// Asks to cancel all own orders in this instrument; nothing when each is being cancelled already.
  @_noLocks
  public mutating func cancelAll() {
    guard outbox.pointee.hasRoomForCancel, market.pointee.orders.hasUncanceled else { return }
    market.pointee.orders.markAllCanceling()
    outbox.pointee.append(intent(.cancelAll, IntentIdentifier(0)))
  }

  /// Asks for `onTimer` at that time of the session's clock, once; replaces an earlier wish.
  @_noLocks
  public mutating func setTimer(atNs timeNs: Int64) { market.pointee.timerNs = timeNs }

  @_noLocks
  public mutating func clearTimer() { market.pointee.timerNs = .max }

  /// Makes a forecast known: the last one of a step goes to the journal and to the counters.
  @_noLocks
  public mutating func publish(_ forecast: Forecast) {
    market.pointee.forecast = forecast
    market.pointee.forecastTimeNs = nowNs
    market.pointee.hasForecast = true
  }

  private func intent(_ kind: IntentKind, _ identifier: IntentIdentifier) -> OrderIntent {
    OrderIntent(
      kind: kind, instrument: market.pointee.instrument.index,
      definitionVersion: market.pointee.instrument.definitionVersion, strategy: strategy,
      venue: market.pointee.instrument.venue, intent: identifier, decisionTimeNs: decisionTimeNs,
      marketTimeNs: market.pointee.book.timeNs, expiryTimeNs: kind == .place ? expiryTimeNs : .max,
      cause: market.pointee.cause, originTsc: market.pointee.originTsc)
  }
}
