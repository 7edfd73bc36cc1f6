import MallocCounter
import Market
import Simulation
import Testing

@Suite struct HawkesMarketTests {
  private static let planted = HawkesParameters.plain.planting(
    SignalParameters(movesPerSecond: 5, strength: 0.5, flipsPerSecond: 0.2))

  @Test(arguments: [HawkesParameters.plain, planted])
  func theRowsAreAMarket(_ parameters: HawkesParameters) throws {
    var market = try HawkesMarket(parameters, seed: 11)
    let buffer = RowBuffer()
    var book = RowBook()
    var lastNs: Int64 = 0
    var trades: UInt64 = 0
    for message in 1...(20_000 as UInt64) {
      let count = market.next(into: buffer.rows)
      #expect(count >= 1 && count <= HawkesMarket.rowsPerMessage)
      for i in 0..<count {
        let row = buffer.rows[i]
        book.take(row)
        if row.kind == .trade { trades += 1 }
        #expect(row.endsMessage == (i == count - 1))
        #expect(row.number == (row.kind == .trade ? trades : message))
        #expect(row.exchangeTimeNs == market.timeNs && row.localTimeNs == market.timeNs + parameters.feedLatencyNs)
      }
      #expect(market.timeNs > lastNs)
      lastNs = market.timeNs
      // Every message leaves a whole book, and the market's own touch is the one that its rows tell of.
      let bid = try #require(book.bestBid)
      let ask = try #require(book.bestAsk)
      #expect(bid < ask)
      #expect(parameters.signal == nil || ask.ticks - bid.ticks == 1)
      #expect(market.bestBid == BookLevel(price: bid, quantity: Quantity(lots: book.lots(.buy, bid))))
      #expect(market.bestAsk == BookLevel(price: ask, quantity: Quantity(lots: book.lots(.sell, ask))))
    }
    #expect(book.problems.isEmpty, "\(book.problems.prefix(3))")
    #expect(trades > 1_000)
  }

  /// The constants are what a debug build wrote; a release build has to write the same.
  @Test(arguments: [
    (HawkesParameters.plain, 1 as UInt64, 4_339_067_029_133_630_990 as UInt64),
    (planted, 2, 3_490_539_129_882_217_243),
  ])
  func aSeedIsAMarket(_ parameters: HawkesParameters, _ seed: UInt64, _ digest: UInt64) throws {
    let found = try Self.digest(parameters, seed: seed)
    #expect(found == digest)
    #expect(try Self.digest(parameters, seed: seed + 1) != digest)
  }

  @Test func batchesHoldTheSameRows() throws {
    var one = try HawkesMarket(.plain, seed: 3)
    var other = try HawkesMarket(.plain, seed: 3)
    let batch = UnsafeMutableBufferPointer<TapeRow>.allocate(capacity: 3 * HawkesMarket.rowsPerMessage)
    defer { batch.deallocate() }
    let buffer = RowBuffer()
    for _ in 0..<5 {
      let filled = other.fill(batch)
      #expect(filled > batch.count - HawkesMarket.rowsPerMessage)
      var i = 0
      while i < filled {
        let count = one.next(into: buffer.rows)
        #expect(Array(UnsafeBufferPointer(start: buffer.rows, count: count)) == Array(batch[i..<(i + count)]))
        i += count
      }
      #expect(i == filled)
    }
  }

  @Test func eventsAllocateNothing() throws {
    var market = try HawkesMarket(Self.planted, seed: 4)
    let buffer = RowBuffer()
    var rows = 0
    let before = malloc_counter_value()
    for _ in 0..<50_000 { rows += market.next(into: buffer.rows) }
    #expect(malloc_counter_value() - before == 0)
    #expect(rows > 50_000)
  }

  private static func digest(_ parameters: HawkesParameters, seed: UInt64) throws -> UInt64 {
    var market = try HawkesMarket(parameters, seed: seed)
    let buffer = RowBuffer()
    var digest = RowDigest()
    for _ in 0..<20_000 {
      let count = market.next(into: buffer.rows)
      digest.add(buffer.rows, count: count)
    }
    return digest.value
  }
}
