import Market
import Pipeline
import Testing
import Venues

/// Make before break: no gap and no resynchronisation when connections are replaced.
struct FeedHandoverTests {
  static let shutdown = #"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}"#

  private func liveFeed(_ connections: Int, ageMinutes: Int64 = 1410) throws -> FeedUnderTest {
    let feed = try FeedUnderTest([BinanceFeedTests.btc]) {
      $0.connections = connections
      $0.connectionMaximumAgeNs = ageMinutes * 60_000_000_000
    }
    feed.subscribe()
    if connections == 2 { feed.subscribe(feed.second) }
    feed.answer(BinanceText.snapshot(100))
    play(feed, 101)
    return feed
  }

  /// One message of each stream, on the connections that are given or on both.
  private func play(_ feed: FeedUnderTest, _ update: Int, on streams: [ScriptedStream]? = nil) {
    for stream in streams
      ?? (feed.stage.feed.configuration.connections == 2 ? [feed.stream, feed.second] : [feed.stream])
    {
      feed.receive(feed.diff(update, update), on: stream)
      feed.receive(BinanceText.ticker(update), on: stream)
      feed.receive(BinanceText.trade(update), on: stream)
    }
  }

  /// Every update and trade from 101 to the last, each once, and never a break.
  private func expectWhole(_ feed: FeedUnderTest, to last: UInt64, _ location: SourceLocation = #_sourceLocation) {
    for kind in [MarketEventKind.depthEnd, .trade] {
      let found = feed.taken.filter { $0.kind == kind }.map(\.sequence)
      #expect(found == Array(101...last), sourceLocation: location)
    }
    #expect(feed.kinds().filter { $0 == .snapshot || $0 == .streamBroken } == [.snapshot], sourceLocation: location)
    #expect(feed.counters.gaps.value == 0 && feed.counters.tradeGaps.value == 0, sourceLocation: location)
    #expect(feed.requests.targets.count == 1, sourceLocation: location)
  }

  @Test(arguments: [shutdown, #"{"e":"serverShutdown","E":1770123456789}"#])
  func theConnectionThatIsNotAffectedCarries(_ text: String) throws {
    let feed = try liveFeed(2)
    #expect(feed.isCarrying(0) && feed.isCarrying(1))
    feed.receive(text)
    #expect(feed.stream.closes == 1 && !feed.stream.isShut && feed.second.closes == 0)
    #expect(feed.counters.serverShutdowns.value == 1 && feed.counters.handovers.value == 1)
    play(feed, 102, on: [feed.second])
    feed.stream.events.append(.closed(.requested))
    feed.subscribe()
    play(feed, 103)
    expectWhole(feed, to: 103)
    #expect(feed.isCarrying(0))
  }

  @Test func twoThatAreAffectedAtOnceGoOneAfterTheOther() throws {
    let feed = try liveFeed(2)
    feed.receive(Self.shutdown)
    feed.receive(Self.shutdown, on: feed.second)
    #expect(feed.stream.closes == 1 && feed.second.closes == 0)
    play(feed, 102, on: [feed.second])
    feed.stream.events.append(.closed(.requested))
    feed.subscribe()
    #expect(feed.second.closes == 0, "subscribed is not yet carrying")
    play(feed, 103)
    #expect(feed.second.closes == 1 && feed.counters.handovers.value == 2)
    feed.second.events.append(.closed(.requested))
    feed.run()
    play(feed, 104, on: [feed.stream])
    expectWhole(feed, to: 104)
  }

  @Test func aSingleConnectionIsReplacedBeforeItIsClosed() throws {
    let feed = try liveFeed(1)
    #expect(feed.second.opens == 0 && feed.second.isShut)
    feed.receive(Self.shutdown)
    #expect(feed.second.opens == 1 && feed.stream.closes == 0)
    play(feed, 102)
    feed.subscribe(feed.second)
    feed.receive(feed.diff(103, 103), on: feed.second)
    feed.receive(BinanceText.ticker(103), on: feed.second)
    #expect(feed.stream.closes == 0, "its trades are not proven yet")
    feed.receive(BinanceText.trade(103), on: feed.second)
    #expect(feed.stream.closes == 1 && feed.stream.isShut && feed.counters.handovers.value == 1)
    feed.stream.events.append(.closed(.requested))
    feed.run()
    play(feed, 104, on: [feed.second])
    expectWhole(feed, to: 104)
    // And back, when the replacement is announced to end in its turn.
    feed.receive(Self.shutdown, on: feed.second)
    #expect(feed.stream.opens == 1)
    feed.subscribe()
    play(feed, 105, on: [feed.stream, feed.second])
    #expect(feed.second.closes == 2 && feed.second.isShut)
    feed.second.events.append(.closed(.requested))
    feed.run()
    play(feed, 106, on: [feed.stream])
    expectWhole(feed, to: 106)
  }

  /// The new connection is ahead of the old one, and what lies between is on its way on the old one only.
  @Test func theOldConnectionStaysWhileSomethingWaitsForIt() throws {
    let feed = try liveFeed(1)
    feed.receive(Self.shutdown)
    feed.subscribe(feed.second)
    play(feed, 103, on: [feed.second])
    #expect(feed.isCarrying(1) && feed.stream.closes == 0)
    play(feed, 102)
    #expect(feed.stream.closes == 1)
    feed.stream.events.append(.closed(.requested))
    feed.run()
    play(feed, 104, on: [feed.second])
    expectWhole(feed, to: 104)
  }

  @Test func theReplacementThatComesInTimeSavesTheBookEvenWhenTheVenueClosesFirst() throws {
    let feed = try liveFeed(1)
    feed.receive(Self.shutdown)
    feed.subscribe(feed.second)
    feed.receive(feed.diff(102, 102), on: feed.second)
    feed.stream.events.append(.closed(.peerClosed))
    feed.run()
    #expect(feed.stream.isShut, "the one that takes over stays")
    feed.receive(feed.diff(103, 103), on: feed.second)
    #expect(!feed.kinds().contains(.streamBroken) && feed.taken.last?.sequence == 103)
  }

  @Test func connectionsRetireByAgeAndNotTogether() throws {
    let feed = try liveFeed(2, ageMinutes: 60)
    let minute: Int64 = 60_000_000_000
    let startNs = feed.nowNs
    var update = 102
    func live(untilMinute: Int64) {
      while feed.nowNs < startNs + untilMinute * minute {
        feed.run(min(feed.nowNs + 4_000_000_000, startNs + untilMinute * minute))
        let open = [feed.stream, feed.second].filter(\.isOpen)
        play(feed, update, on: open)
        update += 1
      }
    }
    func reopen(_ stream: ScriptedStream) {
      stream.events.append(.closed(.requested))
      feed.run()
      feed.subscribe(stream)
    }
    live(untilMinute: 29)
    #expect(feed.stream.closes == 0 && feed.second.closes == 0)
    live(untilMinute: 30)
    #expect(feed.stream.closes == 0 && feed.second.closes == 1)
    reopen(feed.second)
    live(untilMinute: 60)
    #expect(feed.stream.closes == 1 && feed.second.closes == 1)
    reopen(feed.stream)
    live(untilMinute: 90)
    #expect(feed.stream.closes == 1 && feed.second.closes == 2)
    #expect(feed.counters.handovers.value == 3)
    expectWhole(feed, to: UInt64(update - 1))
  }
}
