// Backtests of the live stages on the synthetic market: every decision is repeated, and what cannot go together is refused.

import Backtest
import Bot
import Foundation
import Market
import Risk
import Simulation
import Support
import Testing

@Suite("Backtests")
struct BacktestTests {
  /// The digest is of every record of strategy and execution: what it was in a debug build is what it must be in a release
  /// build, on any machine. A change of a stage, of a record or of the synthetic market changes it for good reason.
  @Test("decides the same in every run, build and machine")
  func determinism() throws {
    let first = try runBacktest(backtestConfiguration(syntheticBacktest))
    let second = try runBacktest(backtestConfiguration(syntheticBacktest))
    #expect(first == second)
    #expect(first.pessimistic.decisions == 0xff6e_4f5f_7477_81cc && first.pessimistic.records == 12_940)
    #expect(first.pessimistic.fillsMaker == 21 && first.pessimistic.fillsTaker == 0)
  }

  @Test(
    "a recorded session decides the same in every run",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
  func recorded() throws {
    let folder = try #require(sharedData).appendingPathComponent("binance/spot").path
    let text = backtestConfiguration(
      """
        captures: [\(folder)/btcusdt_20240808.gz, \(folder)/ethusdt_20240808.gz]
        window: {toSeconds: 60}
        balances: {USDT: 100000, BTC: 2, ETH: 20}
      \(backtestEdges)
      """, instruments: "BTCUSDT, ETHUSDT", strategy: "{name: combined}")
    let first = try runBacktest(text)
    #expect(first.pessimistic.fillsMaker > 0 && first.pessimistic.fillsTaker > 0)
    #expect(first.pessimistic != first.optimistic)
    #expect(try runBacktest(text) == first)
  }

  @Test(
    "a recorded session and its tape decide the same",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
  func tape() throws {
    let capture = try #require(sharedData).appendingPathComponent("binance/spot/btcusdt_20240808.gz").path
    let tape = try makeTape(of: capture, in: FileManager.default.temporaryDirectory)
    defer { try? FileManager.default.removeItem(atPath: tape) }
    func section(_ input: String) -> String {
      """
        \(input)
        window: {toSeconds: 30}
        balances: {USDT: 100000, BTC: 2}
      \(backtestEdges)
      """
    }
    let fromTape = try runBacktest(backtestConfiguration(section("tapes: [\(tape)]"), instruments: "BTCUSDT"))
    #expect(
      try runBacktest(backtestConfiguration(section("captures: [\(capture)]"), instruments: "BTCUSDT")) == fromTape)
    #expect(fromTape.pessimistic.ordersAccepted > 0)
  }

  @Test("what lies before the window only makes the book")
  func window() throws {
    let late = try runBacktest(backtestConfiguration(syntheticBacktest + "\n  window: {fromSeconds: 30}")).pessimistic
    let whole = try runBacktest(backtestConfiguration(syntheticBacktest)).pessimistic
    #expect(late.ordersAccepted > 0 && late.ordersAccepted < whole.ordersAccepted)
  }

  @Test("a third session is played between the ends, which do not know of it")
  func expected() throws {
    let ends = try runBacktest(backtestConfiguration(syntheticBacktest))
    let three = try runBacktest(
      backtestConfiguration(syntheticBacktest + "\n  queue: {expected: {model: power, exponent: 3}}"))
    #expect(ends.expected == nil && ends.outlooks == [.pessimistic, .optimistic])
    #expect(three.outlooks == [.pessimistic, .expected, .optimistic])
    #expect(three.pessimistic == ends.pessimistic && three.optimistic == ends.optimistic)
    #expect(try three.interval.expected == #require(three.expected).result)
    #expect(BacktestText(outcome: three, isColoured: false).all.contains("pessimistic            expected"))
  }

  /// The lines of a `fees` section in the place of the two rates.
  private func text(fees: String, more: String = "") -> String {
    let section = syntheticBacktest.replacing(
      "fees: {makerBasisPoints: 10, takerBasisPoints: 10}", with: "fees: \(fees)")
    return backtestConfiguration(section + more)
  }

  @Test("fees follow their tiers, are paid in a third asset, and are in the profit at its stated price")
  func fees() throws {
    let tiers = """
      {tiers: [{fromVolume: 0, makerBasisPoints: 10, takerBasisPoints: 10}, \
      {fromVolume: 1000, makerBasisPoints: 4, takerBasisPoints: 8}], asset: BNB, assetPrice: 500, discountPercent: 25}
      """
    let end = try runBacktest(text(fees: tiers).replacing("SYN: 2", with: "SYN: 2, BNB: 1")).pessimistic
    let result = end.result.scopes[0]
    #expect(result.feeTiers.map(\.tier) == [0, 1] && result.unvaluedFees.isEmpty)
    let paid = Amount.unitsPerCoin - (end.balances.first { $0.asset.text == "BNB" }?.free.units ?? 0)
    let fees = result.feeTiers.reduce(0) { $0 + $1.fees.units }
    #expect(paid > 0 && fees == paid * 500)
    // 10 and 4 basis points, less a quarter; each fee is rounded to a unit of BNB, which is 500 of the quote asset.
    for (tier, basisPoints) in zip(result.feeTiers, [7.5, 3.0]) {
      let exact = Double(tier.turnover.units) * basisPoints / 1e4
      #expect(abs(Double(tier.fees.units) - exact) <= Double(tier.fills) * 250)
    }
    // The bot understands where its money went: a difference of balances would stop it.
    #expect(try end.fillsMaker == runBacktest(backtestConfiguration(syntheticBacktest)).pessimistic.fillsMaker)
  }

  @Test("a rebate is received")
  func rebate() throws {
    let end = try runBacktest(text(fees: "{makerBasisPoints: -1, takerBasisPoints: 5}")).pessimistic
    #expect(end.fillsMaker > 0 && end.result.scopes[0].feeTiers.allSatisfy { $0.fees < .zero })
  }

  @Test("a fee for each lot comes on top of the rate")
  func feePerLot() throws {
    let rates = "makerBasisPoints: 0, takerBasisPoints: 0"
    let end = try runBacktest(text(fees: "{\(rates), makerPerLot: 0.00000003, takerPerLot: 0.00000005}")).pessimistic
    let result = end.result.scopes[0]
    #expect(end.fillsMaker > 0 && result.feeTiers.allSatisfy { $0.fees > .zero })
    #expect(
      try runBacktest(text(fees: "{\(rates)}")).pessimistic.result.scopes[0].feeTiers.allSatisfy { $0.fees == .zero })
  }

  @Test("a halt of trading stops the bot")
  func halt() throws {
    let halted = try runBacktest(
      backtestConfiguration(syntheticBacktest + "\n  halts: [{fromSeconds: 0, toSeconds: 61}]")
    ).pessimistic
    #expect(halted.ordersAccepted == 0 && halted.result.scopes[0].orders.rejected > 0)
  }

  @Test(
    "the bot's feed keeps its sequence and its order where the market feels the bot",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
  func impact() throws {
    let folder = try #require(sharedData).appendingPathComponent("binance/spot").path
    func text(_ impact: String) -> String {
      backtestConfiguration(
        """
          captures: [\(folder)/btcusdt_20240808.gz]
          window: {toSeconds: 60}
          balances: {USDT: 100000, BTC: 2}
          \(impact)
        \(backtestEdges)
        """, instruments: "BTCUSDT", strategy: "{name: combined}")
    }
    let terms = "{model: power, volume: 1, permanentTicks: 50, temporaryTicks: 2000, halfLifeSeconds: 5}"
    let plain = try runBacktest(text("")).pessimistic
    let pushed = try runBacktest(text("impact: {BTCUSDT: \(terms)}")).pessimistic
    #expect(plain.fillsTaker > 0 && pushed.fillsTaker > 0 && plain.decisions != pushed.decisions)
    #expect(pushed.gaps == 0 && pushed.crossedBooks == 0)
  }

  @Test("equal ends are one session, and no interval")
  func certain() throws {
    let rules = "\n  queue: {pessimistic: proRata, optimistic: proRata}"
    let outcome = try runBacktest(backtestConfiguration(syntheticBacktest + rules))
    #expect(outcome.ends.count == 1)
    #expect(try outcome.interval.isCertain)
  }

  @Test(
    "what cannot be run is refused before anything runs",
    arguments: [
      (syntheticBacktest.replacing("seed: 7", with: "seed: -7"), "test.yaml:15: backtest.synthetic.seed"),
      (syntheticBacktest.replacing("feedUs: 500, ", with: ""), "test.yaml:17: backtest.latency.feedUs: is missing"),
      (syntheticBacktest.replacing("makerBasisPoints: 10,", with: "makerBasisPoints: 10, rebate: 1,"), "fees.rebate"),
      (syntheticBacktest.replacing("USDT: 100000", with: "EUR: 100000"), "backtest.balances.EUR"),
      (
        syntheticBacktest.replacing(
          "takerBasisPoints: 10}", with: "takerBasisPoints: 10, asset: BNB, assetPrice: 500}"),
        "backtest.fees.asset: the account has no BNB"
      ),
      (
        syntheticBacktest.replacing("takerBasisPoints: 10}", with: "takerBasisPoints: 10, startingVolume: 5}"),
        "backtest.fees.startingVolume: there is one tier"
      ),
      (
        syntheticBacktest.replacing(
          "{makerBasisPoints",
          with: "{tiers: [{fromVolume: 5, makerBasisPoints: 1, "
            + "takerBasisPoints: 1}], makerBasisPoints"), "either two rates or tiers"
      ),
      (syntheticBacktest + "\n  halts: [{fromSeconds: 5, toSeconds: 5}]", "the halt ends before it begins"),
      (syntheticBacktest + "\n  halts: [{instrument: BTCUSDT, fromSeconds: 5, toSeconds: 6}]", "BTCUSDT is not traded"),
      (
        syntheticBacktest + "\n  impact: {SYNUSDT: {model: linear, volume: 1, permanentTicks: 1, temporaryTicks: 1, "
          + "exponent: 1, halfLifeSeconds: 1}}", "backtest.impact.SYNUSDT.exponent: linear has no exponent"
      ),
      (
        syntheticBacktest + "\n  queue: {expected: fifo}", "test.yaml:19: backtest.queue.expected: an exact queue needs"
      ),
      (syntheticBacktest + "\n  queue: {expected: power}", "an exponent is expected"),
      (syntheticBacktest + "\n  queue: {expected: {model: proRata, exponent: 2}}", "proRata has no exponent"),
      (syntheticBacktest + "\n  queue: {expected: proRata}", "a venue matches by size (proRata) or by time"),
      (syntheticBacktest + "\n  queue: {expected: leaveAhead}", "backtest.queue.expected: it does not lie between"),
      (syntheticBacktest + "\n  queue: {pessimistic: leaveAhead, optimistic: log}", "it is less optimistic"),
      (
        syntheticBacktest + "\n  queue: {pessimistic: log, optimistic: log, expected: logOfSum}",
        "it does not lie between"
      ),
      (syntheticBacktest + "\n  window: {fromSeconds: 61}", "the input ends before the window begins"),
      (syntheticBacktest + "\n  captures: [a.gz]", "`captures`, `tapes` or `synthetic`, one of them"),
      ("  captures: [none.gz]\n  balances: {USDT: 1}\n\(backtestEdges)", "none.gz"),
      ("  tapes: [none.tape]\n  balances: {USDT: 1}\n\(backtestEdges)", "none.tape"),
      (syntheticBacktest + "\n  instruments: {ABCUSDT: {tick: 0.1}}", "backtest.instruments.ABCUSDT"),
      (syntheticBacktest + "\n  instruments: {SYNUSDT: {tick: 0}}", "backtest.instruments.SYNUSDT.tick"),
    ])
  func refusals(section: String, reason: String) throws {
    let text = try #require(backtestProblem(backtestConfiguration(section)))
    #expect(text.contains(reason), "\(text)")
  }

  @Test("a session whose orders the risk gate refuses says which rule it was")
  func refusedByTheGate() throws {
    let outcome = try runBacktest(
      backtestConfiguration(syntheticBacktest).replacing("maximumOrderNotional: 5000", with: "maximumOrderNotional: 1"))
    let result = outcome.pessimistic.result
    let limit = try #require(result.refusals.first { $0.reason == .notionalAboveLimit })
    #expect(limit.count > 0 && result.scopes[0].orders.placed == 0)
    #expect(BacktestText(outcome: outcome, isColoured: false).all.contains("notionalAboveLimit"))
    #expect(result.json.text.contains("notionalAboveLimit"))
  }

  @Test("an instrument that no input has is refused by name")
  func missingInstrument() throws {
    let text = try #require(
      backtestProblem(backtestConfiguration(syntheticBacktest.replacing(", SYN: 2", with: ""), instruments: "BTCUSDT")))
    #expect(text.contains("the synthetic market is of SYNUSDT alone"), "\(text)")
  }
}
