import Foundation
import MallocCounter
import Market
import Pipeline
import Support
import Testing
import Venues

/// The facts that the description of the recorded data states, found again through the feed.
@Suite(.enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
struct RecordedFeedTests {
  /// What a session through the feed came to.
  struct Outcome {
    var counters: BinanceFeedCounters
    var book: BookCounters
    var requests: Int
    var bids: [BookLevel]
    var asks: [BookLevel]
    /// Market events between a break and the snapshot that ended it.
    var eventsWhileVoid: Int
  }

  @Test(arguments: [("BTC", 6493, 1072), ("ETH", 6468, 1056)])
  func everyDiffIsProvenAndTheBookIsTheVenuesBook(_ asset: String, _ applied: Int64, _ compared: Int64) throws {
    let outcome = try play(asset == "BTC" ? .btc : .eth)
    #expect(outcome.counters.diffs.value == applied)
    #expect(outcome.counters.gaps.value == 0 && outcome.counters.tradeGaps.value == 0)
    #expect(outcome.counters.snapshots.value == 1 && outcome.counters.resyncs.value == 0)
    #expect(outcome.counters.decodeErrors.value == 0 && outcome.counters.halts.value == 0)
    #expect(outcome.counters.ringFull.value == 0)
    #expect(outcome.book.depthApplied == applied && outcome.book.crossed == 0)
    #expect(outcome.book.tickerCompared == compared && outcome.book.tickerMismatches == 0)
    #expect(outcome.requests == 1)
  }

  @Test func oneWithheldDiffIsOneGapAndOneResynchronisation() throws {
    let whole = try play(.btc)
    let outcome = try play(.btc, withholding: 3000)
    #expect(outcome.counters.gaps.value == 1 && outcome.counters.resyncs.value == 1)
    #expect(outcome.counters.snapshots.value == 2 && outcome.requests == 2)
    #expect(outcome.eventsWhileVoid == 0)
    #expect(outcome.book.crossed == 0 && outcome.book.tickerMismatches == 0)
    #expect(outcome.bids == whole.bids && outcome.asks == whole.asks)
  }

  /// Every recorded message, and the journal's record of it, without one allocation.
  @Test func theFeedAllocatesNothing() throws {
    let market = RecordedMarket.btc
    let feed = try FeedUnderTest([market.instrument])
    feed.subscribe()
    var allocations: UInt64 = 0
    for line in market.lines {
      line.text.withUnsafeBytes { text in
        let isSnapshot = line.isSnapshot
        let before = malloc_counter_value()
        _ = feed.stage.feed.hasRoom()
        if isSnapshot {
          feed.stage.feed.responded(status: 200, retryAfterSeconds: nil, text, nowNs: line.timeNs)
        } else {
          feed.stage.feed.received(0, text, receiveTsc: 1, nowNs: line.timeNs)
        }
        feed.stage.feed.records.publish()
        allocations += malloc_counter_value() - before
      }
      let count = feed.events.available()
      for i in 0..<count where feed.events.peek(i).pointee.kind == .snapshot {
        feed.snapshots.release(Int(feed.events.peek(i).pointee.price.ticks))
      }
      feed.events.release(count)
      _ = feed.records.drain { _ in }
    }
    #expect(allocations == 0)
    #expect(feed.counters.diffs.value == 6493)
  }

  /// The second connection is some messages behind the first; each loses what the other brings.
  @Test func twoConnectionsThatCloseEachOthersHolesAllocateNothing() throws {
    let market = RecordedMarket.btc
    let feed = try FeedUnderTest([market.instrument]) { $0.connections = 2 }
    feed.nowNs = market.lines[0].timeNs
    feed.subscribe()
    feed.subscribe(feed.second)
    let snapshot = try #require(market.lines.first { $0.isSnapshot })
    let lines = market.lines.filter { !$0.isSnapshot }
    let (behind, start) = (5, 10)
    var allocations: UInt64 = 0
    func take(_ i: Int, on connection: Int, atNs timeNs: Int64) {
      guard i >= 0, i < start || i % 50 != connection * 25 else { return }
      lines[i].text.withUnsafeBytes { text in
        let before = malloc_counter_value()
        _ = feed.stage.feed.hasRoom()
        feed.stage.feed.received(connection, text, receiveTsc: 1, nowNs: timeNs)
        feed.stage.feed.records.publish()
        allocations += malloc_counter_value() - before
      }
      feed.drain()
      feed.taken.removeAll(keepingCapacity: true)
      _ = feed.records.drain { _ in }
    }
    for i in lines.indices {
      if i == start { feed.answer(String(decoding: snapshot.text, as: UTF8.self)) }
      take(i, on: 0, atNs: lines[i].timeNs)
      take(i - behind, on: 1, atNs: lines[i].timeNs)
    }
    #expect(allocations == 0)
    #expect(feed.counters.gaps.value == 0 && feed.counters.tradeGaps.value == 0)
    #expect(feed.counters.arbitrated.value > 50 && feed.counters.connection1.behind.snapshot().count > 5_000)
  }

  /// Plays a market through the feed into a book; the snapshot line answers the first request, a snapshot of the rebuilt
  /// venue book any later one.
  private func play(_ market: RecordedMarket, withholding withheld: Int = -1) throws -> Outcome {
    let feed = try FeedUnderTest([market.instrument])
    var venue = VenueBook()
    var book = OrderBook()
    var isVoid = false
    var eventsWhileVoid = 0
    var diffs = 0
    feed.nowNs = market.lines[0].timeNs
    feed.subscribe()
    for line in market.lines {
      if line.isSnapshot {
        venue.load(line.text)
        feed.requests.answer = (200, line.text)
      } else {
        let isDiff = venue.apply(line.text)
        if isDiff { diffs += 1 }
        if isDiff, diffs == withheld { continue }
        if feed.requests.targets.count == 2, isVoid { feed.requests.answer = (200, Array(venue.snapshot().utf8)) }
        feed.stream.events.append(.message(line.text, tsc: 1))
      }
      repeat {
        let work = feed.stage.step(.init(nowNs: line.timeNs))
        _ = feed.records.drain { _ in }
        let count = feed.events.available()
        for i in 0..<count {
          let event = feed.events.peek(i)
          if event.pointee.kind == .snapshot { isVoid = false }
          if isVoid { eventsWhileVoid += 1 }
          if event.pointee.kind == .streamBroken { isVoid = true }
          _ = book.apply(event, snapshots: feed.snapshots)
        }
        feed.events.release(count)
        if work == 0 { break }
      } while true
    }
    return Outcome(
      counters: feed.counters, book: book.counters, requests: feed.requests.targets.count,
      bids: levels(book, .buy), asks: levels(book, .sell), eventsWhileVoid: eventsWhileVoid)
  }

  private func levels(_ book: borrowing OrderBook, _ side: Side) -> [BookLevel] {
    [BookLevel](unsafeUninitializedCapacity: 20_000) { buffer, count in count = book.levels(side, into: buffer) }
  }
}
