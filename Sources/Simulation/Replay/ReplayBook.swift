// A recorded book as one side of the wire sees it: levels by tick, and the best of each side.

/// The displayed book. Between the rows of a message it may be crossed; then the side that was there first gives way: its
/// best is the next level beyond the other's, and its crossed levels stay until a row removes them (hftbacktest's rule).
/// Not thread-safe: part of one replay.
struct ReplayBook: ~Copyable {
  private(set) var bids: TickSide
  private(set) var asks: TickSide
  /// Tick index of the best bid; `noBid` when there is none.
  private(set) var bestBid = ReplayBook.noBid
  /// Tick index of the best ask; `noAsk` when there is none.
  private(set) var bestAsk = ReplayBook.noAsk

  static var noBid: Int { -1 }
  static var noAsk: Int { .max }

  init(_ market: any ReplayMarket) {
    bids = TickSide(ticks: market.tickCount, pages: market.pages)
    asks = TickSide(ticks: market.tickCount, pages: market.pages)
  }

  /// Applies a row of any kind; trades change nothing.
  @inline(__always)
  mutating func apply(_ row: ReplayRow) {
    switch row.code {
    case .bid: _ = setBid(Int(row.tick), row.lots)
    case .ask: _ = setAsk(Int(row.tick), row.lots)
    case .clearBids: clearBids(downTo: row)
    case .clearAsks: clearAsks(upTo: row)
    case .buyTrade, .sellTrade, .nothing: break
    }
  }

  /// - Returns: the quantity before.
  @inline(__always)
  mutating func setBid(_ tick: Int, _ lots: Int64) -> Int64 {
    let previous = bids.set(tick, lots)
    if tick >= bestBid { touchBid(tick, lots) }
    return previous
  }

  /// - Returns: the quantity before.
  @inline(__always)
  mutating func setAsk(_ tick: Int, _ lots: Int64) -> Int64 {
    let previous = asks.set(tick, lots)
    if tick <= bestAsk { touchAsk(tick, lots) }
    return previous
  }

  /// A level at the best price or beyond it: what is behind the best, which is nearly everything, does not come here.
  private mutating func touchBid(_ tick: Int, _ lots: Int64) {
    if lots == 0 {
      if tick == bestBid { bestBid = bids.below(tick) }
    } else if tick > bestBid {
      bestBid = tick
      if tick >= bestAsk { bestAsk = Self.ask(asks.above(tick)) }
    }
  }

  private mutating func touchAsk(_ tick: Int, _ lots: Int64) {
    if lots == 0 {
      if tick == bestAsk { bestAsk = Self.ask(asks.above(tick)) }
    } else if tick < bestAsk {
      bestAsk = tick
      if tick <= bestBid { bestBid = bids.below(tick) }
    }
  }

  /// A clear reaches from the best level to the row's price; a price below the array clears the side.
  mutating func clearBids(downTo row: ReplayRow) {
    let last = row.lots < 0 ? 0 : Int(row.tick)
    while bestBid >= last, bestBid != Self.noBid {
      _ = bids.set(bestBid, 0)
      bestBid = bids.below(bestBid)
    }
  }

  mutating func clearAsks(upTo row: ReplayRow) {
    let last = row.lots < 0 ? Int.max - 1 : Int(row.tick)
    while bestAsk <= last {
      _ = asks.set(bestAsk, 0)
      bestAsk = Self.ask(asks.above(bestAsk))
    }
  }

  @inline(__always)
  private static func ask(_ found: Int) -> Int { found == TickSide.none ? noAsk : found }
}
