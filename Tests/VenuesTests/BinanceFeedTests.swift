import Market
import Pipeline
import Testing
import Venues

/// The proof of sequence, its breaks, and what the venue and the rings may do to it.
struct BinanceFeedTests {
  static let btc = Instrument.test("BTCUSDT", base: "BTC", lotDecimals: 5)

  private func liveFeed(ringCapacity: Int = 1 << 16) throws -> FeedUnderTest {
    let feed = try FeedUnderTest([Self.btc], ringCapacity: ringCapacity)
    feed.subscribe()
    feed.answer(BinanceText.snapshot(100))
    return feed
  }

  @Test func subscribesToThreeStreamsOfEachSymbolAndAsksForSnapshotsInTurn() throws {
    let eth = Instrument.test("ETHUSDT", base: "ETH", lotDecimals: 4, index: 1)
    let feed = try FeedUnderTest([Self.btc, eth])
    feed.subscribe()
    #expect(
      feed.stream.sent == [
        #"{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@bookTicker","btcusdt@trade","#
          + #""ethusdt@depth@100ms","ethusdt@bookTicker","ethusdt@trade"],"id":1}"#
      ])
    #expect(feed.requests.targets == ["/api/v3/depth?symbol=BTCUSDT&limit=5000"])
    feed.answer(BinanceText.snapshot(100))
    #expect(feed.requests.targets.last == "/api/v3/depth?symbol=ETHUSDT&limit=5000")
    #expect(feed.stage.feed.isLive(0) && !feed.stage.feed.isLive(1))
  }

  @Test func diffsBeforeTheSnapshotFollowItAndStaleOnesAreDropped() throws {
    let feed = try FeedUnderTest([Self.btc])
    feed.subscribe()
    feed.receive(BinanceText.diff(95, 98, bids: #"["99.00","1"]"#))
    feed.receive(BinanceText.diff(99, 102, bids: #"["99.50","2"],["99.40","0.00001"]"#, asks: #"["101.00","0"]"#))
    feed.answer(BinanceText.snapshot(100))
    #expect(feed.kinds() == [.snapshot, .level, .level, .level, .depthEnd])
    #expect(feed.counters.staleDiffs.value == 1)
    #expect(feed.taken[0].sequence == 100)
    let bid = feed.taken[1]
    #expect(bid.side == .buy && bid.price == Price(ticks: 9950) && bid.quantity == Quantity(lots: 200_000))
    #expect(bid.venue == VenueIndex(3) && bid.eventTimeNs == 1_700_000_000_123_000_000)
    let ask = feed.taken[3]
    #expect(ask.side == .sell && ask.price == Price(ticks: 10100) && ask.quantity == .zero && ask.sequence == 102)
    #expect(feed.taken.allSatisfy { $0.cause >> 56 == 1 && $0.cause & 0xffff_ffff > 0 })
  }

  /// The document's words would refuse this one; real data has it.
  @Test func aDiffThatBeginsRightAfterTheSnapshotConnects() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.diff(101, 103, bids: #"["99.00","1"]"#))
    #expect(feed.kinds() == [.snapshot, .level, .depthEnd])
    #expect(feed.counters.gaps.value == 0)
  }

  @Test func aGapVoidsTheBookAndTheNextSnapshotRestoresIt() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.diff(101, 103))
    feed.receive(BinanceText.diff(105, 107))
    #expect(feed.kinds() == [.snapshot, .depthEnd, .streamBroken])
    #expect(feed.counters.gaps.value == 1 && feed.counters.resyncs.value == 0)
    #expect(feed.requests.targets.count == 2)
    // Nothing of a void book is published.
    feed.receive(BinanceText.ticker(108))
    feed.receive(BinanceText.trade(1))
    feed.receive(BinanceText.diff(108, 109))
    #expect(feed.taken.count == 3 && feed.counters.withheld.value == 2)
    feed.answer(BinanceText.snapshot(106))
    #expect(feed.kinds().suffix(3) == [.snapshot, .depthEnd, .depthEnd])
    #expect(feed.counters.resyncs.value == 1 && feed.counters.gaps.value == 1)
    #expect(feed.taken.last?.sequence == 109)
  }

  @Test func aSnapshotOlderThanTheFirstDiffIsFetchedAgainAfterADelayThatDoubles() throws {
    let feed = try FeedUnderTest([Self.btc])
    feed.subscribe()
    feed.receive(BinanceText.diff(200, 205))
    feed.answer(BinanceText.snapshot(198))
    #expect(feed.counters.oldSnapshots.value == 1 && feed.requests.targets.count == 1)
    feed.run(feed.nowNs + 999_999_999)
    #expect(feed.requests.targets.count == 1)
    feed.run(feed.nowNs + 1)
    #expect(feed.requests.targets.count == 2)
    feed.answer("", status: 503)
    feed.run(feed.nowNs + 1_999_999_999)
    #expect(feed.requests.targets.count == 2)
    feed.run(feed.nowNs + 1)
    feed.answer(BinanceText.snapshot(199))  // 199 + 1 = U: connects
    #expect(feed.kinds() == [.snapshot, .depthEnd])
    #expect(feed.counters.failedSnapshots.value == 1)
  }

  @Test func aClosedChannelVoidsTheBookAndAReopenedOneStartsAnew() throws {
    let feed = try liveFeed()
    feed.stream.events.append(.closed(.peerClosed))
    feed.run()
    #expect(feed.kinds() == [.snapshot, .streamBroken])
    #expect(feed.counters.disconnects.value == 1 && feed.requests.targets.count == 1)
    feed.subscribe()
    #expect(feed.stream.sent.count == 2 && feed.requests.targets.count == 2)
    feed.answer(BinanceText.snapshot(500))
    #expect(feed.kinds() == [.snapshot, .streamBroken, .snapshot])
    #expect(feed.counters.resyncs.value == 1)
  }

  /// A response to a request made before the connection was lost is older than the diffs to come.
  @Test func anAnswerFromBeforeADisconnectIsNotUsed() throws {
    let feed = try FeedUnderTest([Self.btc])
    feed.subscribe()
    feed.stream.events.append(.closed(.peerSilent))
    feed.run()
    feed.subscribe()
    #expect(feed.requests.targets.count == 1)
    feed.answer(BinanceText.snapshot(100))
    #expect(feed.taken.isEmpty && feed.requests.targets.count == 2)
    feed.answer(BinanceText.snapshot(101))
    #expect(feed.kinds() == [.snapshot])
  }

  @Test func silenceVoidsTheBookAndClosesTheConnection() throws {
    let feed = try liveFeed()
    feed.run(feed.nowNs + 5_000_000_000)
    #expect(feed.stream.closes == 0)
    feed.run(feed.nowNs + 1)
    #expect(feed.stream.closes == 1 && feed.counters.silences.value == 1)
    #expect(feed.kinds() == [.snapshot, .streamBroken])
  }

  @Test(arguments: [
    #"{"code":2,"msg":"Invalid request: too many parameters","id":1}"#,
    #"{"error":{"code":3,"msg":"Invalid JSON"},"id":1}"#,
    #"{"result":null,"id":2}"#,
  ])
  func aRefusedSubscriptionClosesTheConnection(_ text: String) throws {
    let feed = try FeedUnderTest([Self.btc])
    feed.stream.events.append(.opened)
    feed.run()
    feed.receive(text)
    #expect(feed.counters.controlErrors.value == 1 && feed.stream.closes == 1 && feed.requests.targets.isEmpty)
  }

  @Test func anOffGridPriceHaltsTheInstrument() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.diff(101, 101, bids: #"["99.005","1"]"#))
    feed.receive(BinanceText.diff(102, 102, bids: #"["99.00","1"]"#))
    #expect(feed.kinds() == [.snapshot, .instrumentHalted])
    #expect(feed.counters.halts.value == 1)
  }

  @Test func aFullRingBreaksTheStreamAsAWhole() throws {
    let feed = try liveFeed(ringCapacity: 8)
    let bids = (1...6).map { #"["\#(90 + $0).00","1"]"# }.joined(separator: ",")
    feed.stream.add(BinanceText.diff(101, 101, bids: bids))
    feed.step()
    feed.stream.add(BinanceText.diff(102, 102, bids: bids))
    feed.step()
    #expect(feed.counters.ringFull.value == 1)
    feed.drain()
    #expect(feed.kinds() == [.snapshot] + Array(repeating: .level, count: 6) + [.depthEnd, .streamBroken])
    feed.run()
    #expect(feed.requests.targets.count == 2)
  }

  /// With not one slot left even the break has to wait, and nothing may overtake it.
  @Test func theBreakItselfWaitsForASlot() throws {
    let feed = try liveFeed(ringCapacity: 2)
    feed.stream.add(BinanceText.ticker(101))
    feed.step()
    feed.stream.add(BinanceText.ticker(102))
    feed.step()
    #expect(feed.counters.ringFull.value == 2)
    feed.step(feed.nowNs + 999_999)
    #expect(feed.counters.ringFull.value == 2)
    feed.step(feed.nowNs + 1)
    #expect(feed.counters.ringFull.value == 3)
    #expect(feed.requests.targets.count == 1)
    feed.drain()
    feed.run(feed.nowNs + 1_000_000)
    #expect(feed.kinds() == [.snapshot, .touch, .touch, .streamBroken])
    #expect(feed.requests.targets.count == 2)
  }

  @Test func keptDiffsAreBounded() throws {
    let feed = try FeedUnderTest([Self.btc])
    feed.subscribe()
    for i in 0...BinanceLimits.pendingDiffs { feed.receive(BinanceText.diff(i + 1, i + 1)) }
    #expect(feed.counters.pendingOverflows.value == 1)
    feed.answer(BinanceText.snapshot(BinanceLimits.pendingDiffs))
    #expect(feed.kinds() == [.snapshot, .depthEnd])
  }

  @Test func lostTradesAreCounted() throws {
    let feed = try liveFeed()
    feed.receive(BinanceText.trade(7))
    feed.receive(BinanceText.trade(8, extra: #","b":88,"a":50"#))
    feed.receive(BinanceText.trade(10))
    #expect(feed.counters.tradeGaps.value == 1 && feed.counters.trades.value == 3)
    let trade = try #require(feed.taken.last)
    #expect(trade.side == .buy && trade.sequence == 10 && trade.price == Price(ticks: 10010))
    #expect(trade.quantity == Quantity(lots: 50_000) && trade.eventTimeNs == 1_700_000_000_124_000_000)
  }

  @Test func badMessagesAreCountedAndPublishNothing() throws {
    let feed = try liveFeed()
    feed.receive("{")
    feed.receive(BinanceText.diff(1, 2, symbol: "DOGEUSDT"))
    feed.receive(#"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":101,"u":102,"b":[]}"#)
    #expect(feed.counters.decodeErrors.value == 2 && feed.counters.unknownSymbols.value == 1)
    #expect(feed.kinds() == [.snapshot])
  }

  @Test func refusedSendsAreRecordedAndTriedAgain() throws {
    let feed = try FeedUnderTest([Self.btc])
    feed.stream.refusals = 1
    feed.requests.refusals = 1
    feed.stream.events.append(.opened)
    feed.run()
    #expect(feed.stream.sent.isEmpty && feed.stream.closes == 1)
    feed.subscribe()
    #expect(feed.requests.targets.isEmpty)
    feed.run(feed.nowNs + 1_000_000_000)
    #expect(feed.requests.targets.count == 1)
  }

  @Test func anIdleStepWritesNothing() throws {
    let feed = try liveFeed()
    #expect(feed.stage.step(StepInput(nowNs: feed.nowNs)) == 0)
    #expect(feed.records.pendingBytes == 0)
  }

  @Test func aMessageThatCannotBeRecordedClosesTheConnection() throws {
    let feed = try liveFeed()
    feed.receive(String(repeating: " ", count: feed.stage.feed.frameLimitBytes + 1))
    #expect(feed.counters.oversized.value == 1 && feed.stream.closes == 1)
    #expect(feed.kinds() == [.snapshot, .streamBroken])
  }
}
