// The recorded market of one instrument: the book of its depth messages, and the same fused with the faster bookTicker.

import Market

/// A price and quantity as a message gives it.
public struct PriceQuantity: BitwiseCopyable, Equatable, Sendable {
  public var price: Price
  public var quantity: Quantity

  public init(price: Price, quantity: Quantity) {
    self.price = price
    self.quantity = quantity
  }
}

/// Two books kept in step. `depth` is what a client rebuilds from snapshot and diffs; `fused` is what matching sees: a
/// bookTicker newer than the depth overrides the touch at once, and a diff older than that ticker cannot undo it. When no
/// ticker is newer than the depth, both show the same quantities.
public struct RecordedMarket: Sendable {
  public private(set) var depth = DisplayedBook()
  public private(set) var fused = DisplayedBook()
  /// The last update id of `depth`; nil before the snapshot, and from a gap in the diffs to the next one.
  public private(set) var depthUpdateId: UInt64?
  public internal(set) var lastTradePrice: Price?

  private var touch: (bid: PriceQuantity, ask: PriceQuantity, updateId: UInt64)?
  /// Levels in which `fused` may differ from `depth`.
  private var overridden: [(side: Side, price: Price)] = []

  private struct Diff {
    var bids: [PriceQuantity]
    var asks: [PriceQuantity]
    var firstUpdateId: UInt64
    var updateId: UInt64
  }

  /// Diffs from before the snapshot: a recorder's snapshot is older than the diff that came just before it.
  private var early: [Diff] = []
  /// A recorder has its snapshot within seconds, at ten diffs a second.
  private static let earlyDiffsMax = 1_000

  public init() {}

  mutating func replace(bids: [PriceQuantity], asks: [PriceQuantity], updateId: UInt64) {
    depth = DisplayedBook()
    for (side, levels) in [(Side.buy, bids), (.sell, asks)] {
      // From worst to best: every insertion is at the end.
      for level in levels.reversed() { depth.set(side, level.price, level.quantity, updateId: updateId) }
    }
    fused = depth
    depthUpdateId = updateId
    overridden = []
    touch = nil
    let kept = early
    early = []
    for diff in kept {
      apply(bids: diff.bids, asks: diff.asks, firstUpdateId: diff.firstUpdateId, updateId: diff.updateId)
    }
  }

  /// Applies a diff. One that the snapshot already has is ignored; one that does not continue the book voids it until
  /// the next snapshot (web-socket-streams.md, "How to manage a local order book correctly").
  mutating func apply(bids: [PriceQuantity], asks: [PriceQuantity], firstUpdateId: UInt64, updateId: UInt64) {
    if let last = depthUpdateId, updateId <= last { return }
    guard let last = depthUpdateId, firstUpdateId <= last || firstUpdateId - 1 == last else {
      if depthUpdateId != nil { void() }
      early.append(Diff(bids: bids, asks: asks, firstUpdateId: firstUpdateId, updateId: updateId))
      if early.count > Self.earlyDiffsMax { early.removeFirst() }
      return
    }
    depthUpdateId = updateId
    let newerTouch = touch.flatMap { $0.updateId > updateId ? $0 : nil }
    for (side, levels) in [(Side.buy, bids), (.sell, asks)] {
      for level in levels {
        depth.set(side, level.price, level.quantity, updateId: updateId)
        if let newerTouch {
          let touchPrice = side == .buy ? newerTouch.bid.price : newerTouch.ask.price
          guard touchPrice.isBetter(than: level.price, for: side) else {
            overridden.append((side, level.price))
            continue
          }
        }
        fused.set(side, level.price, level.quantity, updateId: updateId)
      }
    }
    guard newerTouch == nil else { return }
    for (side, price) in overridden {
      fused.set(side, price, depth.level(side, price)?.displayed ?? .zero, updateId: updateId)
    }
    overridden = []
  }

  /// Whether a diff of these updates continues the book, and no ticker is newer.
  func isContinued(firstUpdateId: UInt64, updateId: UInt64) -> Bool {
    guard let last = depthUpdateId, updateId > last, updateId >= touch?.updateId ?? 0 else { return false }
    return firstUpdateId <= last || firstUpdateId - 1 == last
  }

  /// Moves every price of a side by so many ticks, in both books.
  mutating func move(_ side: Side, by ticks: Int64) {
    guard ticks != 0 else { return }
    depth.move(side, by: ticks)
    fused.move(side, by: ticks)
    if side == .buy { touch?.bid.price.ticks &+= ticks } else { touch?.ask.price.ticks &+= ticks }
    for i in overridden.indices where overridden[i].side == side { overridden[i].price.ticks &+= ticks }
  }

  private mutating func void() {
    depth = DisplayedBook()
    fused = depth
    depthUpdateId = nil
    overridden = []
    touch = nil
  }

  /// Applies a bookTicker; one that is not newer than everything known is ignored.
  mutating func apply(bid: PriceQuantity, ask: PriceQuantity, updateId: UInt64) {
    guard let last = depthUpdateId, updateId > max(last, touch?.updateId ?? 0) else { return }
    touch = (bid, ask, updateId)
    for (side, level) in [(Side.buy, bid), (.sell, ask)] {
      overridden += fused.trim(side, betterThan: level.price).map { (side, $0) }
      fused.set(side, level.price, level.quantity, updateId: updateId)
      overridden.append((side, level.price))
    }
  }

  /// Records that one of our orders ate `quantity` of a displayed level.
  mutating func take(_ side: Side, _ price: Price, _ quantity: Quantity) { fused.take(side, price, quantity) }
}
