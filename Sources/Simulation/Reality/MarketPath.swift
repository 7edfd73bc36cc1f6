// What a recorded market did, laid out by price: made in one pass, looked up by any number of phantom orders.

import Market

/// One change at one price of one side.
package struct LevelEvent: BitwiseCopyable, Equatable, Sendable {
  package var timeNs: Int64
  /// What was traded against the level; or what is displayed there from now on.
  package var lots: Int64
  package var isTrade: Bool
}

/// All rows of one exchange time. Prices are in ticks above the tape's lowest.
package struct MarketInstant: BitwiseCopyable, Equatable, Sendable {
  package var timeNs: Int64
  /// The prices traded at; `Int.max` and -1 without a trade.
  package var lowestTrade = Int.max
  package var highestTrade = -1
  /// The best prices after it; -1 and `Int.max` on an empty side.
  package var bestBid = ReplayBook.noBid
  package var bestAsk = ReplayBook.noAsk
  package var bidLots: Int64 = 0
  package var askLots: Int64 = 0
  /// Whether it told of the book, so that what is displayed is known for this moment and not for an earlier one.
  package var isDepth = false

  package var isTwoSided: Bool { bestBid >= 0 && bestAsk < .max && bestBid < bestAsk }
}

/// The rows of a tape in the order of exchange time. Within an instant trades come before changes of the book: a depth
/// message tells of a book that its trades have changed already. Immutable; memory grows with the tape.
package struct MarketPath: Sendable {
  package let instants: [MarketInstant]
  /// What lots are in the unit that a replay gives to queue models.
  package let scale: ReplayScale
  /// For the bounds, which are exact: in lots.
  package let wholeLots: ReplayScale
  private let levels: [LevelPlace: LevelHistory]

  /// - Throws: `TapeError` for a tape that cannot be read.
  package init(_ market: any ReplayMarket) throws(TapeError) {
    var instrument = market.instrument
    scale = ReplayScale(instrument)
    instrument.lot = DecimalStep(mantissa: 1, exponent: 0)
    wholeLots = ReplayScale(instrument)
    var sweep = MarketSweep(market)
    let rows = try market.exchangeRows()
    while let piece = try rows.next() {
      var row = piece
      while row.pointee.timeNs != ReplayRow.end.timeNs {
        sweep.take(row.pointee)
        row += 1
      }
    }
    sweep.finishInstant()
    instants = sweep.instants
    levels = sweep.levels
  }

  /// What happened at a price after `timeNs`.
  package func events(_ side: Side, _ tick: Int, after timeNs: Int64) -> ArraySlice<LevelEvent> {
    guard let events = levels[LevelPlace(side: side, tick: tick)]?.events else { return [] }
    var (low, high) = (0, events.count)
    while low < high {
      let middle = (low + high) / 2
      if events[middle].timeNs <= timeNs { low = middle + 1 } else { high = middle }
    }
    return events[low...]
  }
}

private struct LevelPlace: Hashable {
  var side: Side
  var tick: Int
}

private struct LevelHistory {
  var displayedLots: Int64 = 0
  var events: [LevelEvent] = []
}

/// The pass itself.
private struct MarketSweep: ~Copyable {
  private(set) var instants: [MarketInstant] = []
  private(set) var levels: [LevelPlace: LevelHistory] = [:]
  private var book: ReplayBook
  /// The instant that is being read; before the first one its time is 0, which no row has.
  private var now = MarketInstant(timeNs: 0)
  /// Levels that the instant has set: what counts is what they are at its end, since a snapshot clears them first.
  private var touched: [LevelPlace] = []

  init(_ market: any ReplayMarket) { book = ReplayBook(market) }

  mutating func take(_ row: ReplayRow) {
    if now.timeNs != row.timeNs {
      finishInstant()
      now = MarketInstant(timeNs: row.timeNs)
    }
    let tick = Int(row.tick)
    switch row.code {
    case .bid: touched.append(LevelPlace(side: .buy, tick: tick))
    case .ask: touched.append(LevelPlace(side: .sell, tick: tick))
    case .buyTrade: trade(against: .sell, tick, row)
    case .sellTrade: trade(against: .buy, tick, row)
    case .clearBids: touchBids(downTo: row.lots < 0 ? 0 : tick)
    case .clearAsks: touchAsks(upTo: row.lots < 0 ? .max : tick)
    case .nothing: return
    }
    book.apply(row)
  }

  private mutating func trade(against side: Side, _ tick: Int, _ row: ReplayRow) {
    now.lowestTrade = min(now.lowestTrade, tick)
    now.highestTrade = max(now.highestTrade, tick)
    levels[LevelPlace(side: side, tick: tick), default: LevelHistory()].events.append(
      LevelEvent(timeNs: row.timeNs, lots: row.lots, isTrade: true))
  }

  private mutating func touchBids(downTo last: Int) {
    now.isDepth = true
    var tick = book.bestBid
    while tick >= last, tick != ReplayBook.noBid {
      touched.append(LevelPlace(side: .buy, tick: tick))
      tick = book.bids.below(tick)
    }
  }

  private mutating func touchAsks(upTo last: Int) {
    now.isDepth = true
    var tick = book.bestAsk
    while tick <= last, tick != ReplayBook.noAsk, tick != TickSide.none {
      touched.append(LevelPlace(side: .sell, tick: tick))
      tick = book.asks.above(tick)
    }
  }

  mutating func finishInstant() {
    guard now.timeNs > 0 else { return }
    if !touched.isEmpty { now.isDepth = true }
    for place in touched {
      let lots = place.side == .buy ? book.bids.quantity(place.tick) : book.asks.quantity(place.tick)
      guard lots != levels[place]?.displayedLots ?? 0 else { continue }
      levels[place, default: LevelHistory()].displayedLots = lots
      levels[place]?.events.append(LevelEvent(timeNs: now.timeNs, lots: lots, isTrade: false))
    }
    touched.removeAll(keepingCapacity: true)
    (now.bestBid, now.bestAsk) = (book.bestBid, book.bestAsk)
    now.bidLots = book.bestBid == ReplayBook.noBid ? 0 : book.bids.quantity(book.bestBid)
    now.askLots = book.bestAsk == ReplayBook.noAsk ? 0 : book.asks.quantity(book.bestAsk)
    instants.append(now)
  }
}
