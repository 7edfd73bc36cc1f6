// One own limit order beside a synthetic market's book, and its place in the queue.

import Market
import Simulation

/// A quote on one side; the market's rows say what happens to it. The market does not see it: it takes no part in the
/// displayed quantities, and what fills it is missing from nobody.
///
/// Price-time priority: it joins behind everything displayed at its price. A trade there is for those ahead first. A cancel
/// is as likely ahead as behind: those ahead shrink by the level's proportion, rounded up (Cont, Stoikov, Talreja, "A
/// stochastic model for order book dynamics", Operations Research 58, 2010, has every order of a queue cancel alike).
/// A trade at a worse price, or an order of the other side that reaches its price, would have met it first.
package struct RestingQuote {
  package private(set) var price = Price(ticks: 0)
  /// What is left of it; 0 where there is none.
  package private(set) var lots: Int64 = 0
  /// Lots ahead of it at its price.
  package private(set) var aheadLots: Int64 = 0
  private let side: Side
  /// The level's quantity by its last row, less what has been traded since.
  private var displayedLots: Int64 = 0

  package init(_ side: Side) { self.side = side }

  /// Joins the queue at `price`.
  package mutating func place(_ price: Price, lots: Int64, behind displayedLots: Int64) {
    self.price = price
    self.lots = lots
    self.displayedLots = displayedLots
    aheadLots = displayedLots
  }

  /// - Returns: how many lots of it the row fills, at its own price.
  @inline(always)
  package mutating func take(_ row: UnsafePointer<TapeRow>) -> Int64 {
    guard lots > 0 else { return 0 }
    let isOwnSide = row.pointee.side == side
    let behind = side.sign &* (price.ticks &- row.pointee.price.ticks)  // above 0: the row's price is worse than ours
    if row.pointee.kind == .trade {
      guard !isOwnSide, behind >= 0 else { return 0 }
      return trade(row.pointee.quantity.lots, isThrough: behind > 0)
    }
    if !isOwnSide { return behind >= 0 ? fill(row.pointee.quantity.lots) : 0 }
    if behind == 0 { change(to: row.pointee.quantity.lots) }
    return 0
  }

  private mutating func trade(_ tradedLots: Int64, isThrough: Bool) -> Int64 {
    if isThrough { return fill(tradedLots) }
    let reaching = max(0, tradedLots &- aheadLots)
    aheadLots = max(0, aheadLots &- tradedLots)
    displayedLots = max(0, displayedLots &- tradedLots)
    return fill(reaching)
  }

  private mutating func change(to newLots: Int64) {
    if newLots < displayedLots { aheadLots = (aheadLots &* newLots &+ displayedLots &- 1) / displayedLots }
    displayedLots = newLots
  }

  private mutating func fill(_ offeredLots: Int64) -> Int64 {
    let filled = min(lots, offeredLots)
    lots &-= filled
    return filled
  }
}
