import Market
import Support
import Testing

/// The facts that the description of the recorded data states, found again.
@Suite(.enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
struct RecordedBookTests {
  @Test(arguments: [("BTC", 6493, 1072), ("ETH", 6468, 1056)])
  func theBookIsTheVenuesBook(_ asset: String, _ applied: Int64, _ compared: Int64) {
    let session = asset == "BTC" ? RecordedSession.btc : RecordedSession.eth
    #expect(session.gaps == 0)
    var b = BookUnderTest()
    var slow = SlowBook()
    var crossedTouches = 0
    var messages = 0
    for event in session.events {
      let change = b.play(event, of: session)
      if event.kind == .snapshot {
        slow.load(session.snapshotBids, session.snapshotAsks, sequence: event.sequence)
      } else {
        slow.apply(event)
      }
      if change.contains(.touch), b.book.bestBid.price >= b.book.bestAsk.price { crossedTouches += 1 }
      if change.contains(.depth) || event.kind == .touch { messages += 1 }
      if messages % 997 == 0, b.book.isConsistent {
        for side in Side.allCases { #expect(b.levels(side) == slow.levels(side), "\(asset), update \(event.sequence)") }
        messages += 1
      }
    }
    for side in Side.allCases { #expect(b.levels(side) == slow.levels(side)) }
    let counters = b.book.counters
    #expect(counters.depthApplied == applied)
    #expect(counters.crossed == 0)
    #expect(counters.tickerCompared == compared)
    #expect(counters.tickerMismatches == 0)
    #expect(counters.snapshots == 1)
    #expect(counters.outOfRange == 0)
    #expect(b.book.evictedLevels == 0)
    #expect(crossedTouches == 0)
  }

  /// A control for the test above: one level of one diff withheld shows as a mismatch.
  @Test func aLostLevelIsNoticed() throws {
    let session = RecordedSession.eth
    let asksTold = Dictionary(
      session.events.lazy.filter { $0.kind == .touch && $0.side == .sell }
        .map { ($0.sequence, BookLevel(price: $0.price, quantity: $0.quantity)) }
    ) { $1 }
    // A change of the best ask in a diff whose id a ticker carries.
    let withheld = try #require(
      session.events.firstIndex { event in
        event.kind == .level && event.side == .sell
          && asksTold[event.sequence] == BookLevel(price: event.price, quantity: event.quantity)
      })
    var b = BookUnderTest()
    for (i, event) in session.events.enumerated() where i != withheld { b.play(event, of: session) }
    #expect(b.book.counters.tickerCompared == 1056)
    #expect(b.book.counters.tickerMismatches > 0)
  }
}
