// A SYNTHETIC market: seeded random order flow in the message formats of Binance. It is no recording and proves nothing
// about real markets; it lets a fresh clone run without one.

import Market

/// Zero-intelligence order flow (limit orders, cancels and market orders at random, after Daniels, Farmer, Gillemot, Iori
/// and Smith, PRL 90, 2003) with market orders that tend to repeat their side. The book of `DerivedRules.syntheticSymbol`
/// is never crossed, update and trade ids only grow, and the same seed gives the same bytes.
public struct SyntheticMarket: MarketSource {
  public let summary: MarketSummary

  private let instrument: Instrument
  private let writer: SyntheticMessages
  private var random: SplitMix64
  private var book = DisplayedBook()
  private var timeNs: Int64
  private var updateId: UInt64 = 1_000_000
  private var tradeId: UInt64 = 1_000_000
  private var lastTaker = Side.buy
  private var quotedTouch: [DisplayedLevel] = []
  /// Levels that changed since the last depth message, and the update id that began it.
  private var changed: [Side: Set<Price>] = [:]
  private var firstUpdateId: UInt64
  private var nextDepthNs: Int64
  private var depthCount = 0
  private var pending: [MarketLine] = []

  /// 2025-01-01 00:00 UTC: an arbitrary, fixed beginning.
  public static let startNs: Int64 = 1_735_689_600_000_000_000
  /// 200 events a second on average, about the pace of BTCUSDT's touch.
  private static let meanEventNs: Int64 = 5_000_000
  private static let depthIntervalNs: Int64 = 100_000_000
  private static let startTicks: Int64 = 60_000_00
  private static let levelsPerSide = 300
  /// The snapshot stands after the third depth message, as a recorder's REST call would.
  private static let depthsBeforeSnapshot = 3

  public init(seed: UInt64) {
    guard let instrument = DerivedRules.instruments(symbols: [DerivedRules.syntheticSymbol])?.first else {
      preconditionFailure("the synthetic symbol has rules")
    }
    self.instrument = instrument
    writer = SyntheticMessages(instrument: instrument)
    random = SplitMix64(seed: seed)
    timeNs = Self.startNs
    nextDepthNs = Self.startNs + Self.depthIntervalNs
    firstUpdateId = updateId + 1
    var summary = MarketSummary()
    summary.firstTimeNs = Self.startNs
    for stream in writer.streams { summary.streams[stream] = 0 }
    summary.snapshots[DerivedRules.syntheticSymbol] = 1
    self.summary = summary
    for side in Side.allCases {
      for i in 0..<Int64(Self.levelsPerSide) {
        let price = Price(ticks: Self.startTicks - side.sign * (1 + i * 8 + random.below(8)))
        book.set(side, price, randomQuantity(), updateId: updateId)
      }
    }
    quotedTouch = touch
  }

  public mutating func next() -> MarketLine? {
    while pending.isEmpty { advance() }
    return pending.removeFirst()
  }

  private var touch: [DisplayedLevel] { [book.bestBid, book.bestAsk].compactMap { $0 } }

  private mutating func advance() {
    timeNs += 1 + random.below(10_000) * (2 * Self.meanEventNs / 10_000)
    while nextDepthNs <= timeNs { emitDepth() }
    let side: Side = random.chance(50) ? .buy : .sell
    let levels = book.levels(side).count
    let kind = random.below(100)
    if levels < Self.levelsPerSide / 2 || (kind < 45 && levels < 2 * Self.levelsPerSide) {
      addLimit(side)
    } else if kind < 90 {
      cancel(side)
    } else {
      trade()
    }
    let now = touch
    guard now.map(\.price) != quotedTouch.map(\.price) || now.map(\.displayed) != quotedTouch.map(\.displayed) else {
      return
    }
    quotedTouch = now
    pending.append(writer.bookTicker(bid: now[0], ask: now[1], updateId: updateId, timeNs: timeNs))
  }

  private mutating func addLimit(_ side: Side) {
    let (own, other) = side == .buy ? (touch[0].price, touch[1].price) : (touch[1].price, touch[0].price)
    let gap = (other.ticks - own.ticks) * side.sign
    var ticks = own.ticks
    if gap > 1, random.chance(40) {
      ticks += side.sign * (1 + random.below(min(gap - 1, 1_000)))
    } else if random.chance(60) {
      // Skewed towards the touch: the product of two uniform distances.
      ticks -= side.sign * (random.below(2_000) * random.below(2_000) / 1_000)
    }
    let price = Price(ticks: ticks)
    let standing = book.level(side, price)?.displayed ?? .zero
    change(side, price, Quantity(lots: standing.lots + randomQuantity().lots))
  }

  private mutating func cancel(_ side: Side) {
    let levels = book.levels(side)
    let level = levels[levels.count - 1 - Int(random.below(Int64(min(60, levels.count))))]
    let rest = random.chance(70) ? 0 : level.displayed.lots / 2
    change(side, level.price, Quantity(lots: rest))
  }

  private mutating func trade() {
    if random.chance(30) { lastTaker = lastTaker.opposite }
    let side = lastTaker.opposite
    var left = (1 + random.below(1_000)) * (1 + random.below(60))
    for level in book.levels(side).reversed().prefix(10) where left > 0 {
      let quantity = Quantity(lots: min(left, level.displayed.lots))
      left -= quantity.lots
      tradeId += 1
      change(side, level.price, Quantity(lots: level.displayed.lots - quantity.lots))
      pending.append(
        writer.trade(
          PriceQuantity(price: level.price, quantity: quantity), takerSide: lastTaker, tradeId: tradeId, timeNs: timeNs)
      )
    }
  }

  private mutating func change(_ side: Side, _ price: Price, _ quantity: Quantity) {
    updateId += 1
    book.set(side, price, quantity, updateId: updateId)
    changed[side, default: []].insert(price)
  }

  private mutating func emitDepth() {
    if firstUpdateId <= updateId {
      var levels: [Side: [PriceQuantity]] = [:]
      for side in Side.allCases {
        levels[side] = (changed[side] ?? []).sorted { $0.isBetter(than: $1, for: side) }.map {
          PriceQuantity(price: $0, quantity: book.level(side, $0)?.displayed ?? .zero)
        }
      }
      pending.append(
        writer.depth(
          bids: levels[.buy] ?? [], asks: levels[.sell] ?? [], first: firstUpdateId, last: updateId,
          timeNs: nextDepthNs))
      changed = [:]
      firstUpdateId = updateId + 1
    }
    depthCount += 1
    if depthCount == Self.depthsBeforeSnapshot {
      pending.append(writer.snapshot(book, updateId: updateId, timeNs: nextDepthNs))
    }
    nextDepthNs += Self.depthIntervalNs
  }

  /// Skewed: most are small, a few are a hundred times larger.
  private mutating func randomQuantity() -> Quantity {
    Quantity(lots: (1 + random.below(1_000)) * (1 + random.below(100)))
  }
}
