import Market
import Pipeline
import Support
import Testing
import Venues

/// When a connection is not trusted any more, and what that means for the books.
struct FeedStalenessTests {
  private let ms: Int64 = 1_000_000

  private func liveFeed(connections: Int = 2) throws -> FeedUnderTest {
    let feed = try FeedUnderTest([BinanceFeedTests.btc]) { $0.connections = connections }
    feed.subscribe()
    if connections == 2 { feed.subscribe(feed.second) }
    feed.answer(BinanceText.snapshot(100))
    for stream in connections == 2 ? [feed.stream, feed.second] : [feed.stream] {
      feed.receive(feed.diff(101, 101), on: stream)
      feed.receive(BinanceText.ticker(101), on: stream)
      feed.receive(BinanceText.trade(101), on: stream)
    }
    return feed
  }

  @Test func oneSilentConnectionIsReplacedWhileTheOtherCarries() throws {
    let feed = try liveFeed()
    for i in 1...51 {
      feed.nowNs += 100 * ms
      feed.receive(feed.diff(101 + i, 101 + i))
    }
    #expect(feed.counters.silences.value == 1 && feed.second.closes == 1 && feed.stream.closes == 0)
    #expect(!feed.kinds().contains(.streamBroken))
  }

  @Test func twoSilentConnectionsLeaveNoBook() throws {
    let feed = try liveFeed()
    feed.run(feed.nowNs + 5_000 * ms + 1)
    #expect(feed.counters.silences.value == 2 && feed.stream.closes == 1 && feed.second.closes == 1)
    #expect(feed.kinds().last == .streamBroken)
  }

  /// Tickers and trades go on, so that the connection is not silent, but each implies a diff that never comes.
  @Test(arguments: [1, 2]) func aDeadDepthStreamIsStale(connections: Int) throws {
    let feed = try liveFeed(connections: connections)
    for i in 1...22 {
      feed.nowNs += 100 * ms
      feed.receive(i % 2 == 0 ? BinanceText.ticker(200 + i) : BinanceText.trade(101 + i))
      if connections == 2 { feed.receive(feed.diff(101 + i, 101 + i), on: feed.second) }
    }
    #expect(feed.counters.connection0.stale.value == 1 && feed.stream.closes == 1)
    #expect(feed.kinds().contains(.streamBroken) == (connections == 1))
  }

  /// A quiet market is not stale: after a pause the ticker comes first, and its diff right behind it.
  @Test func aPauseIsNotStaleness() throws {
    let feed = try liveFeed(connections: 1)
    for i in 1...5 {
      feed.nowNs += 4_000 * ms
      feed.receive(BinanceText.ticker(101 + i))
      feed.nowNs += 100 * ms
      feed.receive(feed.diff(101 + i, 101 + i))
    }
    #expect(feed.counters.connection0.stale.value == 0 && !feed.kinds().contains(.streamBroken))
  }

  /// The venue's clock is hours away, and that is nobody's lag; what exceeds the best path is.
  @Test(arguments: [1, 2]) func lagOverTheBestPathIsStale(connections: Int) throws {
    let feed = try liveFeed(connections: connections)
    let offsetMs = FeedUnderTest.venueAheadMs
    var update = 101
    /// The venue sends a diff now, and it comes on the first connection after `lagMs`.
    func send(lagMs: Int64) {
      update += 1
      let timeMs = feed.nowNs / ms + offsetMs
      let text = BinanceText.diff(update, update, eventTimeMs: timeMs)
      if connections == 2 { feed.receive(text, on: feed.second) }
      feed.nowNs += lagMs * ms
      feed.receive(text)
    }
    for _ in 0..<20 { send(lagMs: 100) }
    for _ in 0..<9 { send(lagMs: 1_101) }
    #expect(feed.counters.connection0.stale.value == 0)
    #expect(feed.counters.connection0.lagNs.value == 1_101 * ms)
    send(lagMs: 1_101)
    #expect(feed.counters.connection0.stale.value == 1 && feed.stream.closes == 1)
    #expect(feed.kinds().contains(.streamBroken) == (connections == 1))
    #expect(feed.second.closes == (connections == 1 ? 1 : 0), "the spare is shut from the start")
  }

  /// One stamp far in the future makes what follows look late: only many in a row have a consequence, and none traps.
  @Test func absurdEventTimesDoNotTrap() throws {
    let feed = try liveFeed(connections: 1)
    for (i, time) in [Int64.min, .max, 0, -1].enumerated() {
      feed.receive(BinanceText.diff(102 + i, 102 + i, eventTimeMs: time))
    }
    #expect(feed.kinds().filter { $0 == .depthEnd }.count == 5 && !feed.kinds().contains(.streamBroken))
  }

  @Test func anUnansweredSubscriptionIsGivenUp() throws {
    let feed = try FeedUnderTest([BinanceFeedTests.btc]) { $0.connections = 1 }
    feed.stream.events.append(.opened)
    feed.run()
    for i in 0..<101 {
      feed.nowNs += 100 * ms
      feed.receive(feed.diff(101 + i, 101 + i))
    }
    #expect(feed.counters.undelivered.value == 1 && feed.stream.closes == 1)
  }

  /// The other connection had trades in the meantime, so that this one's stream of them is dead.
  @Test func aStreamThatNeverDeliversIsFoundByTheOtherConnection() throws {
    let feed = try FeedUnderTest([BinanceFeedTests.btc]) { $0.connections = 2 }
    feed.subscribe()
    feed.subscribe(feed.second)
    feed.answer(BinanceText.snapshot(100))
    for i in 1...101 {
      feed.nowNs += 100 * ms
      for stream in [feed.stream, feed.second] {
        feed.receive(feed.diff(100 + i, 100 + i), on: stream)
        feed.receive(BinanceText.ticker(100 + i), on: stream)
      }
      feed.receive(BinanceText.trade(i))
    }
    #expect(feed.counters.undelivered.value == 1 && feed.second.closes == 1 && feed.stream.closes == 0)
    #expect(!feed.kinds().contains(.streamBroken))
  }

  @Test func aStreamThatIsQuietEverywhereIsNoFailure() throws {
    let feed = try FeedUnderTest([BinanceFeedTests.btc]) { $0.connections = 2 }
    feed.subscribe()
    feed.subscribe(feed.second)
    feed.answer(BinanceText.snapshot(100))
    for i in 1...101 {
      feed.nowNs += 100 * ms
      for stream in [feed.stream, feed.second] { feed.receive(feed.diff(100 + i, 100 + i), on: stream) }
    }
    #expect(feed.counters.undelivered.value == 0 && feed.isCarrying(0) && feed.isCarrying(1))
  }

  @Test func aBookThatItsReaderGaveUpIsFetchedAgain() throws {
    let feed = try liveFeed(connections: 1)
    _ = feed.faults.tryPush(BookFault(instrument: BinanceFeedTests.btc.index, sequence: 101))
    feed.run()
    #expect(feed.kinds().last == .streamBroken && feed.requests.targets.count == 1)
    feed.run(feed.nowNs + 1_000 * ms)
    #expect(feed.requests.targets.count == 2)
    feed.answer(BinanceText.snapshot(105))
    // The same fault told once more is older than the snapshot.
    _ = feed.faults.tryPush(BookFault(instrument: BinanceFeedTests.btc.index, sequence: 101))
    feed.run()
    #expect(feed.kinds().last == .snapshot && feed.stage.feed.isLive(0))
    // Crossed again at once: the next request waits longer.
    _ = feed.faults.tryPush(BookFault(instrument: BinanceFeedTests.btc.index, sequence: 106))
    feed.run(feed.nowNs + 1_999 * ms)
    feed.run(feed.nowNs + 1)
    #expect(feed.requests.targets.count == 2)
    feed.run(feed.nowNs + 2_000 * ms)
    #expect(feed.requests.targets.count == 3)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func theRollingMinimumIsThatOfItsWindow(seed: UInt64) {
    var random = SeededRandom(seed)
    var minimum = RollingMinimum(windowNs: 800)
    var values: [(timeNs: Int64, value: Int64)] = []
    var nowNs: Int64 = 1_000
    for _ in 0..<5_000 {
      nowNs += Int64.random(in: 0...60, using: &random)
      if Int.random(in: 0..<200, using: &random) == 0 { nowNs += 2_000 }
      let value = Int64.random(in: -1_000...1_000, using: &random)
      values.append((nowNs, value))
      let found = minimum.insert(value, atNs: nowNs)
      // Seven whole buckets and the one under way count for sure, and nothing older than eight.
      let bucket = nowNs / 100
      #expect(found == values.suffix(2_000).filter { $0.timeNs / 100 > bucket - 8 }.map(\.value).min())
    }
  }
}
