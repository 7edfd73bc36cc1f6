// A feed stage with scripted channels, and its consumer's end: what a strategy would see.

import Market
import Pipeline
import Testing
import Venues

/// Plays inputs into a feed of the given instruments and collects what it publishes.
final class FeedUnderTest {
  var stage: FeedStage<ScriptedStream, ScriptedRequests>
  /// Connection 0, and connection 1.
  let stream = ScriptedStream()
  let second = ScriptedStream()
  let requests = ScriptedRequests()
  let counters: BinanceFeedCounters
  let snapshots: SnapshotPool
  var events: RingConsumer<MarketEvent>
  var faults: RingProducer<BookFault>
  var records: RecordConsumer
  var nowNs: Int64 = 1_000_000_000
  /// What was published and taken by `drain`, without the levels.
  var taken: [MarketEvent] = []

  /// - Parameter adjust: changes the settings of a feed with one connection.
  init(
    _ instruments: [Instrument], ringCapacity: Int = 1 << 16, snapshotBuffers: Int = 4,
    adjust: (inout BinanceFeed.Configuration) -> Void = { _ in }
  ) throws {
    let ring = Ring<MarketEvent>(capacity: ringCapacity)
    let faultRing = Ring<BookFault>(capacity: 16)
    let recordRing = RecordRing(stage: 1, capacityBytes: 1 << 22)
    let file = try CounterFile()
    counters = BinanceFeedCounters(file, name: "feed.test")
    snapshots = SnapshotPool(buffers: snapshotBuffers, levelsPerSide: BinanceLimits.levelsPerSnapshotSide)
    var settings = BinanceFeed.Configuration(venue: VenueIndex(3))
    settings.connections = 1
    adjust(&settings)
    let feed = BinanceFeed(
      settings, instruments: instruments.map { ($0, shard: 0) },
      outputs: MarketOutputs(ring.producer, faults: faultRing.consumer), snapshots: snapshots,
      records: recordRing.producer, counters: counters)
    events = ring.consumer
    faults = faultRing.producer
    records = recordRing.consumer
    stage = FeedStage(feed: feed, first: stream, second: second, requests: requests)
    keepAlive = file
  }

  private let keepAlive: CounterFile

  /// One step of the stage, with the journal keeping up. What is due is done in it: a replay relies on that.
  @discardableResult
  func step(_ nowNs: Int64? = nil) -> Int {
    if let nowNs { self.nowNs = nowNs }
    let work = stage.step(StepInput(nowNs: self.nowNs))
    if work > 0, stage.feed.isDue(nowNs: self.nowNs) { Issue.record("something is due after a step") }
    _ = records.drain { _ in }
    return work
  }

  /// Steps until there is nothing to do; what was published is taken out of the ring.
  func run(_ nowNs: Int64? = nil) {
    if let nowNs { self.nowNs = nowNs }
    while step() > 0 { drain() }
    drain()
  }

  /// Takes everything out of the ring; snapshot buffers are given back.
  func drain() {
    let count = events.available()
    for i in 0..<count {
      let event = events.peek(i).pointee
      if event.kind == .snapshot { snapshots.release(Int(event.price.ticks)) }
      taken.append(event)
    }
    events.release(count)
  }

  /// How far the venue's clock is ahead of the feed's.
  static let venueAheadMs: Int64 = 1_700_000_000_123

  /// A diff that the venue sends now.
  func diff(_ first: Int, _ last: Int) -> String {
    BinanceText.diff(first, last, eventTimeMs: nowNs / 1_000_000 + Self.venueAheadMs)
  }

  func isCarrying(_ connection: Int) -> Bool { stage.feed.isCarrying(connection) }

  func kinds() -> [MarketEventKind] { taken.map(\.kind) }

  /// Opens a channel, the first unless named, and acknowledges the subscription.
  func subscribe(_ channel: ScriptedStream? = nil) {
    let channel = channel ?? stream
    channel.events.append(.opened)
    run()
    channel.add(#"{"result":null,"id":1}"#)
    run()
  }

  func receive(_ text: String, tsc: UInt64 = 0, on channel: ScriptedStream? = nil) {
    receive(Array(text.utf8), tsc: tsc, on: channel)
  }

  func receive(_ bytes: [UInt8], tsc: UInt64 = 0, on channel: ScriptedStream? = nil) {
    (channel ?? stream).events.append(.message(bytes, tsc: tsc))
    run()
  }

  func answer(_ body: String, status: Int = 200) {
    requests.answer = (status, Array(body.utf8))
    run()
  }
}

/// Messages in the venue's form.
enum BinanceText {
  static func diff(
    _ first: Int, _ last: Int, symbol: String = "BTCUSDT", bids: String = "", asks: String = "",
    eventTimeMs: Int64 = 1_700_000_000_123
  ) -> String {
    #"{"stream":"x@depth@100ms","data":{"e":"depthUpdate","E":\#(eventTimeMs),"s":"\#(symbol)","U":\#(first),"#
      + #""u":\#(last),"b":[\#(bids)],"a":[\#(asks)]}}"#
  }

  static func snapshot(_ last: Int) -> String {
    #"{"lastUpdateId":\#(last),"bids":[["100.00","1.00000"]],"asks":[["100.10","2.00000"]]}"#
  }

  static func ticker(_ update: Int) -> String {
    #"{"stream":"x","data":{"u":\#(update),"s":"BTCUSDT","b":"100.00","B":"1","a":"100.10","A":"2"}}"#
  }

  static func trade(_ identifier: Int, extra: String = "") -> String {
    #"{"stream":"x","data":{"e":"trade","E":1700000000125,"s":"BTCUSDT","t":\#(identifier),"p":"100.10","q":"0.5""#
      + #"\#(extra),"T":1700000000124,"m":false,"M":true}}"#
  }
}
