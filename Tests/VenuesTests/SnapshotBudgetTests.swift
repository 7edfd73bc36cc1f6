import Market
import Pipeline
import Testing
import Venues

/// REST snapshots within the venue's limits, and what its refusals mean.
struct SnapshotBudgetTests {
  private let second: Int64 = 1_000_000_000

  private func feed(_ instruments: [Instrument] = [BinanceFeedTests.btc]) throws -> FeedUnderTest {
    // Time passes without a market here.
    let feed = try FeedUnderTest(instruments) {
      $0.connections = 1
      $0.silenceLimitNs = .max
      $0.deliveryLimitNs = .max
    }
    feed.subscribe()
    return feed
  }

  @Test(arguments: [(429, nil, 60), (418, nil, 120), (429, 17, 17), (418, 259_200, 259_200), (429, 0, 60)])
  func aRefusalIsObeyedByAllStreams(status: Int, retryAfter: Int?, waitSeconds: Int64) throws {
    let eth = Instrument.test("ETHUSDT", base: "ETH", lotDecimals: 4, index: 1)
    let feed = try feed([BinanceFeedTests.btc, eth])
    feed.requests.retryAfterSeconds = retryAfter
    feed.answer(#"{"code":-1003,"msg":"Too many requests."}"#, status: status)
    #expect((status == 429 ? feed.counters.rateLimited : feed.counters.bans).value == 1)
    #expect(feed.counters.closedUntilNs.value == feed.nowNs + waitSeconds * second)
    feed.run(feed.nowNs + waitSeconds * second - 1)
    #expect(feed.requests.targets.count == 1)
    feed.run(feed.nowNs + 1)
    #expect(feed.requests.targets.count == 2)
  }

  /// A request may arrive at the venue as late as its answer shows: from then on it counts.
  @Test func aRequestCountsFromItsAnswer() {
    var budget = SnapshotBudget()
    for i in 0..<BinanceLimits.snapshotsPerMinute {
      #expect(budget.opensNs <= Int64(i) * second)
      budget.count(Int64(i) * second)
      budget.settle(Int64(i) * second + second / 2)
    }
    #expect(budget.opensNs == 60 * second + second / 2)
  }

  @Test func requestsOfAnyMinuteKeepToTheFeedsShare() throws {
    let limit = BinanceLimits.snapshotsPerMinute
    let instruments = (0...limit).map {
      Instrument.test("SYM\($0)USDT", base: "SYM\($0)", lotDecimals: 4, index: UInt16($0))
    }
    let feed = try feed(instruments)
    for i in 0..<limit { feed.answer(BinanceText.snapshot(100 + i)) }
    #expect(feed.requests.targets.count == limit && feed.counters.snapshotWeight.value == 3_000)
    feed.run(feed.nowNs + 60 * second - 1)
    #expect(feed.requests.targets.count == limit)
    feed.run(feed.nowNs + 1)
    #expect(feed.requests.targets.count == limit + 1 && feed.counters.snapshotWeight.value == 250)
  }
}
