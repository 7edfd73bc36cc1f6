// Backtests of several venues: what happens at one is what would happen without the others, and each has its own terms.

import Backtest
import Bot
import Foundation
import Market
import Risk
import Simulation
import Support
import Testing

@Suite("Backtests of several venues")
struct BacktestVenuesTests {
  /// The section of one venue, as a session of that venue alone has it.
  struct Venue {
    var input: String
    var balances: String
    var latency = "{feedUs: 500, orderUs: 1000, responseUs: 1000, decisionUs: 20}"
    var fees = "{makerBasisPoints: 10, takerBasisPoints: 10}"
    var other: [String] = []

    var fields: [String] {
      ["\(input)", "balances: {\(balances)}", "latency: \(latency)", "fees: \(fees)"] + other
    }

    static func synthetic(_ seed: Int) -> Venue {
      Venue(input: "synthetic: {seed: \(seed), seconds: 60}", balances: "USDT: 100000, SYN: 2")
    }
  }

  static let near = Venue.synthetic(7)
  /// Another market, farther away, with a rebate and its own trouble.
  static let far: Venue = {
    var venue = Venue.synthetic(11)
    venue.latency = "{feedUs: 4000, orderUs: 7000, responseUs: 6000, decisionUs: 20}"
    venue.fees = "{makerBasisPoints: -1, takerBasisPoints: 5}"
    venue.other = ["venue: {outages: [{fromSeconds: 20, toSeconds: 25}]}"]
    return venue
  }()

  static func alone(_ venue: Venue, instruments: String, risk: String = "", seconds: Int = 60) -> String {
    configuration(venue.fields.map { "  " + $0 }, instruments, risk, seconds)
  }

  static func together(
    _ venues: KeyValuePairs<String, Venue>, instruments: String, risk: String = "", seconds: Int = 60
  ) -> String {
    let sections = venues.flatMap { name, venue in ["    \(name):"] + venue.fields.map { "      " + $0 } }
    return configuration(["  venues:"] + sections, instruments, risk, seconds)
  }

  private static func configuration(_ lines: [String], _ instruments: String, _ risk: String, _ seconds: Int) -> String
  {
    backtestConfiguration(
      (lines + ["  window: {toSeconds: \(seconds)}"]).joined(separator: "\n"), instruments: instruments
    )
    .replacing("maximumDailyLoss: 5000", with: "maximumDailyLoss: 5000\n  \(risk)")
    // The desk's order rate is one for all venues: here it never binds.
    .replacing("ordersPerSecond: 20", with: "ordersPerSecond: 1000")
    .replacing("ordersPer10Seconds: 40", with: "ordersPer10Seconds: 10000")
  }

  /// The instrument's fills up to a time, whatever it is called and numbered.
  private func fills(_ end: BacktestEnd, _ place: Int, untilNs: Int64 = .max) -> [String] {
    end.result.fills.filter { Int($0.instrument.rawValue) == place && $0.timeNs <= untilNs }.map {
      "\($0.timeNs) \($0.side) \($0.price.ticks) \($0.quantity.lots) \($0.isMaker) \($0.fee.units) \($0.feeAsset.text)"
    }
  }

  /// All that the instrument came to.
  private func figures(_ end: BacktestEnd, _ place: Int) -> [String] {
    let scope = end.result.scopes[place]
    return fills(end, place) + ["\(scope.orders)", "\(scope.attribution)", "\(scope.figures)", "\(scope.series)"]
  }

  @Test("each venue of a session is what it would be alone")
  func independence() throws {
    let both = try runBacktest(
      Self.together(["far": Self.far, "near": Self.near], instruments: "near:SYNUSDT, far:SYNUSDT"))
    for (place, venue) in [Self.near, Self.far].enumerated() {
      let alone = try runBacktest(Self.alone(venue, instruments: "SYNUSDT"))
      for (together, alone) in zip(both.ends, alone.ends) {
        #expect(alone.fillsMaker > 5)
        #expect(figures(together, place) == figures(alone, 0))
        // Venues stand by name: the far one is the first.
        let assets = alone.balances.count
        #expect(Array(together.balances[(1 - place) * assets..<(2 - place) * assets]) == alone.balances)
      }
    }
    #expect(both.pessimistic.result.scopes.prefix(2).map(\.name) == ["near:SYNUSDT", "far:SYNUSDT"])
    #expect(both.pessimistic.result.scopes.filter { $0.kind == .venue }.map(\.name) == ["far", "near"])
    // Of every record of strategy and execution, in debug and release builds: see `BacktestTests.determinism`.
    #expect(both.pessimistic.decisions == 0x436b_076d_979d_c3b6)
  }

  @Test(
    "spot at one venue and contracts at another are accounts of their own",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
  func spotAndContracts() throws {
    let folder = try #require(sharedData).appendingPathComponent("binance").path
    let spot = Venue(input: "captures: [\(folder)/spot/btcusdt_20240808.gz]", balances: "USDT: 100000, BTC: 2")
    var futures = Venue(input: "captures: [\(folder)/usdm/btcusdt_20240808.gz]", balances: "USDT: 2000")
    futures.other = [
      "contracts: {BTCUSDT: {tiers: [{toNotional: 500000, initialPercent: 1, maintenancePercent: 0.5}], "
        + "funding: {ratePercent: 0.01, intervalHours: 0.01}}}"
    ]
    let both = try runBacktest(
      Self.together(
        ["spot": spot, "futures": futures], instruments: "spot:BTCUSDT, futures:BTCUSDT", risk: "leverage: 20",
        seconds: 30))
    for (place, alone) in [
      try runBacktest(Self.alone(spot, instruments: "BTCUSDT", seconds: 30)),
      try runBacktest(Self.alone(futures, instruments: "BTCUSDT", risk: "leverage: 20", seconds: 30)),
    ].enumerated() {
      for (together, alone) in zip(both.ends, alone.ends) {
        // A session begins with its first recording, and the recordings of the venues do not begin at once.
        let untilNs = min(together.result.endNs, alone.result.endNs)
        #expect(alone.fillsMaker > 10)
        #expect(fills(together, place, untilNs: untilNs) == fills(alone, 0, untilNs: untilNs))
      }
    }
    for end in both.ends {
      #expect(!end.result.refusals.contains { $0.reason == .halted || $0.reason == .notReconciled })
    }
  }

  @Test(
    "venues that do not go together are refused before anything runs",
    arguments: [
      (together(["a": near, "b": near], instruments: "SYNUSDT"), "SYNUSDT: of which venue? VENUE:SYNUSDT is expected"),
      (together(["a": near, "b": near], instruments: "a:SYNUSDT, c:SYNUSDT"), "c:SYNUSDT: backtest.venues has a, b"),
      (together(["a": near, "b": near], instruments: "a:SYNUSDT"), "instruments: none is traded at b"),
      (together(["A": near], instruments: "A:SYNUSDT"), "backtest.venues.A: the name of a venue is lower case"),
      (
        together(["a": near, "b": near, "c": near, "d": near], instruments: "a:SYNUSDT"),
        "backtest.venues: 1 to 3 venues are expected"
      ),
      (alone(near, instruments: "other:SYNUSDT"), "other:SYNUSDT: backtest.venues has binance"),
      (
        together(["a": near, "b": Venue(input: "captures: [none.gz]", balances: "USDT: 1")], instruments: "a:SYNUSDT"),
        "backtest.venues: synthetic and recorded markets have different times"
      ),
      (
        together(
          ["a": near, "b": Venue(input: "tapes: [none]", balances: "USDT: 1", other: ["window: {}"])],
          instruments: "a:SYNUSDT"), "backtest.venues.b.window"
      ),
    ])
  func refused(text: String, problem: String) {
    #expect(backtestProblem(text)?.contains(problem) ?? false, "\(backtestProblem(text) ?? "nothing")")
  }

  @Test("a session without a backtest names no venue")
  func onlyInABacktest() {
    let text = Self.alone(Self.near, instruments: "near:SYNUSDT")
    let withoutBacktest = String(text.split(separator: "\nbacktest:", maxSplits: 1)[0])
    let error = #expect(throws: ConfigurationError.self) { try Configuration(file: "test.yaml", text: withoutBacktest) }
    #expect(error?.reason == "near:SYNUSDT: only a backtest has venues of its own")
  }
}
