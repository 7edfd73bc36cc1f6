import Foundation
import Market
import Support
import Testing

@Suite struct FeatureTests {
  @Test func namesAndDocumentationAgree() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/features.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.contains("`") }.map {
      $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    #expect(rows.map { $0[1] } == FeatureVector.names.map { "`\($0)`" })
    #expect(rows.map { $0[0] } == (0..<FeatureVector.count).map(String.init))
    #expect(Set(FeatureVector.names).count == FeatureVector.count)
    #expect(FeatureVector.count % 8 == 0 && FeatureVector.count >= 32)
  }

  @Test func thereIsNoReadingWithoutABook() {
    var b = BookUnderTest()
    var engine = FeatureEngine()
    var vector = FeatureVector()
    vector.touch = SIMD8(repeating: 5)
    #expect(engine.fill(&vector, nowNs: 5) == false)
    #expect((0..<FeatureVector.count).allSatisfy { vector[$0] == 0 })
    // A trade before the first book has no mid to be compared with.
    withUnsafePointer(to: MarketEvent.script(.trade, sequence: 1, ticks: 5, lots: 1, timeNs: 5)) { engine.onTrade($0) }
    b.playSnapshot([BookLevel(100, 5)], [BookLevel(102, 5)], sequence: 1, timeNs: 10)
    engine.onBook(b.book, nowNs: 10)
    #expect(engine.fill(&vector, nowNs: 10) == true)
    #expect(vector[2] == 0 && vector[6] == 0)
    b.playDepth(2, bids: [(100, 0)])
    engine.onBook(b.book, nowNs: 20)
    #expect(engine.fill(&vector, nowNs: 20) == false)
  }

  /// An hour of silence, enormous quantities, one-level sides: every lane stays finite.
  @Test(arguments: [31, 32, 33] as [UInt64])
  func everyReadingIsFinite(seed: UInt64) {
    var random = SeededRandom(seed)
    var b = BookUnderTest(pagesPerSide: 64)
    var engine = FeatureEngine()
    var vector = FeatureVector()
    var nowNs: Int64 = 1_700_000_000_000_000_000
    var readings = 0
    b.playSnapshot([BookLevel(1 << 30, 1)], [BookLevel(1 << 30 + 1, 1)], sequence: 1, timeNs: nowNs)
    for i in 2..<5000 as Range<UInt64> {
      nowNs += [0, 1, 1000, 1_000_000, 1_000_000_000, 3_600_000_000_000].randomElement(using: &random)!
      let lots = Int64.random(in: 0...Int64.max, using: &random) >> Int64.random(in: 0...62, using: &random)
      let side: Side = Bool.random(using: &random) ? .buy : .sell
      // Any price on its side of the first book's middle: a book that crosses has no readings.
      let bidTicks = Int64.random(in: 1..<1 << 30, using: &random) >> Int64.random(in: 0...29, using: &random) + 1
      let askTicks =
        1 << 30 + 1 + Int64.random(in: 0...7 << 30, using: &random) >> Int64.random(in: 0...32, using: &random)
      let ticks = side == .buy ? bidTicks : askTicks
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        let event = MarketEvent.script(.trade, side, sequence: i, ticks: ticks, lots: lots, timeNs: nowNs)
        withUnsafePointer(to: event) { engine.onTrade($0) }
      case 1:
        b.playTicker(i, bid: (bidTicks, lots), ask: (askTicks, lots))
        engine.onBook(b.book, nowNs: nowNs)
      default:
        b.playDepth(i, bids: side == .buy ? [(ticks, lots)] : [], asks: side == .sell ? [(ticks, lots)] : [])
        engine.onBook(b.book, nowNs: nowNs)
      }
      if engine.fill(&vector, nowNs: nowNs + .random(in: 0...2_000_000_000, using: &random)) { readings += 1 }
      for lane in 0..<FeatureVector.count where !vector[lane].isFinite {
        Issue.record("seed \(seed), step \(i): \(FeatureVector.names[lane]) is \(vector[lane])")
      }
    }
    #expect(readings > 4000)
  }

  @Test func aReadingDoesNotDependOnOtherReadings() {
    var b = BookUnderTest()
    var often = FeatureEngine()
    var seldom = FeatureEngine()
    var vector = FeatureVector()
    var expected = FeatureVector()
    b.playSnapshot([BookLevel(100, 5)], [BookLevel(102, 5)], sequence: 1)
    for i in 2..<500 as Range<UInt64> {
      let nowNs = Int64(i) * 700_001
      b.playDepth(i, bids: [(100, Int64(i % 7) + 1)], asks: [(102, Int64(i % 5) + 1)])
      often.onBook(b.book, nowNs: nowNs)
      seldom.onBook(b.book, nowNs: nowNs)
      #expect(often.fill(&vector, nowNs: nowNs + 300_000) == true)
    }
    _ = often.fill(&vector, nowNs: 400_000_000)
    _ = seldom.fill(&expected, nowNs: 400_000_000)
    #expect((0..<FeatureVector.count).allSatisfy { vector[$0].bitPattern == expected[$0].bitPattern })
  }
}

@Suite(.enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
struct RecordedFeatureTests {
  /// The recursions against the whole history in double precision.
  ///
  /// The tolerance: over 60 s some 20,000 steps each round a sum and its decay to 2^-24. Errors of either sign grow
  /// with the square root of that, to 1e-5; errors of one sign would reach 2.4e-3. The captures show at most 1.2e-4.
  @Test(arguments: ["BTC", "ETH"])
  func agreesWithTheDefinitions(_ asset: String) {
    let session = asset == "BTC" ? RecordedSession.btc : RecordedSession.eth
    var b = BookUnderTest()
    var engine = FeatureEngine()
    var slow = SlowFeatures()
    var vector = FeatureVector()
    var compared = 0
    // A minute and a half of the busiest stretch is enough history for the longest horizon, and quick to sum over.
    for (i, event) in session.events.prefix(100_000).enumerated() {
      let change = b.play(event, of: session)
      if event.kind == .trade {
        withUnsafePointer(to: event) { engine.onTrade($0) }
        slow.trade(event)
      } else if !change.isEmpty {
        engine.onBook(b.book, nowNs: event.receiveTimeNs)
        slow.book(b.levels(.buy, 16), b.levels(.sell, 16), nowNs: event.receiveTimeNs)
      }
      let nowNs = event.receiveTimeNs + 40_000_000
      guard engine.fill(&vector, nowNs: nowNs) else { continue }
      guard i % 4001 == 4000, let exact = slow.read(nowNs: nowNs) else { continue }
      compared += 1
      for (lane, name) in FeatureVector.names.enumerated() {
        let difference = abs(Double(vector[lane]) - exact[name]!)
        #expect(difference < 5e-4 * max(1, abs(exact[name]!)), "\(asset) \(name) at event \(i)")
      }
    }
    #expect(compared >= 20)
  }

  /// Every lane of every reading of both days is a number, and one of order one.
  @Test(arguments: ["BTC", "ETH"])
  func everyRecordedReadingIsOfOrderOne(_ asset: String) {
    let session = asset == "BTC" ? RecordedSession.btc : RecordedSession.eth
    let bound = SIMD8<Float>(repeating: 8)
    var b = BookUnderTest()
    var engine = FeatureEngine()
    var vector = FeatureVector()
    var readings = 0
    for event in session.events {
      let change = b.play(event, of: session)
      if event.kind == .trade {
        withUnsafePointer(to: event) { engine.onTrade($0) }
      } else if !change.isEmpty {
        engine.onBook(b.book, nowNs: event.receiveTimeNs)
      }
      guard event.kind != .level, engine.fill(&vector, nowNs: event.receiveTimeNs) else { continue }
      readings += 1
      for lanes in [vector.touch, vector.shape, vector.orderFlow, vector.trades, vector.returns, vector.recent]
      where !all((lanes .< bound) .& (lanes .> -bound)) {  // false for what is not a number
        Issue.record("\(asset), update \(event.sequence): \(lanes)")
      }
    }
    #expect(readings > 100_000)
  }
}
