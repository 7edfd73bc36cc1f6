import Market
import Pipeline
import Support
import Testing
import Venues

/// Two connections with independent loss and delay give one stream without gap or duplicate.
@Suite(.enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
struct TwoConnectionsTests {
  private static let short = Result { try LosslessSession(.btc, limit: 400) }

  #if DEBUG
    static let seeds: UInt64 = 20
  #else
    static let seeds: UInt64 = 200
  #endif

  @Test func whatEitherBringsIsPublishedOnceAndInOrder() throws {
    let session = try Self.short.get()
    var (lost, repeated, disconnects, arbitrated) = (0, 0, 0, 0)
    for seed in 1...Self.seeds {
      let plan = FaultPlan(session.messages, seed: seed, outageEveryNs: 1_200_000_000)
      let feed = try play(session, plan)
      expectLossless(feed, session, plan, "seed \(seed)")
      lost += plan.lost
      repeated += plan.repeated
      disconnects += plan.disconnects
      arbitrated += Int(feed.counters.arbitrated.value)
    }
    // The faults that the seeds were to bring were there.
    let seeds = Int(Self.seeds)
    #expect(lost > 10 * seeds && repeated > seeds && disconnects > seeds / 2 && arbitrated > seeds / 2)
  }

  @Test func aMessageLostOnBothIsOneBreakAndOneResynchronisation() throws {
    let session = try Self.short.get()
    let diffs = session.messages.indices.filter { session.messages[$0].isDepth }
    for seed in 1...(Self.seeds / 10) {
      var random = SeededRandom(seed)
      let lost = try #require(diffs.dropFirst(2).dropLast(4).randomElement(using: &random))
      let plan = FaultPlan(session.messages, seed: seed, outageEveryNs: .max / 4, lostOnBoth: lost)
      let feed = try play(session, plan)
      let comment: Comment = "seed \(seed)"
      #expect(feed.kinds().filter { $0 == .streamBroken }.count == 1, comment)
      #expect(feed.kinds().filter { $0 == .snapshot }.count == 2, comment)
      #expect(feed.counters.gaps.value == 1 && feed.counters.resyncs.value == 1, comment)
      #expect(feed.requests.targets.count == 2, comment)
      // Before the break all that led to it, after it all that follows the snapshot, and nothing between.
      let depth = feed.taken.filter { $0.kind == .depthEnd || $0.kind == .snapshot || $0.kind == .streamBroken }
      let broken = try #require(depth.firstIndex { $0.kind == .streamBroken })
      let (before, after) = (depth[1..<broken].map(\.sequence), depth[(broken + 2)...].map(\.sequence))
      let all = diffs.compactMap { session.messages[$0].events.last?.sequence }
      let lostUpdate = try #require(session.messages[lost].events.last?.sequence)
      #expect(Array(before.suffix(all.prefix { $0 < lostUpdate }.count)) == all.prefix { $0 < lostUpdate }, comment)
      #expect(depth[broken + 1].kind == .snapshot && depth[broken + 1].sequence >= lostUpdate, comment)
      #expect(after == all.filter { $0 > depth[broken + 1].sequence }, comment)
    }
  }

  #if !DEBUG
    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func aWholeRecordingComesThroughUnharmed(seed: UInt64) throws {
      let session = try LosslessSession(.btc, limit: .max)
      let plan = FaultPlan(session.messages, seed: seed, outageEveryNs: 12_000_000_000)
      let feed = try play(session, plan)
      #expect(plan.disconnects > 40 && plan.lost > 100)
      expectLossless(feed, session, plan, "seed \(seed)")
      #expect(feed.counters.diffs.value == 6493)
    }
  #endif

  /// Plays the opening over both connections alike, then the plan; the venue answers a request with its book.
  private func play(_ session: LosslessSession, _ plan: FaultPlan) throws -> FeedUnderTest {
    let feed = try FeedUnderTest([RecordedMarket.btc.instrument]) { $0.connections = 2 }
    var venue = VenueBook()
    feed.nowNs = session.opening[0].timeNs
    feed.subscribe()
    feed.subscribe(feed.second)
    for line in session.opening {
      if line.isSnapshot {
        venue.load(line.text)
        feed.requests.answer = (200, line.text)
        feed.run(line.timeNs)
      } else {
        _ = venue.apply(line.text)
        for stream in [feed.stream, feed.second] {
          stream.events.append(.message(line.text, tsc: 1))
          feed.run(line.timeNs)
        }
      }
    }
    var venueKnows = 0
    for delivery in plan.deliveries {
      let stream = delivery.connection == 0 ? feed.stream : feed.second
      switch delivery.kind {
      case .message(let i): stream.events.append(.message(session.messages[i].text, tsc: 1))
      case .closed: stream.events.append(.closed(.socketError))
      case .opened:
        stream.events.append(.opened)
        stream.add(#"{"result":null,"id":1}"#)
      }
      feed.run(delivery.timeNs)
      guard feed.requests.targets.count == 2, !feed.stage.feed.isLive(0) else { continue }
      // The venue's book as of now: what was sent by then.
      while venueKnows < session.messages.count, session.messages[venueKnows].timeNs <= delivery.timeNs {
        _ = venue.apply(session.messages[venueKnows].text)
        venueKnows += 1
      }
      feed.answer(venue.snapshot())
    }
    return feed
  }

  /// Depth and trades are those of the loss-free session, event for event. A ticker that is overtaken by a newer one says
  /// nothing any more: tickers are those that were the newest when they came.
  private func expectLossless(
    _ feed: FeedUnderTest, _ session: LosslessSession, _ plan: FaultPlan, _ comment: Comment
  ) {
    let published = feed.taken.map(PlainEvent.init)
    func isDepth(_ kind: MarketEventKind) -> Bool { kind == .level || kind == .depthEnd || kind == .streamBroken }
    let opening = published.prefix { $0.kind != .snapshot }.count
    let diffs = published[(opening + 1)...].filter { isDepth($0.kind) }
    let expected = session.messages.flatMap(\.events).filter { isDepth($0.kind) }
    let early = diffs.count - expected.count  // kept during the opening, and published with the snapshot
    #expect(early >= 0 && Array(diffs.dropFirst(early)) == expected, comment)
    #expect(
      published.filter { $0.kind == .trade } == session.messages.flatMap(\.events).filter { $0.kind == .trade }, comment
    )

    var newest: UInt64 = 0
    var tickers: [PlainEvent] = []
    for case .message(let i) in plan.deliveries.map(\.kind) where session.messages[i].isTicker {
      guard let id = session.messages[i].events.last?.sequence, id > newest else { continue }
      newest = id
      tickers += session.messages[i].events
    }
    #expect(published.filter { $0.kind == .touch } == tickers, comment)

    #expect(feed.counters.gaps.value == 0 && feed.counters.tradeGaps.value == 0, comment)
    #expect(feed.counters.resyncs.value == 0 && feed.requests.targets.count == 1, comment)
  }
}
