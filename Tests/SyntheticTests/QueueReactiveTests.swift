import MallocCounter
import Market
import Simulation
import Support
import Testing

@Suite struct QueueReactiveTests {
  @Test(arguments: [0.0, 0.2, 1])
  func theRowsAreAMarket(_ redraws: Double) throws {
    var parameters = QueueReactiveParameters.plain
    parameters.redraws = redraws
    var market = try QueueReactiveMarket(parameters, seed: 41)
    let buffer = RowBuffer()
    var book = RowBook()
    var lastNs: Int64 = 0
    var trades = 0
    for message in 1...(20_000 as UInt64) {
      let count = market.next(into: buffer.rows)
      for i in 0..<count {
        let row = buffer.rows[i]
        book.take(row)
        if row.kind == .trade { trades += 1 }
        #expect(row.endsMessage == (i == count - 1) && row.exchangeTimeNs == market.timeNs)
        #expect(row.kind == .trade || row.number == message)
      }
      #expect(market.timeNs > lastNs)
      lastNs = market.timeNs
      let bid = try #require(book.bestBid)
      let ask = try #require(book.bestAsk)
      #expect(bid < ask)
      for (side, count) in [(Side.buy, book.count(.buy)), (.sell, book.count(.sell))] {
        #expect(count == (0..<5).count { market.units(side, $0) > 0 })
      }
    }
    #expect(book.problems.isEmpty, "\(book.problems.prefix(3))")
    #expect(trades > 500)
  }

  /// Where the reference price stands still, a queue behind the first two spends its time at each size as the invariant law of
  /// its birth-death process says.
  @Test func aQueueHasItsInvariantLaw() throws {
    var parameters = QueueReactiveParameters.plain
    parameters.follows = 0
    var market = try QueueReactiveMarket(parameters, seed: 42)
    let buffer = RowBuffer()
    var seconds = [[Double]](repeating: [Double](repeating: 0, count: 41), count: 5)
    for _ in 0..<300_000 {
      let sizes = (0..<5).map { market.units(.buy, $0) }
      let before = market.timeNs
      _ = market.next(into: buffer.rows)
      for (queue, size) in sizes.enumerated() { seconds[queue][size] += Double(market.timeNs - before) * 1e-9 }
    }
    for queue in 2..<5 {
      let total = seconds[queue].reduce(0, +)
      let law = parameters.invariantLaw(queue: queue)
      let distance = 0.5 * zip(seconds[queue], law).reduce(0) { $0 + abs($1.0 / total - $1.1) }
      // A queue forgets in about ten seconds: over the 10,000 s of this sample some 1,000 independent looks at a law of 20
      // sizes, whose expected distance is about sqrt(20 / 1000) / 2.5 = 0.06.
      #expect(distance < 0.12, "queue \(queue)")
    }
  }

  /// An empty queue draws the price: after the ask's first queue empties the mid-price is higher a second later.
  @Test func thePriceFollowsEmptyQueues() throws {
    let facts = StylisedFacts(try Self.rows(.plain, seed: 43, seconds: 2_000))
    #expect(facts.responseBps[0] > 0 && facts.variancePerSecond[2] > 0)
    #expect(facts.spreadShares[0] > 0.3 && facts.spreadShares[3] == 0)
  }

  /// The constant is what a debug build wrote; a release build has to write the same.
  @Test func aSeedIsAMarket() throws {
    var market = try QueueReactiveMarket(.plain, seed: 44)
    let buffer = RowBuffer()
    var digest = RowDigest()
    for _ in 0..<20_000 {
      let count = market.next(into: buffer.rows)
      digest.add(buffer.rows, count: count)
    }
    #expect(digest.value == 17_281_766_537_958_313_701)
  }

  #if !DEBUG
    @Test func eventsAllocateNothing() throws {
      var market = try QueueReactiveMarket(.plain, seed: 45)
      let buffer = RowBuffer()
      var rows = 0
      let before = malloc_counter_value()
      for _ in 0..<200_000 { rows += market.next(into: buffer.rows) }
      #expect(malloc_counter_value() - before == 0)
      #expect(rows > 200_000)
    }
  #endif

  @Test func theTextReadsBackToTheSame() throws {
    let text = QueueReactiveParameters.plain.json
    #expect(try QueueReactiveParameters(parsing: text.utf8) == .plain)
    #expect(try QueueReactiveParameters(parsing: text.utf8).json == text)
  }

  @Test(arguments: [
    ("\"model\":\"queue-reactive\"", "\"model\":\"hawkes\"", "model"),
    ("\"unit_lots\":10", "\"unit_lots\":0", "unit_lots"), ("\"follows\":0.7", "\"follows\":2", "follows"),
    ("\"limit_per_second\":[[2.5", "\"limit_per_second\":[[0.0", "limit_per_second"),
    ("\"cancel_per_second\":[[0.0", "\"cancel_per_second\":[[1.0", "cancel_per_second"),
    ("\"market_per_second\":[0.0,", "\"market_per_second\":[", "limit_per_second"),
  ])
  func whatMakesNoMarketIsRefusedByName(_ old: String, _ new: String, _ key: String) throws {
    let parts = QueueReactiveParameters.plain.json.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    try #require(parts.count == 2)
    let error = #expect(throws: ParameterError.self) {
      try QueueReactiveParameters(parsing: (parts[0] + new + parts[1]).utf8)
    }
    #expect(error?.key == key)
  }

  /// Rows to rates: those of the first queue, at the sizes where it spends most of its time, are found again.
  @Test func theEstimateFindsTheRates() throws {
    #if DEBUG
      let (seconds, tolerance) = (1_000.0, 0.5)
    #else
      let (seconds, tolerance) = (10_000.0, 0.25)
    #endif
    let truth = QueueReactiveParameters.plain
    let rows = try Self.rows(truth, seed: 46, seconds: seconds)
    let found = try QueueReactiveParameters.calibrated(to: rows, source: "synthetic")
    #expect(found.unitLots == truth.unitLots && found.source == "synthetic")
    // Hundreds of events of each kind at each of these sizes; how the reference price is told from the touch alone while the
    // spread is wide adds an error of its own.
    for size in 2...6 {
      #expect(abs(found.limitPerSecond[0][size] / truth.limitPerSecond[0][size] - 1) < tolerance)
      #expect(abs(found.cancelPerSecond[0][size] / truth.cancelPerSecond[0][size] - 1) < tolerance)
      #expect(abs(found.marketPerSecond[size] / truth.marketPerSecond[size] - 1) < tolerance)
    }
    #expect(throws: CalibrationError.self) {
      try QueueReactiveParameters.calibrated(to: Array(rows.prefix(50)), source: "short")
    }
  }

  #if !DEBUG
    /// What a calibrated market shares with its recording, and what it misses, as docs/synthetic-markets.md says, for three
    /// seeds: a spread of one tick and, within a factor of three, the changes of the touch; but hardly any move of the price.
    @Test(.enabled(if: sharedData != nil), arguments: Recording.allCases)
    func aCalibratedMarketHasFactsOfItsRecording(_ recording: Recording) throws {
      let rows = try recording.rows(seconds: 345)
      let capture = StylisedFacts(rows)
      let parameters = try QueueReactiveParameters.calibrated(to: rows, source: recording.rawValue)
      print(capture.tableRow(recording.rawValue))
      for seed in 1...3 as ClosedRange<UInt64> {
        let model = StylisedFacts(try Self.rows(parameters, seed: seed, seconds: 345))
        print(model.tableRow("queue-reactive, seed \(seed)"))
        #expect(model.spreadShares[0] > 0.95 && capture.spreadShares[0] > 0.95)
        #expect((0.33...3).contains(model.touchesPerSecond / capture.touchesPerSecond))
        #expect(model.variancePerSecond[2] < 0.01 * capture.variancePerSecond[2])
        #expect(model.ordersPerSecond < 0.5 * capture.ordersPerSecond)
      }
    }
  #endif

  private static func rows(_ parameters: QueueReactiveParameters, seed: UInt64, seconds: Double) throws -> [TapeRow] {
    var market = try QueueReactiveMarket(parameters, seed: seed)
    let endNs = market.timeNs + Int64(seconds * 1e9)
    let buffer = RowBuffer()
    var rows: [TapeRow] = []
    while market.timeNs < endNs {
      let count = market.next(into: buffer.rows)
      rows += UnsafeBufferPointer(start: buffer.rows, count: count)
    }
    return rows
  }
}
