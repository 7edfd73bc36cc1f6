// The backtest's feed against the live one: the same messages become the same events.

import Backtest
import Foundation
import Market
import Pipeline
import Simulation
import Support
import Testing
import Venues

/// What a strategy sees of an event: record numbers, venue stamps and buffer numbers are the edges' own.
private struct SeenEvent: Equatable {
  var kind: MarketEventKind
  var side: Side
  var sequence: UInt64
  var receiveTimeNs: Int64
  var price: Price
  var quantity: Quantity

  init(_ event: MarketEvent) {
    kind = event.kind
    side = event.side
    sequence = event.sequence
    receiveTimeNs = event.receiveTimeNs
    price = event.kind == .snapshot ? Price(ticks: 0) : event.price
    quantity = event.quantity
  }
}

/// A simulated feed of one instrument with its reader's end.
private struct SimulatedFeedUnderTest: ~Copyable {
  var feed: SimulatedFeed
  var events: RingConsumer<MarketEvent>
  var faults: RingProducer<BookFault>
  let snapshots = SnapshotPool(buffers: 4, levelsPerSide: BinanceLimits.levelsPerSnapshotSide)
  var taken: [SeenEvent] = []

  init(_ instrument: Instrument) {
    let ring = Ring<MarketEvent>(capacity: 1 << 16)
    let faultRing = Ring<BookFault>(capacity: 16)
    feed = SimulatedFeed(
      instruments: [instrument], startNs: 0, events: ring.producer, faults: faultRing.consumer, snapshots: snapshots)
    events = ring.consumer
    faults = faultRing.producer
  }

  mutating func take(_ message: MarketMessage, nowNs: Int64) -> Bool {
    guard feed.take(message, of: InstrumentIndex(0), nowNs: nowNs) else { return false }
    let count = events.available()
    for i in 0..<count {
      let event = events.peek(i).pointee
      if event.kind == .snapshot { snapshots.release(Int(event.price.ticks)) }
      taken.append(SeenEvent(event))
    }
    events.release(count)
    return true
  }
}

@Suite("The backtest's feed")
struct SimulatedFeedTests {
  @Test("synthetic messages become the live feed's events")
  func synthetic() throws {
    var source = SyntheticMarket(seed: 11)
    let instrument = try #require(DerivedRules.instruments(symbols: [DerivedRules.syntheticSymbol])?.first)
    try expectEqualEvents((0..<20_000).compactMap { _ in source.next() }, instrument)
  }

  @Test(
    "recorded messages become the live feed's events",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"), arguments: ["btcusdt", "ethusdt"])
  func recorded(name: String) throws {
    let folder = try #require(sharedData).appendingPathComponent("binance/spot")
    var reader = try CaptureReader(paths: [folder.appendingPathComponent("\(name)_20240808.gz").path])
    let instrument = try #require(DerivedRules.instruments(symbols: [name.uppercased()])?.first)
    var lines: [MarketLine] = []
    while let line = try reader.next() { lines.append(line) }
    try expectEqualEvents(lines, instrument)
  }

  @Test("a withheld diff and a book that its reader gives up make the stream void until a snapshot")
  func breaks() throws {
    let instrument = try #require(DerivedRules.instruments(symbols: [DerivedRules.syntheticSymbol])?.first)
    var test = SimulatedFeedUnderTest(instrument)
    func diff(_ first: UInt64, _ last: UInt64) -> MarketMessage {
      .depth(bids: [], asks: [], firstUpdateId: first, updateId: last)
    }
    func kinds() -> [MarketEventKind] { test.taken.map(\.kind) }
    let snapshot = MarketMessage.snapshot(bids: [], asks: [], updateId: 10)
    let isRequested = test.feed.takeRequest(nowNs: 0) != nil
    #expect(isRequested && test.feed.nextRequestNs == .max)
    let early = test.take(diff(9, 11), nowNs: 1) && test.take(snapshot, nowNs: 2)
    #expect(early && kinds() == [.snapshot, .depthEnd])
    let later = test.take(diff(13, 14), nowNs: 3)
    #expect(later && kinds().last == .streamBroken && test.feed.nextRequestNs == 3)
    let old = test.take(snapshot, nowNs: 4)
    #expect(old && kinds().last == .streamBroken && test.feed.counters.gaps == 1)
    #expect(test.feed.nextRequestNs == 1_000_000_004, "a snapshot that does not connect is asked for again")
    let whole = test.take(.snapshot(bids: [], asks: [], updateId: 13), nowNs: 5)
    #expect(whole && kinds().suffix(2) == [.snapshot, .depthEnd])
    let isTold = test.faults.tryPush(BookFault(instrument: InstrumentIndex(0), sequence: 14))
    let faults = test.feed.takeFaults(nowNs: 6)
    #expect(isTold && faults == 1 && test.feed.counters.crossedBooks == 1)
    #expect(test.feed.nextRequestNs == 1_000_000_006)
  }

  /// The live feed reads the texts; the simulated one gets what the rows of the file become in a backtest.
  @Test(
    "a recording with a hole becomes the live feed's events in a backtest, too",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"), arguments: [0, 3])
  func cut(lag: Int) throws {
    let recorded = RecordedMarket.btc.lines.prefix(4_000).map { (timeNs: $0.timeNs, text: $0.text) }
    let cut = CutCapture(recorded, missing: 120..<123, waiting: 12, lag: lag)
    let path = try cut.write()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let files = try #require(try MarketFiles.captures([path]).first)
    let instrument = try #require(DerivedRules.instruments(symbols: ["BTCUSDT"])?.first)
    let market = try RowMarket(files, as: instrument)
    var simulated = SimulatedFeedUnderTest(instrument)
    while let (timeNs, stamped) = try market.next() {
      let isTaken = simulated.take(stamped.message, nowNs: timeNs)
      #expect(isTaken)
    }
    let live = try playLive(cut.lines, instrument)
    let shiftNs = files.spanNs.upperBound - cut.lines[cut.lines.count - 1].timeNs
    // What waited for a snapshot is received with it in a backtest.
    var snapshotNs: Int64 = 0
    let expected = live.taken.map { event in
      if event.kind == .snapshot { snapshotNs = event.receiveTimeNs }
      var seen = SeenEvent(event)
      seen.receiveTimeNs = max(seen.receiveTimeNs, snapshotNs) + shiftNs
      return seen
    }
    #expect(expected.count { $0.kind == .streamBroken } == 1 && expected.count { $0.kind == .snapshot } == 2)
    let first = zip(expected, simulated.taken).first { $0 != $1 }
    #expect(first == nil && expected.count == simulated.taken.count)
    let isBroken = try #require(simulated.taken.first { $0.kind == .streamBroken })
    #expect(isBroken.receiveTimeNs == cut.holeNs.lowerBound + shiftNs)
    #expect(simulated.taken.last { $0.kind == .snapshot }?.receiveTimeNs == cut.holeNs.upperBound + shiftNs)
  }

  private func playLive(_ lines: [CutCapture.Line], _ instrument: Instrument) throws -> FeedUnderTest {
    let live = try FeedUnderTest([instrument]) { $0 = .capture(venue: VenueIndex(0)) }
    live.nowNs = lines[0].timeNs
    live.subscribe()
    for line in lines {
      live.nowNs = line.timeNs
      let text = String(decoding: line.text, as: UTF8.self)
      if text.hasPrefix(#"{"lastUpdateId""#) { live.answer(text) } else { live.receive(text) }
    }
    return live
  }

  private func expectEqualEvents(_ lines: [MarketLine], _ instrument: Instrument) throws {
    let live = try playLive(lines.map { ($0.timeNs, $0.text) }, instrument)
    var simulated = SimulatedFeedUnderTest(instrument)
    for line in lines {
      let message = try #require(MarketMessage(line, instrument: instrument))
      let isTaken = simulated.take(message, nowNs: line.timeNs)
      #expect(isTaken)
    }
    #expect(live.taken.count > lines.count)
    let first = zip(live.taken.map(SeenEvent.init), simulated.taken).first { $0 != $1 }
    #expect(first == nil && live.taken.count == simulated.taken.count)
  }
}
