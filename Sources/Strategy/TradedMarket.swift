// What a strategy stage holds for one instrument. Strategy thread only; the memory belongs to the stage.

import Brain
import Market

/// The market side (book, features, sampling clock) and the own side (orders, position) of one instrument.
struct TradedMarket: ~Copyable {
  let instrument: Instrument
  var book: OrderBook
  var features: FeatureEngine
  var clock: StepClock

  var orders = OwnOrders()
  var positionLots: Int64 = 0
  var realisedProfit = Amount.zero
  var fees = Amount.zero

  /// When `onTimer` is due, in the session's clock.
  var timerNs: Int64 = .max
  /// The youngest event: what a decision names as its cause and measures its latency from.
  var cause: UInt64 = 0
  var originTsc: UInt64 = 0
  /// The book changed since a touch was last published.
  var isDirty = false
  /// A forecast was made in this step, at `forecastTimeNs`.
  var hasForecast = false
  var forecast = Forecast(down: 0, flat: 1, up: 0, confidence: 1, action: .flat)
  var forecastTimeNs: Int64 = 0

  private let computesFeatures: Bool

  init(_ instrument: Instrument, sampleIntervalNs: Int64, computesFeatures: Bool, pagesPerSide: Int) {
    self.instrument = instrument
    self.computesFeatures = computesFeatures
    book = OrderBook(pagesPerSide: pagesPerSide)
    features = FeatureEngine()
    clock = StepClock(intervalNs: sampleIntervalNs)
  }

  deinit { orders.deallocate() }

  /// There is a book, and it is not in the middle of a message.
  var isReadable: Bool { book.isValid && book.isConsistent }

  /// Takes note of an event that the book has taken in.
  mutating func follow(_ event: UnsafePointer<MarketEvent>, _ change: BookChange) {
    cause = event.pointee.cause
    originTsc = event.pointee.receiveTsc
    if !change.isEmpty { isDirty = true }
    guard computesFeatures else { return }
    if event.pointee.kind == .trade {
      features.onTrade(event)
    } else if !change.isEmpty && book.isConsistent {
      features.onBook(book, nowNs: event.pointee.receiveTimeNs)
    }
  }

  mutating func apply(_ update: OrderUpdate) {
    positionLots = update.positionLots
    realisedProfit = update.realisedProfit
    fees = update.fees
    orders.apply(update)
  }

  /// The touch of the fused book as execution's risk gate wants to know it; quantities are zero when there is none.
  func touchIntent(strategy: UInt8, nowNs: Int64) -> OrderIntent {
    OrderIntent(
      kind: .touch, instrument: instrument.index, definitionVersion: instrument.definitionVersion, strategy: strategy,
      venue: instrument.venue, price: book.bestBid.price, quantity: book.bestBid.quantity,
      askPrice: book.bestAsk.price, askQuantity: book.bestAsk.quantity, decisionTimeNs: nowNs,
      marketTimeNs: book.timeNs, cause: cause, originTsc: originTsc)
  }
}
