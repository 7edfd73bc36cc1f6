// The feed of a backtest: market messages become the events that the live feed makes of the same messages.

public import Market
public import Pipeline
public import Simulation
import Venues

/// Publishes into the ring of a strategy stage by the rules of the live feed on one connection to each venue.
///
/// A stream is void until its snapshot; its diffs are kept for it, tickers and trades withheld. A diff that does not
/// continue the book, or a book that its reader gives up, makes it void again. A message is published whole or not at
/// all (the live feed breaks the stream there; here the caller lets the stages run and offers it again).
public struct SimulatedFeed: ~Copyable {
  /// What happened to the streams.
  public struct Counters: BitwiseCopyable, Sendable {
    public var diffs = 0
    public var tickers = 0
    public var trades = 0
    public var snapshots = 0
    public var gaps = 0
    public var crossedBooks = 0
    /// Tickers and trades of a void stream.
    public var withheld = 0
  }

  public private(set) var counters = Counters()
  private let instruments: [Instrument]
  private var streams: [Stream]
  private var events: RingProducer<MarketEvent>
  private var faults: RingConsumer<BookFault>
  private let snapshots: SnapshotPool
  /// When each venue may be asked for a snapshot, by its index.
  private var budgets: [SnapshotBudget]

  /// Between two requests for a snapshot, when the first was of no use.
  private static var snapshotRetryNs: Int64 { 1_000_000_000 }

  private struct Diff {
    var bids: [PriceQuantity]
    var asks: [PriceQuantity]
    var firstUpdate: UInt64
    var lastUpdate: UInt64
    var timeNs: Int64
  }

  private struct Stream {
    var isLive = false
    var lastUpdate: UInt64 = 0
    var snapshotUpdate: UInt64 = 0
    var lastTicker: UInt64 = 0
    var lastTrade: UInt64 = 0
    /// When to ask for a snapshot; `.max` while one is asked for or not needed.
    var snapshotDueNs: Int64
    /// A break that the ring has not taken yet.
    var owesBreak = false
    var kept: [Diff] = []
  }

  /// - Parameter startNs: when the streams are subscribed to, and the first snapshots asked for.
  public init(
    instruments: [Instrument], startNs: Int64, events: consuming RingProducer<MarketEvent>,
    faults: consuming RingConsumer<BookFault>, snapshots: SnapshotPool
  ) {
    self.instruments = instruments
    self.events = events
    self.faults = faults
    self.snapshots = snapshots
    streams = instruments.map { _ in Stream(snapshotDueNs: startNs) }
    budgets = Array(repeating: SnapshotBudget(), count: instruments.map { Int($0.venue.rawValue) + 1 }.max() ?? 0)
  }

  func venue(of instrument: InstrumentIndex) -> VenueIndex { instruments[Int(instrument.rawValue)].venue }

  /// When the next snapshot is to be asked for; `.max` for none.
  public var nextRequestNs: Int64 { streams.indices.reduce(.max) { min($0, requestNs($1)) } }

  /// When the stream's snapshot is due, and its venue may be asked.
  private func requestNs(_ i: Int) -> Int64 {
    max(streams[i].snapshotDueNs, budgets[Int(instruments[i].venue.rawValue)].opensNs)
  }

  /// The next instrument whose snapshot is to be asked for by now.
  public mutating func takeRequest(nowNs: Int64) -> Instrument? {
    guard let i = streams.indices.first(where: { requestNs($0) <= nowNs }) else { return nil }
    budgets[Int(instruments[i].venue.rawValue)].count(nowNs)
    streams[i].snapshotDueNs = .max
    return instruments[i]
  }

  /// The venue refused a request for a snapshot, and wants none before that time.
  mutating func refused(_ instrument: InstrumentIndex, untilNs: Int64, nowNs: Int64) {
    let i = Int(instrument.rawValue)
    budgets[Int(instruments[i].venue.rawValue)].close(untilNs: untilNs)
    if !streams[i].isLive { streams[i].snapshotDueNs = nowNs + Self.snapshotRetryNs }
  }

  /// A venue's connection is lost: every stream of it is void, and subscribed to anew when it is back.
  public mutating func disconnect(_ venue: VenueIndex, nowNs: Int64, backNs: Int64) {
    for i in streams.indices where instruments[i].venue == venue {
      streams[i].kept = []
      streams[i].snapshotDueNs = backNs
      if streams[i].isLive { breakStream(i, snapshotDueNs: backNs, nowNs) }
    }
  }

  /// Takes a message as it arrives.
  ///
  /// - Returns: false when the ring has no room for what it becomes; offer it again when the reader has gone on.
  public mutating func take(_ message: MarketMessage, of instrument: InstrumentIndex, nowNs: Int64) -> Bool {
    let i = Int(instrument.rawValue)
    guard payBreak(i, nowNs) else { return false }
    switch message {
    case .depth(let bids, let asks, let first, let last):
      return take(Diff(bids: bids, asks: asks, firstUpdate: first, lastUpdate: last, timeNs: nowNs), i)
    case .touch(let bid, let ask, let update): return take(bid, ask, update, i, nowNs)
    case .trade(let trade, let taker, let number): return take(trade, taker, number, i, nowNs)
    case .snapshot(let bids, let asks, let update): return take(snapshot: bids, asks, update, i, nowNs)
    }
  }

  /// Takes the faults of books that their reader has given up.
  ///
  /// - Returns: how many.
  public mutating func takeFaults(nowNs: Int64) -> Int {
    let count = faults.available()
    for k in 0..<count {
      let fault = faults.peek(k).pointee
      let i = Int(fault.instrument.rawValue)
      // A book that was made anew in the meantime is not meant.
      guard streams[i].isLive, fault.sequence >= streams[i].snapshotUpdate else { continue }
      counters.crossedBooks += 1
      breakStream(i, snapshotDueNs: nowNs + Self.snapshotRetryNs, nowNs)
    }
    faults.release(count)
    return count
  }
}

// MARK: - Messages

extension SimulatedFeed {
  private mutating func take(_ diff: Diff, _ i: Int) -> Bool {
    guard streams[i].isLive else {
      streams[i].kept.append(diff)
      return true
    }
    guard diff.lastUpdate > streams[i].lastUpdate else { return true }
    guard diff.firstUpdate <= streams[i].lastUpdate + 1 else {
      counters.gaps += 1
      breakStream(i, snapshotDueNs: diff.timeNs, diff.timeNs)
      streams[i].kept.append(diff)
      return true
    }
    return publish(diff, i)
  }

  private mutating func take(
    _ bid: PriceQuantity, _ ask: PriceQuantity, _ update: UInt64, _ i: Int, _ nowNs: Int64
  ) -> Bool {
    guard streams[i].isLive else {
      counters.withheld += 1
      return true
    }
    guard update > streams[i].lastTicker else { return true }
    guard events.free >= 2 else { return false }
    streams[i].lastTicker = update
    for (side, level) in [(Side.buy, bid), (.sell, ask)] {
      put(event(.touch, i, side, level, sequence: update, timeNs: nowNs))
    }
    events.publish()
    counters.tickers += 1
    return true
  }

  private mutating func take(_ trade: PriceQuantity, _ taker: Side, _ number: UInt64, _ i: Int, _ nowNs: Int64) -> Bool
  {
    guard number > streams[i].lastTrade else { return true }
    guard streams[i].isLive else {
      streams[i].lastTrade = number
      counters.withheld += 1
      return true
    }
    guard events.free >= 1 else { return false }
    streams[i].lastTrade = number
    put(event(.trade, i, taker, trade, sequence: number, timeNs: nowNs))
    events.publish()
    counters.trades += 1
    return true
  }

  /// The answer to a request: used where the kept diffs continue it.
  private mutating func take(
    snapshot bids: [PriceQuantity], _ asks: [PriceQuantity], _ update: UInt64, _ i: Int, _ nowNs: Int64
  ) -> Bool {
    guard !streams[i].isLive else { return true }
    let following = streams[i].kept.filter { $0.lastUpdate > update }
    let slots = following.reduce(1) { $0 + $1.bids.count + $1.asks.count + 1 }
    guard events.free >= slots, let handle = snapshots.acquire() else { return false }
    streams[i].kept = following
    guard connects(following, after: update), fill(handle, bids, asks) else {
      snapshots.release(handle)
      streams[i].snapshotDueNs = nowNs + Self.snapshotRetryNs
      return true
    }
    var event = event(.snapshot, i, .buy, .none, sequence: update, timeNs: nowNs)
    event.price = Price(ticks: Int64(handle))
    put(event)
    events.publish()
    counters.snapshots += 1
    streams[i].isLive = true
    streams[i].lastUpdate = update
    streams[i].snapshotUpdate = update
    streams[i].kept = []
    for diff in following { _ = publish(diff, i) }
    return true
  }

  private func connects(_ diffs: [Diff], after update: UInt64) -> Bool {
    var last = update
    for diff in diffs {
      guard diff.firstUpdate <= last + 1 else { return false }
      last = diff.lastUpdate
    }
    return true
  }

  /// - Returns: false for a snapshot that is larger than a buffer: half a book is no book.
  private func fill(_ handle: Int, _ bids: [PriceQuantity], _ asks: [PriceQuantity]) -> Bool {
    for (side, levels) in [(snapshots.bids(handle), bids), (snapshots.asks(handle), asks)] {
      for level in levels {
        guard side.append(BookLevel(price: level.price, quantity: level.quantity)) else { return false }
      }
    }
    return true
  }
}

// MARK: - Publishing

extension SimulatedFeed {
  private mutating func publish(_ diff: Diff, _ i: Int) -> Bool {
    guard events.free > diff.bids.count + diff.asks.count else { return false }
    for (side, levels) in [(Side.buy, diff.bids), (.sell, diff.asks)] {
      for level in levels { put(event(.level, i, side, level, sequence: diff.lastUpdate, timeNs: diff.timeNs)) }
    }
    put(event(.depthEnd, i, .buy, .none, sequence: diff.lastUpdate, timeNs: diff.timeNs))
    events.publish()
    streams[i].lastUpdate = diff.lastUpdate
    counters.diffs += 1
    return true
  }

  private mutating func breakStream(_ i: Int, snapshotDueNs: Int64, _ nowNs: Int64) {
    streams[i].isLive = false
    streams[i].snapshotDueNs = snapshotDueNs
    streams[i].owesBreak = true
    _ = payBreak(i, nowNs)
  }

  /// Publishes the break that the stream owes its reader, if there is one.
  private mutating func payBreak(_ i: Int, _ nowNs: Int64) -> Bool {
    guard streams[i].owesBreak else { return true }
    guard events.free >= 1 else { return false }
    put(event(.streamBroken, i, .buy, .none, sequence: streams[i].lastUpdate, timeNs: nowNs))
    events.publish()
    streams[i].owesBreak = false
    return true
  }

  private mutating func put(_ event: MarketEvent) {
    guard let slot = events.claim() else { preconditionFailure("room was asked for") }
    slot.initialize(to: event)
  }

  private func event(
    _ kind: MarketEventKind, _ i: Int, _ side: Side, _ level: PriceQuantity?, sequence: UInt64, timeNs: Int64
  ) -> MarketEvent {
    MarketEvent(
      kind: kind, side: side, venue: instruments[i].venue, instrument: instruments[i].index,
      definitionVersion: instruments[i].definitionVersion, sequence: sequence, cause: 0, eventTimeNs: 0,
      receiveTimeNs: timeNs, receiveTsc: 0, price: level?.price ?? Price(ticks: 0), quantity: level?.quantity ?? .zero)
  }
}
