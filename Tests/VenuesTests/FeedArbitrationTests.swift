import Market
import Pipeline
import Testing
import Venues

/// Two connections, one stream: who is first, what waits for whom, and when a gap is a gap.
struct FeedArbitrationTests {
  private func liveFeed() throws -> FeedUnderTest {
    let feed = try FeedUnderTest([BinanceFeedTests.btc]) { $0.connections = 2 }
    feed.subscribe()
    feed.subscribe(feed.second)
    feed.answer(BinanceText.snapshot(100))
    feed.receive(BinanceText.trade(1))
    feed.receive(BinanceText.trade(1), on: feed.second)
    feed.taken = []
    return feed
  }

  @Test func theFirstCopyIsPublishedAndTheLaterOneCounted() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.diff(101, 103))
    feed.nowNs += 7_000_000
    feed.receive(BinanceText.diff(101, 103), on: feed.second)
    feed.receive(BinanceText.ticker(103), on: feed.second)
    feed.receive(BinanceText.ticker(103))
    #expect(feed.kinds() == [.depthEnd, .touch, .touch])
    let (first, second) = (feed.counters.connection0, feed.counters.connection1)
    #expect(first.first.value == 2 && first.duplicates.value == 1 && first.wins.value == 1)
    #expect(second.first.value == 1 && second.duplicates.value == 2 && second.wins.value == 0)
    #expect(second.behind.snapshot().count == 1 && second.behind.snapshot().maximumNs == 7_000_000)
    #expect(first.behind.snapshot().count == 0)
  }

  @Test func whatOneConnectionLostTheOtherBrings() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.diff(104, 105))
    feed.receive(BinanceText.diff(106, 106))
    #expect(feed.kinds().isEmpty)
    feed.receive(BinanceText.diff(101, 103), on: feed.second)
    #expect(feed.taken.map(\.sequence) == [103, 105, 106])
    #expect(feed.counters.arbitrated.value == 1 && feed.counters.gaps.value == 0)
  }

  /// A connection that goes on behind the hole will not bring what is missing.
  @Test func whatBothLostIsAGapAtOnce() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.diff(104, 105))
    feed.receive(BinanceText.diff(106, 107), on: feed.second)
    #expect(feed.kinds() == [.streamBroken])
    #expect(feed.counters.gaps.value == 1 && feed.requests.targets.count == 2)
    // What was kept behind the hole connects to the next snapshot.
    feed.answer(BinanceText.snapshot(104))
    #expect(feed.kinds() == [.streamBroken, .snapshot, .depthEnd, .depthEnd])
    #expect(feed.counters.resyncs.value == 1)
  }

  @Test func aHoleThatNobodyClosesInTimeIsAGap() throws {
    let feed = try liveFeed()
    let heldNs = feed.nowNs
    feed.receive(BinanceText.diff(104, 105))
    feed.run(heldNs + 499_999_999)
    #expect(feed.kinds().isEmpty)
    feed.run(heldNs + 500_000_000)
    #expect(feed.kinds() == [.streamBroken] && feed.counters.gaps.value == 1)
  }

  @Test func aHoleIsAGapWhenTheOtherConnectionIsLost() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.diff(104, 105))
    feed.second.events.append(.closed(.peerClosed))
    feed.run()
    #expect(feed.kinds() == [.streamBroken] && feed.counters.gaps.value == 1)
  }

  @Test func diffsThatOverlapApplyOnce() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.diff(101, 103))
    feed.receive(BinanceText.diff(102, 105), on: feed.second)
    feed.receive(BinanceText.diff(104, 105))
    #expect(feed.taken.map(\.sequence) == [103, 105])
  }

  @Test func tradesWaitForTheOneBeforeThem() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.trade(3))
    feed.receive(BinanceText.trade(4))
    #expect(feed.kinds().isEmpty)
    feed.receive(BinanceText.trade(2), on: feed.second)
    #expect(feed.taken.map(\.sequence) == [2, 3, 4] && feed.counters.tradeGaps.value == 0)
    // Lost on both: the next ones are published, and it is said that one is missing.
    feed.receive(BinanceText.trade(6))
    feed.receive(BinanceText.trade(6), on: feed.second)
    #expect(feed.taken.map(\.sequence) == [2, 3, 4, 6] && feed.counters.tradeGaps.value == 1)
    // Nobody brings it in time.
    feed.receive(BinanceText.trade(8))
    feed.run(feed.nowNs + 500_000_000)
    #expect(feed.taken.map(\.sequence) == [2, 3, 4, 6, 8] && feed.counters.tradeGaps.value == 2)
  }

  @Test func heldTradesAreBounded() throws {
    let feed = try liveFeed()
    for trade in 3..<(3 + BinanceLimits.pendingTrades) { feed.receive(BinanceText.trade(trade)) }
    #expect(feed.kinds().isEmpty)
    feed.receive(BinanceText.trade(3 + BinanceLimits.pendingTrades))
    #expect(feed.taken.count == BinanceLimits.pendingTrades + 1 && feed.counters.tradeGaps.value == 1)
    feed.receive(BinanceText.trade(2), on: feed.second)
    #expect(feed.taken.count == BinanceLimits.pendingTrades + 1)
  }

  @Test func tradesHeldWhenTheBookBreaksAreWithheld() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.trade(3))
    feed.receive(BinanceText.diff(104, 105))
    feed.receive(BinanceText.diff(104, 105), on: feed.second)
    #expect(feed.kinds() == [.streamBroken] && feed.counters.withheld.value > 0)
    feed.receive(BinanceText.trade(2), on: feed.second)
    feed.answer(BinanceText.snapshot(105))
    feed.receive(BinanceText.trade(4))
    #expect(feed.taken.last?.sequence == 4 && feed.counters.tradeGaps.value == 0)
  }

  @Test func anOvertakenTickerSaysNothingNew() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.ticker(110))
    feed.receive(BinanceText.ticker(108), on: feed.second)
    #expect(feed.taken.map(\.sequence) == [110, 110])
  }

  /// The snapshot is older than the first diff of one connection, and the other still brings what lies between.
  @Test func aSnapshotConnectsThroughTheSlowerConnection() throws {
    let feed = try FeedUnderTest([BinanceFeedTests.btc]) { $0.connections = 2 }
    feed.subscribe()
    feed.subscribe(feed.second)
    feed.receive(BinanceText.diff(103, 104))
    feed.answer(BinanceText.snapshot(100))
    #expect(feed.kinds() == [.snapshot] && feed.counters.oldSnapshots.value == 0)
    feed.receive(BinanceText.diff(101, 102), on: feed.second)
    #expect(feed.taken.map(\.sequence) == [100, 102, 104])
  }

  @Test func aBookIsVoidWhenTheLastConnectionIsLost() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.diff(101, 103))
    feed.receive(BinanceText.diff(101, 103), on: feed.second)
    feed.stream.events.append(.closed(.peerClosed))
    feed.run()
    feed.receive(BinanceText.diff(104, 105), on: feed.second)
    #expect(feed.taken.map(\.sequence) == [103, 105])
    feed.second.events.append(.closed(.peerClosed))
    feed.run()
    #expect(feed.kinds().last == .streamBroken)
    feed.subscribe()
    feed.answer(BinanceText.snapshot(200))
    #expect(feed.kinds().last == .snapshot)
  }
}
