import Market
import Support
import Testing

@Suite struct OrderBookTests {
  private let bids = [BookLevel(100, 5), BookLevel(99, 7), BookLevel(90, 1)]
  private let asks = [BookLevel(102, 4), BookLevel(103, 6), BookLevel(500_000_000, 9)]

  @Test func isVoidUntilASnapshot() {
    var b = BookUnderTest()
    #expect(b.playDepth(1, bids: [(100, 1)]).isEmpty)
    #expect(b.playTicker(2, bid: (100, 1), ask: (101, 1)).isEmpty)
    #expect(!b.book.isValid && b.book.bestBid == .none && b.levels(.buy).isEmpty)
    let change = b.playSnapshot(bids, asks, sequence: 10)
    #expect(change == BookChange.depth.union(.validity).union(.touch))
    #expect(b.book.isValid && b.book.bestBid == bids[0] && b.book.bestAsk == asks[0])
    #expect(b.levels(.buy) == bids && b.levels(.sell) == asks)
    #expect(b.book.counters.depthApplied == 0)
  }

  @Test func aBrokenStreamVoidsTheBook() {
    var b = BookUnderTest()
    b.playSnapshot(bids, asks, sequence: 10)
    #expect(b.play(.script(.streamBroken)) == BookChange.validity.union(.touch))
    #expect(!b.book.isValid && b.levels(.sell).isEmpty && b.book.bestAsk == .none)
    #expect(b.book.quantity(.buy, at: Price(ticks: 100)) == .zero)
    #expect(b.play(.script(.streamBroken)).isEmpty)
    // The next snapshot starts afresh: nothing of the old levels is left.
    b.playSnapshot([BookLevel(50, 1)], [BookLevel(51, 1)], sequence: 20)
    #expect(b.levels(.buy) == [BookLevel(50, 1)] && b.levels(.sell) == [BookLevel(51, 1)])
  }

  @Test func levelsCountOnlyWhenTheMessageIsComplete() {
    var b = BookUnderTest()
    b.playSnapshot(bids, asks, sequence: 10)
    #expect(b.play(.script(.level, .buy, ticks: 101, lots: 3)).isEmpty)
    #expect(!b.book.isConsistent && b.book.bestBid == bids[0])
    #expect(b.play(.script(.depthEnd, sequence: 11)) == BookChange.depth.union(.touch))
    #expect(b.book.isConsistent && b.book.bestBid == BookLevel(101, 3) && b.book.sequence == 11)
    // Deleting what is not there is normal, and deep changes leave the touch alone.
    #expect(b.playDepth(12, bids: [(42, 0), (98, 2)]) == .depth)
    #expect(
      b.levels(.buy) == [BookLevel(101, 3), BookLevel(100, 5), BookLevel(99, 7), BookLevel(98, 2), BookLevel(90, 1)])
  }

  @Test func aNewerTickerIsTheTouch() {
    var b = BookUnderTest()
    b.playSnapshot(bids, asks, sequence: 10)
    // It hides bids above it, takes over its own level and leaves those below.
    #expect(b.playTicker(15, bid: (99, 3), ask: (101, 8)) == .touch)
    #expect(b.book.isTickerAhead == true)
    #expect(b.levels(.buy) == [BookLevel(99, 3), BookLevel(90, 1)])
    #expect(b.levels(.sell) == [BookLevel(101, 8), BookLevel(102, 4), BookLevel(103, 6), BookLevel(500_000_000, 9)])
    #expect(b.book.quantity(.buy, at: Price(ticks: 100)) == .zero)
    #expect(b.book.quantity(.buy, at: Price(ticks: 99)) == Quantity(lots: 3))
    #expect(b.book.quantity(.buy, at: Price(ticks: 90)) == Quantity(lots: 1))
    #expect(b.book.quantity(.sell, at: Price(ticks: 102)) == Quantity(lots: 4))

    // A diff older than the ticker changes what is behind it, not the touch.
    #expect(b.playDepth(14, bids: [(100, 50), (98, 2)], asks: [(101, 1)]) == .depth)
    #expect(b.book.bestBid == BookLevel(99, 3) && b.book.bestAsk == BookLevel(101, 8))
    #expect(b.levels(.buy) == [BookLevel(99, 3), BookLevel(98, 2), BookLevel(90, 1)])

    // A ticker no newer than the last one, or than the depth, says nothing.
    #expect(b.playTicker(15, bid: (1, 1), ask: (2, 1)).isEmpty)
    #expect(b.playTicker(13, bid: (1, 1), ask: (2, 1)).isEmpty)
    #expect(b.book.counters.tickerStale == 2)

    // The diff that reaches the ticker makes the ladders the whole truth, levels that were hidden included.
    #expect(b.playDepth(16, bids: [(100, 6)], asks: [(102, 0)]) == BookChange.depth.union(.touch))
    #expect(b.book.isTickerAhead == false)
    #expect(b.levels(.buy) == [BookLevel(100, 6), BookLevel(99, 7), BookLevel(98, 2), BookLevel(90, 1)])
    #expect(b.book.bestAsk == BookLevel(101, 1))
  }

  @Test func aTickerWithAnEmptySideEmptiesIt() {
    var b = BookUnderTest()
    b.playSnapshot(bids, asks, sequence: 10)
    b.playTicker(11, bid: (0, 0), ask: (102, 1))
    #expect(b.book.bestBid.quantity == .zero && b.levels(.buy).isEmpty && b.levels(.sell).count == 3)
  }

  @Test func halfATickerSaysNothing() {
    var b = BookUnderTest()
    b.playSnapshot(bids, asks, sequence: 10)
    #expect(b.play(.script(.touch, .buy, sequence: 11, ticks: 1, lots: 1)).isEmpty)
    #expect(b.play(.script(.touch, .sell, sequence: 12, ticks: 2, lots: 1)).isEmpty)
    #expect(b.book.bestBid == bids[0] && b.book.bestAsk == asks[0])
  }

  @Test func aTickerFromBeforeTheSnapshotHoldsIfItIsNewer() {
    var b = BookUnderTest()
    b.playTicker(12, bid: (100, 2), ask: (101, 1))
    b.playSnapshot(bids, asks, sequence: 10)
    #expect(b.book.bestBid == BookLevel(100, 2) && b.book.bestAsk == BookLevel(101, 1))
    b.playSnapshot(bids, asks, sequence: 12)
    #expect(b.book.bestBid == bids[0] && b.book.bestAsk == asks[0])
  }

  @Test func tickersAreComparedWithTheDiffOfTheirId() {
    var b = BookUnderTest()
    b.playTicker(9, bid: (1, 1), ask: (2, 2))
    b.playSnapshot(bids, asks, sequence: 10)
    b.playTicker(12, bid: (100, 5), ask: (102, 9))
    b.playTicker(14, bid: (100, 5), ask: (102, 11))
    b.playTicker(15, bid: (100, 5), ask: (102, 12))
    b.playDepth(12, asks: [(102, 9)])
    #expect(b.book.counters.tickerCompared == 1 && b.book.counters.tickerMismatches == 0)
    b.playDepth(13, asks: [(102, 10)])
    #expect(b.book.counters.tickerCompared == 1)
    b.playDepth(15, asks: [(102, 13)])
    #expect(b.book.counters.tickerCompared == 2 && b.book.counters.tickerMismatches == 1)
    #expect(b.book.counters.depthApplied == 3 && b.book.counters.snapshots == 1)
  }

  @Test func aBookThatIsCrossedAfterAWholeMessageIsVoidUntilTheNextSnapshot() {
    var b = BookUnderTest()
    b.playSnapshot(bids, asks, sequence: 10)
    // In the middle of a message a level may cross: only the whole message counts.
    b.playDepth(11, bids: [(102, 1)], asks: [(102, 0)])
    #expect(b.book.counters.crossed == 0 && b.book.bestBid == BookLevel(102, 1))
    let change = b.playDepth(12, bids: [(200, 1)])
    #expect(change.contains(.crossed) && change.contains(.validity) && change.contains(.touch))
    #expect(b.book.counters.crossed == 1 && b.book.isValid == false)
    #expect(b.book.bestBid == .none && b.book.bestAsk == .none && b.levels(.buy).isEmpty)
    #expect(b.playDepth(13, bids: [(200, 0)]).isEmpty)
    b.playSnapshot(bids, asks, sequence: 14)
    #expect(b.levels(.buy) == bids)
  }

  @Test func aCrossedTickerOrSnapshotMakesNoBook() {
    var b = BookUnderTest()
    b.playSnapshot(bids, asks, sequence: 10)
    #expect(b.playTicker(11, bid: (102, 1), ask: (102, 1)).contains(.crossed))
    #expect(b.book.isValid == false)
    #expect(b.playSnapshot(asks, bids, sequence: 12).contains(.crossed))
    #expect(b.book.isValid == false)
    #expect(b.book.counters.crossed == 2)
  }

  /// A newer ticker hides the ladders' touch, not that they are wrong.
  @Test func laddersThatCrossBehindATickerMakeTheBookVoid() {
    var b = BookUnderTest()
    b.playSnapshot(bids, asks, sequence: 10)
    b.playTicker(20, bid: (100, 1), ask: (102, 1))
    #expect(b.playDepth(11, bids: [(102, 1)]).contains(.crossed))
  }

  @Test func pricesNoBookCanHoldAreCounted() {
    var b = BookUnderTest()
    b.playSnapshot(bids, asks, sequence: 10)
    b.playDepth(11, bids: [(0, 1), (-5, 1), (.max, 1), (97, -1)], asks: [(1 << 34, 1), (.min, 1), ((1 << 34) - 1, 1)])
    #expect(b.book.counters.outOfRange == 6)
    for ticks in [0, -5, .min, .max, 1 << 34] as [Int64] {
      #expect(b.playTicker(20, bid: (100, 1), ask: (ticks, 1)).isEmpty)
      #expect(b.playTicker(20, bid: (ticks, 1), ask: (102, 1)).isEmpty)
    }
    #expect(b.playTicker(20, bid: (100, -1), ask: (102, 1)).isEmpty)
    #expect(b.book.counters.outOfRange == 17)
    #expect(b.levels(.buy) == bids && b.levels(.sell).count == 4)
  }

  @Test func withoutPagesTheLevelsFurthestAwayGo() {
    var b = BookUnderTest(pagesPerSide: 3)
    let far = (0..<5).map { BookLevel(1000 + 100 * $0, $0 + 1) }
    b.playSnapshot([], far, sequence: 1)
    #expect(b.levels(.sell) == Array(far[..<3]))
    #expect(b.book.evictedLevels == 2)
    // A better level takes the place of the worst page.
    b.playDepth(2, asks: [(500, 1), (501, 1)])
    #expect(b.levels(.sell) == [BookLevel(500, 1), BookLevel(501, 1), far[0], far[1]])
    #expect(b.book.evictedLevels == 3 && b.book.levelCount(.sell) == 4)
    // And a freed page can be used again.
    b.playDepth(3, asks: [(500, 0), (501, 0), (2000, 4)])
    #expect(b.levels(.sell) == [far[0], far[1], BookLevel(2000, 4)])
  }

  @Test func fiveThousandLevelsApart() {
    var b = BookUnderTest(pagesPerSide: 5000)
    let asks = (1...5000).map { BookLevel(Int64($0) * 3_000_017 % (1 << 34), Int64($0)) }
    let bids = asks.map { BookLevel((1 << 34) - $0.price.ticks, $0.quantity.lots) }
    // One side at a time: together they would cross.
    b.playSnapshot([], asks, sequence: 1)
    #expect(b.levels(.sell) == asks.sorted { $0.price < $1.price })
    b.playSnapshot(bids, [], sequence: 2)
    #expect(b.levels(.buy) == bids.sorted { $0.price > $1.price })
    #expect(b.book.evictedLevels == 0)
  }

  /// Random sessions against dictionaries: every level after every message.
  @Test(arguments: [11, 12, 13, 14] as [UInt64])
  func agreesWithTheObviousBook(seed: UInt64) {
    var random = SeededRandom(seed)
    var b = BookUnderTest()
    var slow = SlowBook()
    var sequence: UInt64 = 100
    var center: Int64 = 1_000_000
    func apply(_ event: MarketEvent, _ slow: inout SlowBook, _ b: inout BookUnderTest) {
      slow.apply(event)
      b.play(event)
    }
    for step in 0..<1500 {
      center += .random(in: -40...40, using: &random)
      // A void book stays so for a while, and then gets its snapshot.
      let roll = Int.random(in: 0..<100, using: &random)
      switch slow.isValid || roll < 50 ? roll : 1 {
      case 0:
        apply(.script(.streamBroken), &slow, &b)
      case 1, 2:
        sequence += 10
        // A snapshot in any order, near and very far.
        let side = { (sign: Int64, random: inout SeededRandom) -> [BookLevel] in
          (0..<200).map { _ in Self.randomDistance(&random) }.reduce(into: [Int64: Int64]()) { $0[$1] = 7 }.map {
            BookLevel(center + sign * $0.key, $0.value)
          }
        }
        let (bids, asks) = (side(-1, &random), side(1, &random))
        slow.load(bids, asks, sequence: sequence)
        b.playSnapshot(bids, asks, sequence: sequence)
      case 3..<60:
        sequence += .random(in: 1...5, using: &random)
        for _ in 0..<Int.random(in: 0...12, using: &random) {
          let side: Side = Bool.random(using: &random) ? .buy : .sell
          let ticks = center - side.sign * Self.randomDistance(&random)
          let lots = Bool.random(using: &random) ? 0 : Int64.random(in: 1...1000, using: &random)
          // What a new level crosses is gone in the same message, as at a venue; now and then it is not.
          if lots > 0, Int.random(in: 0..<50, using: &random) > 0 {
            let crossed = side == .buy ? slow.asks.keys.filter { $0 <= ticks } : slow.bids.keys.filter { $0 >= ticks }
            for ticks in crossed.sorted() {
              apply(.script(.level, side.opposite, sequence: sequence, ticks: ticks), &slow, &b)
            }
          }
          apply(.script(.level, side, sequence: sequence, ticks: ticks, lots: lots), &slow, &b)
        }
        apply(.script(.depthEnd, sequence: sequence), &slow, &b)
      default:
        let told = sequence + .random(in: 0...8, using: &random)
        let spread = Int64.random(in: 1...20, using: &random)
        for (side, ticks) in [(Side.buy, center - spread), (.sell, center + spread)] {
          let lots = Int64.random(in: 0...20, using: &random)
          apply(.script(.touch, side, sequence: told, ticks: ticks, lots: lots), &slow, &b)
        }
      }
      for side in Side.allCases {
        let expected = slow.levels(side)
        #expect(b.levels(side) == expected, "seed \(seed), step \(step)")
        #expect((side == .buy ? b.book.bestBid : b.book.bestAsk).quantity == (expected.first?.quantity ?? .zero))
        #expect(b.levels(side, 3) == Array(expected.prefix(3)))
        if let level = expected.randomElement(using: &random) {
          #expect(b.book.quantity(side, at: level.price) == level.quantity)
        }
      }
      #expect(b.book.isValid == slow.isValid)
    }
    #expect(b.book.counters.crossed > 0 && b.book.counters.depthApplied > 500)
  }

  /// Whatever a feed might publish, the book takes it without a trap and stays in order.
  @Test(arguments: [15, 16] as [UInt64])
  func anyEventLeavesABookInOrder(seed: UInt64) {
    var random = SeededRandom(seed)
    var b = BookUnderTest(pagesPerSide: 8)
    let kinds: [MarketEventKind] = [.level, .level, .level, .depthEnd, .touch, .touch, .trade]
    var readable = 0
    for _ in 0..<50_000 {
      func extreme(_ random: inout SeededRandom) -> Int64 {
        let value = Int64.random(in: .min...(.max), using: &random)
        return value >> Int64.random(in: 0...62, using: &random)
      }
      let event = MarketEvent.script(
        Int.random(in: 0..<200, using: &random) == 0 ? .streamBroken : kinds.randomElement(using: &random)!,
        Bool.random(using: &random) ? .buy : .sell, sequence: UInt64.random(in: 0...40, using: &random),
        ticks: extreme(&random), lots: extreme(&random))
      b.play(event)
      if !b.book.isValid { b.playSnapshot([BookLevel(extreme(&random), 1)], [], sequence: 1) }
      let (bids, asks) = (b.levels(.buy, 40), b.levels(.sell, 40))
      #expect(zip(bids, bids.dropFirst()).allSatisfy { $0.price > $1.price }, "seed \(seed)")
      #expect(zip(asks, asks.dropFirst()).allSatisfy { $0.price < $1.price }, "seed \(seed)")
      #expect((bids + asks).allSatisfy { $0.price.ticks > 0 && $0.quantity.lots > 0 }, "seed \(seed)")
      if !bids.isEmpty && !asks.isEmpty { readable += 1 }
    }
    #expect(readable > 1000 && b.book.counters.outOfRange > 1000 && b.book.evictedLevels > 0)
  }

  /// Mostly near the touch, sometimes within a page or two, sometimes anywhere below the center.
  private static func randomDistance(_ random: inout SeededRandom) -> Int64 {
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<6: .random(in: 1...40, using: &random)
    case 6..<9: .random(in: 1...4000, using: &random)
    default: .random(in: 1...900_000, using: &random)
    }
  }
}
