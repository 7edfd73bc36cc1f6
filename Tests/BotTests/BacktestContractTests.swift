// Backtests of contracts: recorded futures traded by the live stages, down to a liquidation, and what no account can have.

import Backtest
import Bot
import Foundation
import Market
import Risk
import Simulation
import Support
import Testing

@Suite("Backtests of contracts")
struct BacktestContractTests {
  /// A contract, and figures of a session in it.
  struct Session {
    var symbol = "BTCUSDT"
    var capture = "usdm/btcusdt_20240808.gz"
    var balance = "USDT: 2000"
    var quantities = (order: "0.05", position: "0.2")
    var leverage = "leverage: 20"
    var ratePercent = 0.01
    var seconds = 110

    static let inverse = Session(
      symbol: "BTCUSD_PERP", capture: "coinm/btcusd_perp_20240808.gz", balance: "BTC: 0.05",
      quantities: ("50", "200"))

    var tiers = """
      [{toNotional: 50000, initialPercent: 0.8, maintenancePercent: 0.4}, \
      {toNotional: 500000, initialPercent: 1, maintenancePercent: 0.5}]
      """

    var terms: String {
      """
        contracts:
          \(symbol):
            tiers: \(tiers)
            liquidationFeePercent: 1.25
            funding: {ratePercent: \(ratePercent), intervalHours: 0.01}
      """
    }

    func text(_ folder: URL, terms: String? = nil) -> String {
      backtestConfiguration(
        """
          captures: [\(folder.appendingPathComponent("binance/" + capture).path)]
          window: {toSeconds: \(seconds)}
          balances: {\(balance)}
        \(terms ?? self.terms)
        \(backtestEdges)
        """, instruments: symbol
      ).replacing("maximumOrderQuantity: 0.05", with: "maximumOrderQuantity: \(quantities.order)")
        .replacing("maximumPosition: 0.2", with: "maximumPosition: \(quantities.position)")
        .replacing("maximumDailyLoss: 5000", with: "maximumDailyLoss: 5000\n  \(leverage)")
    }
  }

  /// Balances are compared with the venue's every 30 s: a unit that the bot counts otherwise would halt it.
  @Test(
    "bot and venue agree on wallet, margin and funding of a recorded session, linear and inverse",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"), arguments: [false, true])
  func recorded(isInverse: Bool) throws {
    let folder = try #require(sharedData)
    let text = (isInverse ? Session.inverse : Session()).text(folder)
    let first = try runBacktest(text)
    for end in first.ends {
      let scope = end.result.scopes[0]
      #expect(scope.asset.text == (isInverse ? "BTC" : "USDT"))
      #expect(end.fillsMaker > 0 && scope.attribution.funding != .zero && scope.liquidation.fills == 0)
      #expect(scope.series.positionLots.contains { $0 < 0 }, "contracts are sold short")
      #expect(!end.result.refusals.contains { $0.reason == .halted || $0.reason == .notReconciled })
    }
    // Of every record of strategy and execution, in debug and release builds: see `BacktestTests.determinism`.
    #expect(first.pessimistic.decisions == (isInverse ? 0x5e65_9cac_d704_6c64 : 0xc565_7e21_0429_1890))
  }

  @Test(
    "funding from a file is what the same rates are without one, and a file must cover what is played",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
  func fundingFile() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString).csv")
    defer { try? FileManager.default.removeItem(at: file) }
    func write(_ times: some Sequence<Int64>) throws {
      let lines = times.map { "\($0),1,0.00010000" }
      try (["calc_time,funding_interval_hours,last_funding_rate"] + lines).joined(separator: "\n")
        .write(to: file, atomically: true, encoding: .utf8)
    }
    let session = Session(seconds: 80)
    let folder = try #require(sharedData)
    let constant = session.text(folder)
    let recorded = constant.replacing(
      "funding: {ratePercent: 0.01, intervalHours: 0.01}", with: "funding: {file: \(file.path)}")
    // Every 36 s for an hour about the recording, which begins on 2024-08-08 at 23:54 UTC.
    let startMs: Int64 = 1_723_161_600_000 - 1_800_000
    try write(stride(from: startMs, through: startMs + 3_600_000, by: 36_000))
    let outcome = try runBacktest(recorded)
    #expect(outcome.pessimistic.result.scopes[0].attribution.funding != .zero)
    #expect(try outcome == runBacktest(constant))
    try write([startMs - 7_200_000, startMs - 3_600_000])
    #expect(
      backtestProblem(recorded)?.contains("backtest.contracts.BTCUSDT.funding.file: it tells all payments from")
        ?? false)
  }

  @Test(
    "a liquidation takes the wallet, to the last unit, and stops the bot",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
  func liquidation() throws {
    // Funding of a hundred times the margin's size, every 36 s, ends any position.
    let session = Session(balance: "USDT: 20", leverage: "leverage: 125", ratePercent: 2)
    let folder = try #require(sharedData)
    let end = try runBacktest(session.text(folder)).optimistic
    let scope = end.result.scopes[0]
    #expect(scope.liquidation.fills > 0 && scope.attribution.funding < .zero)
    #expect(scope.attribution.profit == Amount(units: -20 * Amount.unitsPerCoin))
    #expect(end.balances.allSatisfy { $0.free == .zero && $0.locked == .zero })
    #expect(end.result.refusals.contains { $0.reason == .halted })
  }

  @Test(
    "what no account can have is refused before anything runs",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"),
    arguments: [
      (Session(leverage: ""), nil, "leverage of a contract must be 1 or more"),
      (Session(leverage: "leverage: 126"), nil, "risk.leverage"),
      (Session(balance: "BTC: 1"), nil, "backtest.balances.BTC"),
      (Session(), "", "backtest.contracts.BTCUSDT is missing"),
      (Session(), Session.inverse.terms, "backtest.contracts.BTCUSD_PERP"),
      (
        Session(
          leverage: "leverage: 125", tiers: "[{toNotional: 50000, initialPercent: 1, maintenancePercent: 0.4}]"), nil,
        "does not lend 125 times"
      ),
      (
        Session(tiers: "[{toNotional: 5, initialPercent: 1, maintenancePercent: 2}]"), nil,
        "no maintenance above initial"
      ),
    ])
  func refused(session: Session, terms: String?, reason: String) throws {
    let folder = try #require(sharedData)
    let problem = try #require(backtestProblem(session.text(folder, terms: terms)))
    #expect(problem.contains(reason), "\(problem)")
  }

  @Test("spot has neither leverage nor contracts")
  func spot() throws {
    let text = backtestConfiguration(syntheticBacktest)
    let leveraged = text.replacing("maximumDailyLoss: 5000", with: "maximumDailyLoss: 5000\n  leverage: 2")
    #expect(backtestProblem(leveraged)?.contains("leverage is of contracts") == true)
    let terms = Session(symbol: "SYNUSDT").terms
    #expect(backtestProblem(text + "\n" + terms)?.contains("trades no contract of that name") == true)
  }
}
