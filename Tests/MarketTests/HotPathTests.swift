import MallocCounter
import Market
import Support
import Testing

#if !DEBUG
  /// Counted in release only: a million events take minutes without optimisation.
  @Suite struct HotPathTests {
    @Test func amillionEventsAllocateNothing() {
      var random = SeededRandom(21)
      var b = BookUnderTest()
      var engine = FeatureEngine()
      var vector = FeatureVector()
      let bids = (1...2000).map { BookLevel(1_000_000 - Int64($0) * 37, Int64($0)) }
      let asks = (1...2000).map { BookLevel(1_000_000 + Int64($0) * 37, Int64($0)) }
      b.playSnapshot(bids, asks, sequence: 1)
      let events = (0..<65_536).map { i in
        let side: Side = Bool.random(using: &random) ? .buy : .sell
        let ticks = 1_000_000 - side.sign * Int64.random(in: 1...100_000, using: &random)
        let kind = [MarketEventKind.level, .level, .level, .depthEnd, .touch, .trade].randomElement(using: &random)!
        return MarketEvent.script(
          kind, side, sequence: UInt64(i), ticks: ticks, lots: .random(in: 0...5, using: &random), timeNs: Int64(i))
      }
      var readings = 0
      let before = malloc_counter_value()
      events.withUnsafeBufferPointer { events in
        for i in 0..<1_000_000 {
          let event = events.baseAddress! + i % events.count
          let change = b.book.apply(event, snapshots: b.pool)
          if event.pointee.kind == .trade { engine.onTrade(event) }
          if !change.isEmpty { engine.onBook(b.book, nowNs: event.pointee.receiveTimeNs) }
          if engine.fill(&vector, nowNs: Int64(i)) { readings += 1 }
        }
      }
      let after = malloc_counter_value()
      #expect(after - before == 0)
      #expect(readings > 500_000)
      #expect(b.book.counters.depthApplied > 100_000)
    }

    @Test func snapshotsAllocateNothing() {
      var b = BookUnderTest()
      let before = malloc_counter_value()
      for sequence in 1...200 as ClosedRange<UInt64> {
        let handle = b.pool.acquire()!
        for i in 1...5000 as ClosedRange<Int64> {
          precondition(b.pool.bids(handle).append(BookLevel(10_000_000 - i * 311, i)))
          precondition(b.pool.asks(handle).append(BookLevel(10_000_000 + i * 311, i)))
        }
        b.play(.script(.snapshot, sequence: sequence, ticks: Int64(handle)))
      }
      #expect(malloc_counter_value() - before == 0)
      #expect(b.book.counters.snapshots == 200 && b.book.levelCount(.buy) == 5000)
    }

    @Test func decimalsAllocateNothing() {
      let text = Array("61837.63000000".utf8)
      var sum: Int64 = 0
      var written = 0
      withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { buffer in
        let before = malloc_counter_value()
        for i in 0..<1_000_000 {
          var value: Int64 = 0
          let outcome = text.withUnsafeBytes {
            DecimalText.parse($0, step: DecimalStep(mantissa: 1, exponent: -2), into: &value)
          }
          if outcome == .exact { sum += value }
          written += DecimalText.write(value + Int64(i), step: .amount, into: buffer) ?? 0
        }
        #expect(malloc_counter_value() - before == 0)
      }
      #expect(sum == 6_183_763 * 1_000_000)
      #expect(written > 9_000_000)
    }

    @Test func theCounterSeesAnAllocation() {
      let before = malloc_counter_value()
      let array = [Int](unsafeUninitializedCapacity: 100) {
        $1 = 100
        $0.initialize(repeating: 1)
      }
      #expect(array.reduce(0, +) == 100)
      #expect(malloc_counter_value() - before >= 1)
    }
  }
#endif
