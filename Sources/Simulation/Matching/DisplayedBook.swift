// A displayed order book in two sorted arrays: the venue's own, written apart from the bot's so that they check each other.

import Market

/// A price level of the recorded market, and what our orders have taken from it.
public struct DisplayedLevel: BitwiseCopyable, Equatable, Sendable {
  public var price: Price
  public var displayed: Quantity
  /// Eaten by our orders since the market last changed this level: the recording does not know of it.
  public var taken: Quantity = .zero
  /// The update that set the level.
  public var updateId: UInt64

  public var available: Quantity { Quantity(lots: max(0, displayed.lots - taken.lots)) }
}

/// Both sides of a book. Levels are sorted from worst to best, so that changes near the touch move few others.
public struct DisplayedBook: Equatable, Sendable {
  public private(set) var bids: [DisplayedLevel] = []
  public private(set) var asks: [DisplayedLevel] = []

  public init() {}

  public var bestBid: DisplayedLevel? { bids.last }
  public var bestAsk: DisplayedLevel? { asks.last }

  public func levels(_ side: Side) -> [DisplayedLevel] { side == .buy ? bids : asks }

  public func level(_ side: Side, _ price: Price) -> DisplayedLevel? {
    let (index, found) = find(side, price)
    return found ? levels(side)[index] : nil
  }

  /// The displayed quantity at `price` is now `quantity`; zero removes the level. The same quantity again changes
  /// nothing; another one is new liquidity, of which we have taken none.
  public mutating func set(_ side: Side, _ price: Price, _ quantity: Quantity, updateId: UInt64) {
    let (index, found) = find(side, price)
    if found, quantity == levels(side)[index].displayed { return }
    let level = DisplayedLevel(price: price, displayed: quantity, updateId: updateId)
    change(side) { levels in
      switch (found, quantity == .zero) {
      case (true, true): levels.remove(at: index)
      case (true, false): levels[index] = level
      case (false, false): levels.insert(level, at: index)
      case (false, true): break
      }
    }
  }

  /// Removes the levels of `side` that are better than `price`.
  ///
  /// - Returns: their prices.
  public mutating func trim(_ side: Side, betterThan price: Price) -> [Price] {
    let (index, found) = find(side, price)
    let firstBetter = found ? index + 1 : index
    let removed = levels(side)[firstBetter...].map(\.price)
    change(side) { $0.removeSubrange(firstBetter...) }
    return removed
  }

  /// Moves the levels of a side by so many ticks, with what was taken of them; those below one tick are gone.
  mutating func move(_ side: Side, by ticks: Int64) {
    change(side) { levels in
      for i in levels.indices { levels[i].price.ticks &+= ticks }
      levels.removeAll { $0.price.ticks < 1 }
    }
  }

  /// Removes the levels of `side` from the best one to `price`, or all of them for a price of 0.
  mutating func clear(_ side: Side, through price: Price) {
    guard price.ticks != 0 else { return change(side) { $0.removeAll(keepingCapacity: true) } }
    let first = find(side, price).index
    change(side) { $0.removeSubrange(first...) }
  }

  /// Records that one of our orders ate `quantity` of a level.
  mutating func take(_ side: Side, _ price: Price, _ quantity: Quantity) {
    let (index, found) = find(side, price)
    guard found else { return }
    change(side) { $0[index].taken.lots += quantity.lots }
  }

  private mutating func change(_ side: Side, _ body: (inout [DisplayedLevel]) -> Void) {
    if side == .buy { body(&bids) } else { body(&asks) }
  }

  /// Where `price` stands or would stand among the levels of its side.
  private func find(_ side: Side, _ price: Price) -> (index: Int, found: Bool) {
    let levels = levels(side)
    var (low, high) = (0, levels.count)
    while low < high {
      let middle = (low + high) / 2
      if price.isBetter(than: levels[middle].price, for: side) { low = middle + 1 } else { high = middle }
    }
    return (low, low < levels.count && levels[low].price == price)
  }
}

extension Price {
  /// Whether an order on `side` at this price stands before one at `other`: higher for bids, lower for asks.
  func isBetter(than other: Price, for side: Side) -> Bool { side == .buy ? self > other : self < other }
}
