import Foundation
import Market
import Pipeline
import Support
import Testing
import Venues

/// A feed on SBE streams: what it asks for, and that it publishes what it publishes of JSON.
struct SBEFeedTests {
  private static func feed(connections: Int = 1) throws -> FeedUnderTest {
    try FeedUnderTest([.test("BTCUSDT", base: "BTC", lotDecimals: 5)]) {
      $0.encoding = .sbe
      $0.connections = connections
    }
  }

  /// A feed whose book is at update 100.
  private static func live(connections: Int = 1) throws -> FeedUnderTest {
    let feed = try Self.feed(connections: connections)
    feed.subscribe()
    if connections == 2 { feed.subscribe(feed.second) }
    feed.receive(SBEText.depth(101, 101, timeUs: 1_700_000_000_000_000))
    feed.answer(BinanceText.snapshot(100))
    feed.taken.removeAll()
    return feed
  }

  @Test func asksForTheStreamsOfThatEndpoint() throws {
    let feed = try Self.feed()
    feed.subscribe()
    #expect(
      feed.stream.sent == [
        #"{"method":"SUBSCRIBE","params":["btcusdt@depth","btcusdt@bestBidAsk","btcusdt@trade"],"id":1}"#
      ])
  }

  @Test func aConnectionCarriesOnceAllThreeStreamsCame() throws {
    let feed = try Self.live()
    #expect(!feed.isCarrying(0))
    feed.receive(SBEText.touch(101))
    feed.receive(SBEText.trades([SBEText.Trade(identifier: 1, price: 10_010, quantity: 1)]))
    #expect(feed.isCarrying(0) && feed.kinds() == [.touch, .touch, .trade])
  }

  @Test func everyTradeOfAnEventIsPublished() throws {
    let feed = try Self.live()
    let trades = (5...8).map { SBEText.Trade(identifier: $0, price: 10_000 + $0, quantity: $0) }
    feed.receive(SBEText.trades(trades))
    #expect(feed.taken.map(\.sequence) == [5, 6, 7, 8] && feed.counters.trades.value == 4)
    #expect(feed.taken.map(\.price.ticks) == [10_005, 10_006, 10_007, 10_008])
    #expect(feed.counters.tradeGaps.value == 0 && feed.counters.messages.value == 3)
  }

  /// Of two connections each brings a part of the trades first.
  @Test func tradesOfTwoConnectionsAreArbitratedOneByOne() throws {
    let feed = try Self.live(connections: 2)
    func trades(_ identifiers: ClosedRange<Int64>) -> [UInt8] {
      SBEText.trades(identifiers.map { SBEText.Trade(identifier: $0, price: 10_000, quantity: 1) })
    }
    feed.receive(trades(5...6))
    feed.receive(trades(5...9), on: feed.second)
    feed.receive(trades(7...11))
    #expect(feed.taken.map(\.sequence) == [5, 6, 7, 8, 9, 10, 11])
    #expect(feed.counters.connection0.duplicates.value == 3 && feed.counters.connection1.duplicates.value == 2)
  }

  @Test func whatItDoesNotKnowIsCountedAndWhatIsWrongRefused() throws {
    let feed = try Self.live()
    var message = SBEMessage(rootByteCount: 4, template: 10_002)
    message.add(unknown: 4)
    feed.receive(message.bytes)
    #expect(feed.counters.otherMessages.value == 1 && feed.counters.decodeErrors.value == 0)
    feed.receive(SBEText.depth(102, 102, schema: 3))
    feed.receive(Array(SBEText.touch(101).dropLast()))
    #expect(feed.counters.decodeErrors.value == 2 && feed.taken.isEmpty)
    feed.receive(SBEText.depth(102, 102, bids: [(1, 1)], exponents: (-3, -5)))
    #expect(feed.counters.halts.value == 1 && feed.kinds() == [.instrumentHalted])
  }

  @Test func theVenuesEndIsToldInJSON() throws {
    let feed = try Self.live()
    feed.receive(#"{"e":"serverShutdown","E":1770123456789}"#)
    #expect(feed.counters.serverShutdowns.value == 1)
  }

  /// A recorded session, event by event.
  @Test(.enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"), arguments: ["BTC", "ETH"])
  func aRecordedSessionPublishesTheSameInBothEncodings(_ asset: String) throws {
    let market = asset == "BTC" ? RecordedMarket.btc : .eth
    let feeds = try [BinanceEncoding.json, .sbe].map { encoding in
      try FeedUnderTest([market.instrument]) { $0.encoding = encoding }
    }
    for feed in feeds {
      feed.nowNs = market.lines[0].timeNs
      feed.subscribe()
    }
    var events = 0
    var differences = 0
    for line in market.lines.prefix(40_000) {
      for (feed, isBinary) in zip(feeds, [false, true]) {
        if line.isSnapshot {
          feed.requests.answer = (200, line.text)
        } else {
          feed.stream.events.append(.message(isBinary ? try #require(event(line)) : line.text, tsc: 7))
        }
        feed.run(line.timeNs)
      }
      let (text, binary) = (feeds[0].taken, feeds[1].taken)
      if text.count != binary.count || zip(text, binary).contains(where: { !isSame($0, $1) }) { differences += 1 }
      events += text.count
      for feed in feeds { feed.taken.removeAll(keepingCapacity: true) }
    }
    #expect(differences == 0 && events > 100_000)
    #expect(feeds[1].counters.diffs.value == feeds[0].counters.diffs.value && feeds[1].counters.gaps.value == 0)
    #expect(feeds[1].counters.decodeErrors.value == 0 && feeds[1].counters.otherMessages.value == 0)
  }

  /// Only SBE tells the time of a touch.
  private func isSame(_ text: MarketEvent, _ binary: MarketEvent) -> Bool {
    var binary = binary
    if binary.kind == .touch { binary.eventTimeNs = 0 }
    return withUnsafeBytes(of: text) { a in withUnsafeBytes(of: binary) { b in a.elementsEqual(b) } }
  }
}
