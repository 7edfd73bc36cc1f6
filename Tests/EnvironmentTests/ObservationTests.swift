import CEnvironment
import Environment
import Market
import Simulation
import Testing

/// Observations are what the live book and the live features make of the same messages, bit for bit.
@Suite struct ObservationTests {
  @Test func observationsAreTheLiveFeatures() throws {
    let seed: UInt64 = 21
    let batch = BatchUnderTest(.scripted(.quote) { $0.features = 1 }, seeds: [seed])
    #expect(batch.size == 56)
    // A quoting learner does not change the market: it can be run again beside it.
    var seeds = SplitMix64(seed: seed)
    var market = try HawkesMarket(.plain, seed: seeds.next())
    var replay = LiveReplay()
    let rows = UnsafeMutablePointer<TapeRow>.allocate(capacity: HawkesMarket.rowsPerMessage)
    defer { rows.deallocate() }
    replay.apply(rows, market.next(into: rows))
    #expect(replay.reading == (0..<48).map { batch.observations[$0].bitPattern })
    for number in 0..<2000 {
      // The step after an episode's end has no message of the market.
      let isBeginning = number % 5 == 4
      batch.step(number)
      if !isBeginning { replay.apply(rows, market.next(into: rows)) }
      #expect(replay.reading == (0..<48).map { batch.observations[$0].bitPattern })
    }
    #expect(replay.trades > 20)
  }
}

/// Rows as the events that a feed would publish, applied as the strategy stage applies them.
private struct LiveReplay: ~Copyable {
  private var book = OrderBook()
  private var features = FeatureEngine()
  private let pool = SnapshotPool(buffers: 1, levelsPerSide: 5000)
  private var nowNs: Int64 = 0
  private(set) var trades = 0

  mutating func apply(_ rows: UnsafePointer<TapeRow>, _ count: Int) {
    let message = (0..<count).map { rows[$0] }
    nowNs = message[0].localTimeNs
    if message[0].kind == .clear {
      let handle = pool.acquire()!
      for row in message where row.kind == .snapshotLevel {
        let side = row.side == .buy ? pool.bids(handle) : pool.asks(handle)
        precondition(side.append(BookLevel(price: row.price, quantity: row.quantity)))
      }
      publish(.snapshot, message[0], price: Price(ticks: Int64(handle)))
      return
    }
    for row in message where row.kind == .trade { publish(.trade, row, price: row.price) }
    for row in message where row.kind == .level { publish(.level, row, price: row.price) }
    if let last = message.last(where: { $0.kind == .level }) { publish(.depthEnd, last, price: Price(ticks: 0)) }
  }

  private mutating func publish(_ kind: MarketEventKind, _ row: TapeRow, price: Price) {
    var event = MarketEvent(
      kind: kind, side: row.side, venue: VenueIndex(0), instrument: InstrumentIndex(0), definitionVersion: 1,
      sequence: row.number, cause: 0, eventTimeNs: row.exchangeTimeNs, receiveTimeNs: row.localTimeNs, receiveTsc: 0,
      price: price, quantity: row.quantity)
    if kind == .trade {
      trades += 1
      features.onTrade(&event)
    } else if !book.apply(&event, snapshots: pool).isEmpty {
      features.onBook(book, nowNs: nowNs)
    }
  }

  /// The bits of the 48 features.
  var reading: [UInt32] {
    var vector = FeatureVector()
    _ = features.fill(&vector, nowNs: nowNs)
    return (0..<FeatureVector.count).map { vector[$0].bitPattern }
  }
}
