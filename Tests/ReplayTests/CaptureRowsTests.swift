// The recorded captures as tapes: counts that hftbacktest 2.4.4's own converter gives, contracts and clocks.

import Foundation
import Market
import Simulation
import Support
import Testing

struct CaptureRowsTests {
  private struct Facts: Sendable {
    var file: String
    var kind: ContractKind
    var multiplier: Int64
    var exponents: [Int8]
    var levels: Int
    var trades: Int
    var clears: Int
    var snapshotLevels: Int
    var shiftNs: Int64
    var firstLineNs: Int64
  }

  /// Rows of each kind and the shift as `hftbacktest.data.utils.binancefutures.convert` of version 2.4.4 counts them on
  /// these files; rows of both orders that its merge could not pair stand in it twice and here once.
  private static let facts = [
    Facts(
      file: "usdm/btcusdt_20240808", kind: .linear, multiplier: 1, exponents: [-1, -3], levels: 443_521, trades: 21_313,
      clears: 2, snapshotLevels: 2000, shiftNs: 1_272_156_851, firstLineNs: 1_723_161_255_030_314_667),
    Facts(
      file: "coinm/btcusd_perp_20240808", kind: .inverse, multiplier: 100, exponents: [-1, 0], levels: 296_013,
      trades: 2286,
      clears: 2, snapshotLevels: 2000, shiftNs: 1_267_953_940, firstLineNs: 1_723_161_256_172_216_566),
    Facts(
      file: "coinm/btcusd_perp_20240809", kind: .inverse, multiplier: 100, exponents: [-1, 0], levels: 363_658,
      trades: 2949,
      clears: 0, snapshotLevels: 0, shiftNs: 1_269_024_482, firstLineNs: 1_723_161_600_008_187_784),
  ]

  @Test(.enabled(if: sharedData != nil), arguments: facts)
  private func agreesWithThePeersConverter(facts: Facts) throws {
    let tape = try recordedTape(facts.file)
    #expect(tape.instrument.kind == facts.kind)
    #expect(tape.instrument.multiplier == facts.multiplier)
    #expect([tape.instrument.tick.exponent, tape.instrument.lot.exponent] == facts.exponents)
    func count(_ kind: TapeRowKind) -> Int { tape.rows.count { $0.kind == kind } }
    #expect(count(.level) == facts.levels)
    #expect(count(.trade) == facts.trades)
    #expect(count(.clear) == facts.clears)
    #expect(count(.snapshotLevel) == facts.snapshotLevels)
    #expect(tape.summary.leastLatencyNs == 0)
    #expect(tape.rows[0].localTimeNs == facts.firstLineNs + facts.shiftNs)
  }

  @Test(.enabled(if: sharedData != nil)) func readsSpotWithDerivedTimes() throws {
    let path = try #require(sharedData).appendingPathComponent("binance/spot/btcusdt_20240808.gz").path
    let tape = try Tape(capture: [path], touches: true)
    #expect(tape.instrument.kind == .spot)
    #expect(tape.instrument.tick == DecimalStep(mantissa: 1, exponent: -2))
    #expect(tape.rows.count { $0.kind == .trade } == 9757)
    #expect(tape.rows.count { $0.kind == .touch } == 2 * 28_040)
    #expect(tape.summary.leastLatencyNs == 0)
  }

  @Test func joinsFilesOfOneMarket() throws {
    try withFiles([trade("1000000001", price: "10.5"), trade("1000000002", price: "10")]) { paths in
      let rows = try Tape(capture: paths).rows
      #expect(rows.map(\.price.ticks) == [105, 100])
      #expect(throws: CaptureError(file: paths[0], line: 1, reason: "is older than the line before it")) {
        try Tape(capture: paths.reversed())
      }
    }
  }

  @Test(arguments: [
    ("x", 1, "does not start with a receive time in nanoseconds and a space"),
    ("1 [1]", 1, "is neither a combined-stream message nor a depth snapshot"),
    ("1 {\"a\":1}", 1, "is neither a combined-stream message nor a depth snapshot"),
    ("2 {\"code\":1}\n1 {\"code\":1}", 2, "is older than the line before it"),
    (
      trade("1", price: "1e5"), 1, "has a price or quantity that is no decimal number"
    ),
    (
      trade("1", price: "5") + "\n" + trade("2", price: "5", symbol: "ethusdt"), 2,
      "is of ETHUSDT, the lines before it of BTCUSDT: a tape is of one market"
    ),
  ])
  func refusesWhatIsNoCapture(text: String, line: Int, reason: String) throws {
    try withFiles([text]) { paths in
      #expect(throws: CaptureError(file: paths[0], line: line, reason: reason)) { try Tape(capture: paths) }
    }
  }

  /// The snapshot clears before it sets, bids come before asks, a message ends once, insurance trades are no trades.
  @Test func ordersRowsAsThePeerDoes() throws {
    let text = [
      #"9000001 {"lastUpdateId":7,"E":2,"T":1,"bids":[["10.5","2"],["10.0","1"]],"asks":[["11.0","3"]]}"#,
      #"9000002 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":9,"T":8,"s":"BTCUSDT","U":8,"u":9,"pu":7,"b":[],"a":[["11.0","0.000"],["11.5","4"]]}}"#,
      trade("9000003", price: "10.5"), trade("9000004", price: "10.5", type: "INSURANCE_FUND"),
    ]
    var rows: [TapeRow] = []
    try withFiles([text.joined(separator: "\n")]) { rows = try Tape(capture: $0).rows }
    #expect(
      rows.map(\.kind) == [.clear, .snapshotLevel, .snapshotLevel, .clear, .snapshotLevel, .level, .level, .trade])
    #expect(rows.map(\.side) == [.buy, .buy, .buy, .sell, .sell, .sell, .sell, .buy])
    #expect(rows.map(\.price.ticks) == [100, 105, 100, 110, 110, 110, 115, 105])
    #expect(rows.map(\.endsMessage) == [false, false, false, false, true, false, true, true])
    #expect(rows.map { $0.exchangeTimeNs / 1_000_000 } == [1, 1, 1, 1, 1, 8, 8, 9])
    #expect(rows[7].localTimeNs == 9_000_003)
  }
}

private func trade(_ timeNs: String, price: String, symbol: String = "btcusdt", type: String = "MARKET") -> String {
  #"\#(timeNs) {"stream":"\#(symbol)@trade","data":{"e":"trade","E":9,"T":9,"t":5,"p":"\#(price)","q":"1","X":"\#(type)","m":false}}"#
}

private func withFiles(_ texts: [String], _ body: ([String]) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let paths = texts.indices.map { folder.appendingPathComponent("\($0).txt").path }
  for (text, path) in zip(texts, paths) { try text.write(toFile: path, atomically: true, encoding: .utf8) }
  try body(paths)
}
