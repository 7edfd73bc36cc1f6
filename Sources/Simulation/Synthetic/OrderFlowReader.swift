// Reads the order flow out of a tape: which order must have come for the book to change as it did.

package import Market

/// One event of the order flow, in the kinds of the Hawkes market.
package struct FlowEvent {
  package var seconds: Double
  package var kind: FlowKind
  /// Which way it pressed the price.
  package var presses: Side

  package init(seconds: Double, kind: FlowKind, presses: Side) {
    self.seconds = seconds
    self.kind = kind
    self.presses = presses
  }
}

/// The order flow of a tape, and what its orders were like. What a price-level feed hides (an order and its cancel between two
/// messages, several orders in one change) is not seen: docs/synthetic-markets.md.
struct OrderFlowReader {
  private(set) var events: [FlowEvent] = []
  private(set) var marketLots: [Int64] = []
  private(set) var touchLots: [Int64] = []
  private(set) var deepLots: [Int64] = []
  private(set) var deepTicks: [Int64] = []
  /// How many levels a cancel behind the touch found better than its own.
  private(set) var cancelRanks: [Int64] = []
  /// Cancels at and behind the touch: all, and those of a whole level.
  private(set) var touchCancels = Share()
  private(set) var deepCancels = Share()
  /// Orders inside the spread: how many, on the side not depleted last, closing it; and for how long it was open.
  private(set) var follows = Share()
  private(set) var closes = Share()
  private(set) var openSeconds = 0.0
  private(set) var seconds = 0.0
  /// The first best bid.
  private(set) var startTicks: Int64?

  struct Share {
    var count = 0
    var all = 0
    mutating func add(_ holds: Bool) {
      all += 1
      if holds { count += 1 }
    }
    var value: Double { all == 0 ? 0 : Double(count) / Double(all) }
  }

  private var reader = TouchReader()
  private var firstNs: Int64?
  private var lastTouchNs: Int64 = 0
  private var lastDepthNs: Int64 = 0
  private var depleted = Side.buy
  private var order: (exchangeNs: Int64, side: Side, lots: Int64)?
  /// Traded at each maker's side since its touch was last told, and the worst price since depth was.
  private var traded: [Side: Int64] = [:]
  private var tradedThrough: [Side: Price] = [:]
  /// Changes behind the touch in the message that is being read.
  private var deep: [FlowEvent] = []

  init(_ rows: some Sequence<TapeRow>) {
    for row in rows { take(row) }
    endOrder()
    events.sort { $0.seconds < $1.seconds }
  }

  private mutating func take(_ row: TapeRow) {
    let now = time(row)
    seconds = max(seconds, now)
    if row.kind == .trade { trade(row, now) }
    if row.kind == .level { level(row, now) }
    let before = reader.touch
    let isTouchTold = reader.take(row)
    if row.endsMessage, row.kind == .level || row.kind == .snapshotLevel { endDepth(row, now) }
    guard isTouchTold else { return }
    if startTicks == nil { startTicks = reader.touch?.bid.price.ticks }
    if let before {
      if before.spreadTicks > 1 { openSeconds += Double(row.localTimeNs - lastTouchNs) * 1e-9 }
      if let after = reader.touch {
        for side in Side.allCases { compare(side, before, after, now) }
      }
    }
    lastTouchNs = row.localTimeNs
    traded = [:]
  }

  private mutating func time(_ row: TapeRow) -> Double {
    let first = firstNs ?? row.localTimeNs
    firstNs = first
    return Double(row.localTimeNs - first) * 1e-9
  }

  // MARK: Trades

  /// Trades of one exchange time and side are one market order.
  private mutating func trade(_ row: TapeRow, _ now: Double) {
    let maker = row.side.opposite
    traded[maker, default: 0] += row.quantity.lots
    let worst = tradedThrough[maker] ?? row.price
    tradedThrough[maker] = maker == .buy ? min(worst, row.price) : max(worst, row.price)
    if let order, order.exchangeNs == row.exchangeTimeNs, order.side == row.side {
      self.order?.lots += row.quantity.lots
      return
    }
    endOrder()
    order = (row.exchangeTimeNs, row.side, row.quantity.lots)
    events.append(FlowEvent(seconds: now, kind: .market, presses: row.side))
  }

  private mutating func endOrder() {
    if let order { marketLots.append(order.lots) }
    order = nil
  }

  // MARK: The touch

  private mutating func compare(_ side: Side, _ before: Touch, _ after: Touch, _ now: Double) {
    let old = before.level(side)
    let new = after.level(side)
    let better = side.sign * (new.price.ticks - old.price.ticks)
    if better > 0 {
      guard before.spreadTicks > 1 else { return }
      follows.add(side != depleted)
      closes.add(after.spreadTicks == 1)
      touchLots.append(new.quantity.lots)
    } else if better < 0 {
      depleted = side
      if traded[side, default: 0] == 0 { cancel(side, isWhole: true, now) }
    } else if new.quantity > old.quantity {
      touchLots.append(new.quantity.lots - old.quantity.lots)
      events.append(FlowEvent(seconds: now, kind: .limitTouch, presses: side))
    } else if old.quantity.lots - new.quantity.lots > traded[side, default: 0] {
      cancel(side, isWhole: false, now)
    }
  }

  private mutating func cancel(_ side: Side, isWhole: Bool, _ now: Double) {
    touchCancels.add(isWhole)
    events.append(FlowEvent(seconds: now, kind: .cancelTouch, presses: side.opposite))
  }

  // MARK: Behind the touch

  private mutating func level(_ row: TapeRow, _ now: Double) {
    guard let best = reader.touch?.level(row.side).price else { return }
    let ticks = row.side.sign * (best.ticks - row.price.ticks)
    let rank = rank(row.side, row.price)
    guard ticks >= 1, ticks <= Self.furthestTicks, rank <= Self.deepestRank else { return }
    let before = reader.book.level(row.side, row.price)?.displayed ?? .zero
    if row.quantity > before {
      deepLots.append(row.quantity.lots - before.lots)
      deepTicks.append(ticks)
      deep.append(FlowEvent(seconds: now, kind: .limitDeep, presses: row.side))
    } else if row.quantity < before {
      // A level that was traded at or through is no cancel.
      if let worst = tradedThrough[row.side], row.side.sign * (row.price.ticks - worst.ticks) >= 0 { return }
      deepCancels.add(row.quantity.lots == 0)
      cancelRanks.append(max(1, Int64(rank)))
      deep.append(FlowEvent(seconds: now, kind: .cancelDeep, presses: row.side.opposite))
    }
  }

  /// Where depth comes in batches beside a faster touch, the changes of one are spread evenly over the time since the last:
  /// when they happened is not told, and all at once would look like one exciting the next.
  private mutating func endDepth(_ row: TapeRow, _ now: Double) {
    if reader.hasTouchRows, lastDepthNs > 0 {
      let length = Double(row.localTimeNs - lastDepthNs) * 1e-9
      for i in deep.indices {
        deep[i].seconds = now - length * (1 - (Double(i) + 0.5) / Double(deep.count))
      }
    }
    events += deep
    deep = []
    lastDepthNs = row.localTimeNs
    tradedThrough = [:]
  }

  /// How many levels of the depth are better than `price`.
  private func rank(_ side: Side, _ price: Price) -> Int {
    let levels = reader.book.levels(side)  // from worst to best
    var (low, high) = (0, levels.count)
    while low < high {
      let middle = (low + high) / 2
      if levels[middle].price.isBetter(than: price, for: side) { high = middle } else { low = middle + 1 }
    }
    return levels.count - low
  }

  /// Changes further away than these are no part of the model: its book has 256 levels a side.
  private static var furthestTicks: Int64 { 10_000 }
  private static var deepestRank: Int { 200 }
}
