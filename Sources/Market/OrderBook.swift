// The fused book of one instrument: depth messages say how deep it is, ticker messages where its touch is now.

import Pipeline

/// The book of one instrument, from `MarketEvent`s of one feed.
///
/// Two truths are kept apart. The ladders hold what depth messages said, up to update `sequence`. The ticker holds the
/// newest touch, as of its own update id. While the ticker is newer, it *is* the touch: levels better than it are hidden
/// and the level at its price has its quantity. A depth message older than the ticker changes the ladders behind it and
/// never the touch; one at least as new makes the ladders alone the truth again. As nothing is removed for a ticker's
/// sake, the ladders stay exactly what the depth stream says.
///
/// Between `level` and `depthEnd` the ladders are in the middle of a message: read the book when `isConsistent`. A book
/// that is crossed after a whole message is void from that moment: matching leaves none, so it is not the venue's.
/// Not thread-safe: the strategy stage that applies the events owns it. About 8 MB for the default of 8192 pages a side.
public struct OrderBook: ~Copyable {
  private let place = InPlace()
  /// False until the first snapshot and after the stream broke: there is no book then.
  public private(set) var isValid = false
  /// Whether all levels of the last depth message have been applied.
  public private(set) var isConsistent = true
  /// The last update id that the ladders contain.
  public private(set) var sequence: UInt64 = 0
  /// The fused touch, as of the last consistent moment. Quantity zero: that side is empty, or the book is void.
  public private(set) var bestBid = BookLevel.none
  public private(set) var bestAsk = BookLevel.none
  /// Receive time of the last event that said something about the book, in the session's clock.
  public private(set) var timeNs: Int64 = 0
  public private(set) var counters = BookCounters()

  var bids: PriceLadder
  var asks: PriceLadder
  /// The newest ticker.
  private var ticker = Ticker()
  /// A ticker of which only the first half, the bid, has come.
  private var tickerBid = Ticker()
  private var history: TickerHistory

  /// - Parameter pagesPerSide: how many runs of 16 ticks a side can hold levels in; as many levels are sure to fit.
  public init(pagesPerSide: Int = 8192) {
    bids = PriceLadder(pages: pagesPerSide)
    asks = PriceLadder(pages: pagesPerSide)
    history = TickerHistory()
  }

  /// Levels furthest from the touch that were given up for want of memory.
  public var evictedLevels: Int64 { @_noLocks get { bids.evicted &+ asks.evicted } }

  /// How many levels depth messages have left on a side, those hidden behind a newer ticker included.
  @_noLocks @inline(never)
  public func levelCount(_ side: Side) -> Int { side == .buy ? bids.count : asks.count }

  /// Whether the touch is a ticker's that is newer than the depth.
  public var isTickerAhead: Bool { @_noLocks get { ticker.sequence > sequence } }

  /// Applies one event. A snapshot's buffer is given back to `snapshots` here.
  @_noLocks @inline(never)
  public mutating func apply(_ event: UnsafePointer<MarketEvent>, snapshots: SnapshotPool) -> BookChange {
    switch event.pointee.kind {
    case .level:
      guard isValid else { return .none }
      isConsistent = false
      set(event.pointee.side, event.pointee.price, event.pointee.quantity)
      return .none
    case .depthEnd:
      guard isValid else { return .none }
      endDepth(event.pointee.sequence)
      return refresh(event.pointee.receiveTimeNs, .depth)
    case .touch:
      guard applyTouch(event) else { return .none }
      return refresh(event.pointee.receiveTimeNs, .none)
    case .snapshot:
      load(Int(event.pointee.price.ticks), event.pointee.sequence, snapshots)
      let became: BookChange = isValid ? .depth : BookChange.depth.union(.validity)
      isValid = true
      return refresh(event.pointee.receiveTimeNs, became)
    case .streamBroken, .instrumentHalted:
      let became: BookChange = isValid ? .validity : .none
      makeVoid()
      return refresh(event.pointee.receiveTimeNs, became)
    case .trade:
      return .none
    }
  }

  /// Copies the best levels of a side of the fused book, best first.
  ///
  /// - Returns: how many there were, at most `buffer.count`.
  @_noLocks @inline(never)
  public func levels(_ side: Side, into buffer: UnsafeMutableBufferPointer<BookLevel>) -> Int {
    guard isValid, buffer.count > 0 else { return 0 }
    if side == .buy {
      return fused(bids, Self.bidKeyOrigin, -1, ticker.bid, buffer)
    }
    return fused(asks, 0, 1, ticker.ask, buffer)
  }

  /// The quantity displayed at a price of the fused book; zero where there is none.
  @_noLocks @inline(never)
  public func quantity(_ side: Side, at price: Price) -> Quantity {
    guard isValid, canHold(price) else { return .zero }
    if isTickerAhead {
      let touch = side == .buy ? ticker.bid : ticker.ask
      let better = side == .buy ? price > touch.price : price < touch.price
      if touch.quantity.lots == 0 || better { return .zero }
      if price == touch.price { return touch.quantity }
    }
    let lots = side == .buy ? bids.quantity(Self.bidKeyOrigin &- price.ticks) : asks.quantity(price.ticks)
    return Quantity(lots: lots)
  }

  // MARK: Depth

  /// Bids lie mirrored in their ladder, so that both grow away from the touch.
  private static var bidKeyOrigin: Int64 { PriceLadder.keyLimit &- 1 }

  @inline(always)
  private func canHold(_ price: Price) -> Bool { price.ticks > 0 && price.ticks < PriceLadder.keyLimit }

  private mutating func set(_ side: Side, _ price: Price, _ quantity: Quantity) {
    guard canHold(price), quantity.lots >= 0 else {
      counters.outOfRange &+= 1
      return
    }
    if side == .buy {
      bids.set(Self.bidKeyOrigin &- price.ticks, quantity.lots)
    } else {
      asks.set(price.ticks, quantity.lots)
    }
  }

  private mutating func makeVoid() {
    ticker = Ticker()
    tickerBid = Ticker()
    history.removeAll()
    sequence = 0  // update ids need not go on where they stopped
    isValid = false
    isConsistent = true
  }

  private mutating func endDepth(_ newSequence: UInt64) {
    sequence = newSequence
    isConsistent = true
    counters.depthApplied &+= 1
    let bid = depthBid
    let ask = depthAsk
    if let told = history.take(newSequence) {
      counters.tickerCompared &+= 1
      if told.bid != bid || told.ask != ask { counters.tickerMismatches &+= 1 }
    }
  }

  private mutating func load(_ handle: Int, _ newSequence: UInt64, _ snapshots: SnapshotPool) {
    bids.removeAll()
    asks.removeAll()
    var i = 0
    let newBids = snapshots.bids(handle)
    while i < newBids.count {
      set(.buy, newBids[i].price, newBids[i].quantity)
      i &+= 1
    }
    i = 0
    let newAsks = snapshots.asks(handle)
    while i < newAsks.count {
      set(.sell, newAsks[i].price, newAsks[i].quantity)
      i &+= 1
    }
    snapshots.release(handle)
    sequence = newSequence
    isConsistent = true
    counters.snapshots &+= 1
    _ = history.take(newSequence)  // tickers of the time before it have no depth message to be compared with
  }

  /// The best levels of the ladders alone.
  @inline(always)
  private var depthBid: BookLevel {
    let best = bids.best
    return best.key < 0 ? .none : level(best.key, best.quantity, Self.bidKeyOrigin, -1)
  }

  @inline(always)
  private var depthAsk: BookLevel {
    let best = asks.best
    return best.key < 0 ? .none : level(best.key, best.quantity, 0, 1)
  }

  @inline(always)
  private func level(_ key: Int64, _ quantity: Int64, _ origin: Int64, _ sign: Int64) -> BookLevel {
    BookLevel(price: Price(ticks: origin &+ sign &* key), quantity: Quantity(lots: quantity))
  }

  // MARK: Ticker and fusion

  /// Takes one half of a ticker.
  ///
  /// - Returns: whether the touch of the fused book may be another one now.
  private mutating func applyTouch(_ event: UnsafePointer<MarketEvent>) -> Bool {
    let level = BookLevel(price: event.pointee.price, quantity: event.pointee.quantity)
    if event.pointee.side == .buy {
      tickerBid = Ticker(sequence: event.pointee.sequence, bid: level, ask: .none)
      return false
    }
    guard tickerBid.sequence == event.pointee.sequence else { return false }
    guard event.pointee.sequence > sequence, event.pointee.sequence > ticker.sequence else {
      counters.tickerStale &+= 1
      return false
    }
    guard isPossible(tickerBid.bid), isPossible(level) else {
      counters.outOfRange &+= 1
      return false
    }
    ticker = Ticker(sequence: event.pointee.sequence, bid: tickerBid.bid, ask: level)
    history.append(ticker)
    return isValid
  }

  /// Whether a ticker's side is a level that a book can hold, or empty.
  private func isPossible(_ touch: BookLevel) -> Bool {
    touch.quantity.lots == 0 || (touch.quantity.lots > 0 && canHold(touch.price))
  }

  private func overlap(_ bid: BookLevel, _ ask: BookLevel) -> Bool {
    bid.quantity.lots > 0 && ask.quantity.lots > 0 && bid.price >= ask.price
  }

  private func fused(
    _ ladder: borrowing PriceLadder, _ origin: Int64, _ sign: Int64, _ touch: BookLevel,
    _ buffer: UnsafeMutableBufferPointer<BookLevel>
  ) -> Int {
    var count = 0
    var hidden: Int64 = -1
    if isTickerAhead {
      guard touch.quantity.lots > 0 else { return 0 }
      buffer[0] = touch
      count = 1
      hidden = sign &* (touch.price.ticks &- origin)
    }
    var cursor = ladder.first
    while count < buffer.count {
      let next = ladder.next(&cursor)
      if next.key < 0 { break }
      if next.key <= hidden { continue }
      buffer[count] = level(next.key, next.quantity, origin, sign)
      count &+= 1
    }
    return count
  }

  /// Recomputes the touch if the book is consistent.
  private mutating func refresh(_ receiveTimeNs: Int64, _ change: BookChange) -> BookChange {
    timeNs = receiveTimeNs
    guard isConsistent else { return change }
    let bid = !isValid ? .none : isTickerAhead ? ticker.bid : depthBid
    let ask = !isValid ? .none : isTickerAhead ? ticker.ask : depthAsk
    if overlap(bid, ask) || (isValid && change.contains(.depth) && overlap(depthBid, depthAsk)) {
      counters.crossed &+= 1
      makeVoid()
      bestBid = .none
      bestAsk = .none
      return change.union(.touch).union(.validity).union(.crossed)
    }
    guard bid != bestBid || ask != bestAsk else { return change }
    bestBid = bid
    bestAsk = ask
    return change.union(.touch)
  }
}
