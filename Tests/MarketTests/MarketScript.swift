// Short ways to write market events in tests, and to play them.

import Market

/// A book with its snapshot pool.
struct BookUnderTest: ~Copyable {
  var book: OrderBook
  let pool: SnapshotPool

  init(pagesPerSide: Int = 8192, levelsPerSide: Int = 5000) {
    book = OrderBook(pagesPerSide: pagesPerSide)
    pool = SnapshotPool(buffers: 2, levelsPerSide: levelsPerSide)
  }

  @discardableResult
  mutating func play(_ event: MarketEvent) -> BookChange {
    withUnsafePointer(to: event) { book.apply($0, snapshots: pool) }
  }

  @discardableResult
  mutating func playSnapshot(_ bids: [BookLevel], _ asks: [BookLevel], sequence: UInt64, timeNs: Int64 = 0)
    -> BookChange
  {
    let handle = pool.acquire()!
    for level in bids { precondition(pool.bids(handle).append(level)) }
    for level in asks { precondition(pool.asks(handle).append(level)) }
    return play(.script(.snapshot, sequence: sequence, ticks: Int64(handle), timeNs: timeNs))
  }

  @discardableResult
  mutating func playTicker(_ sequence: UInt64, bid: (Int64, Int64), ask: (Int64, Int64)) -> BookChange {
    play(.script(.touch, .buy, sequence: sequence, ticks: bid.0, lots: bid.1))
    return play(.script(.touch, .sell, sequence: sequence, ticks: ask.0, lots: ask.1))
  }

  @discardableResult
  mutating func playDepth(_ sequence: UInt64, bids: [(Int64, Int64)] = [], asks: [(Int64, Int64)] = []) -> BookChange {
    for (ticks, lots) in bids { play(.script(.level, .buy, sequence: sequence, ticks: ticks, lots: lots)) }
    for (ticks, lots) in asks { play(.script(.level, .sell, sequence: sequence, ticks: ticks, lots: lots)) }
    return play(.script(.depthEnd, sequence: sequence))
  }

  /// The best `count` levels.
  func levels(_ side: Side, _ count: Int = 20_000) -> [BookLevel] {
    withUnsafeTemporaryAllocation(of: BookLevel.self, capacity: count) { buffer in
      let found = book.levels(side, into: buffer)
      return Array(buffer[..<found])
    }
  }
}

extension MarketEvent {
  static func script(
    _ kind: MarketEventKind, _ side: Side = .buy, sequence: UInt64 = 0, ticks: Int64 = 0, lots: Int64 = 0,
    timeNs: Int64 = 0
  ) -> MarketEvent {
    MarketEvent(
      kind: kind, side: side, venue: VenueIndex(0), instrument: InstrumentIndex(0), definitionVersion: 1,
      sequence: sequence, cause: 0, eventTimeNs: 0, receiveTimeNs: timeNs, receiveTsc: 0, price: Price(ticks: ticks),
      quantity: Quantity(lots: lots))
  }
}

extension BookLevel {
  init(_ ticks: Int64, _ lots: Int64) { self.init(price: Price(ticks: ticks), quantity: Quantity(lots: lots)) }
}
