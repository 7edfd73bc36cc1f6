// The obvious fused book: dictionaries and sorting, written from the rule and not from the implementation.

import Market

struct SlowBook {
  private(set) var bids: [Int64: Int64] = [:]
  private(set) var asks: [Int64: Int64] = [:]
  private var sequence: UInt64 = 0
  private var ticker: (sequence: UInt64, bid: BookLevel, ask: BookLevel)?
  private var half: (sequence: UInt64, bid: BookLevel)?
  private(set) var isValid = false

  mutating func load(_ newBids: [BookLevel], _ newAsks: [BookLevel], sequence newSequence: UInt64) {
    bids = Dictionary(newBids.map { ($0.price.ticks, $0.quantity.lots) }) { $1 }
    asks = Dictionary(newAsks.map { ($0.price.ticks, $0.quantity.lots) }) { $1 }
    sequence = newSequence
    isValid = true
    giveUpIfCrossed(comparesDepth: true)
  }

  /// After a whole message the best bid is below the best ask, or there is no book.
  private mutating func giveUpIfCrossed(comparesDepth: Bool) {
    func overlap(_ bid: Int64?, _ ask: Int64?) -> Bool { bid != nil && ask != nil && bid! >= ask! }
    let depth = (bid: bids.keys.max(), ask: asks.keys.min())
    var touch = depth
    if let ticker, ticker.sequence > sequence {
      touch.bid = ticker.bid.quantity.lots == 0 ? nil : ticker.bid.price.ticks
      touch.ask = ticker.ask.quantity.lots == 0 ? nil : ticker.ask.price.ticks
    }
    guard isValid, overlap(touch.bid, touch.ask) || (comparesDepth && overlap(depth.bid, depth.ask)) else { return }
    becomeVoid()
  }

  private mutating func becomeVoid() {
    isValid = false
    sequence = 0
    ticker = nil
    half = nil
  }

  mutating func apply(_ event: MarketEvent) {
    let level = BookLevel(price: event.price, quantity: event.quantity)
    switch (event.kind, event.side) {
    case (.level, _) where !isValid: break
    case (.level, .buy): bids[level.price.ticks] = level.quantity.lots == 0 ? nil : level.quantity.lots
    case (.level, .sell): asks[level.price.ticks] = level.quantity.lots == 0 ? nil : level.quantity.lots
    case (.depthEnd, _):
      if isValid { sequence = event.sequence }
      giveUpIfCrossed(comparesDepth: true)
    case (.touch, .buy): half = (event.sequence, level)
    case (.touch, .sell):
      if let half, half.sequence == event.sequence, event.sequence > max(sequence, ticker?.sequence ?? 0) {
        ticker = (event.sequence, half.bid, level)
        giveUpIfCrossed(comparesDepth: false)
      }
    case (.streamBroken, _), (.instrumentHalted, _): becomeVoid()
    default: break
    }
  }

  /// All levels of a side, best first, as fused.
  func levels(_ side: Side) -> [BookLevel] {
    guard isValid else { return [] }
    func better(_ a: Price, _ b: Price) -> Bool { side == .buy ? a > b : a < b }
    let depth = (side == .buy ? bids : asks)
      .map { BookLevel(price: Price(ticks: $0.key), quantity: Quantity(lots: $0.value)) }
      .sorted { better($0.price, $1.price) }
    guard let ticker, ticker.sequence > sequence else { return depth }
    let touch = side == .buy ? ticker.bid : ticker.ask
    return touch.quantity.lots == 0 ? [] : [touch] + depth.filter { better(touch.price, $0.price) }
  }
}
