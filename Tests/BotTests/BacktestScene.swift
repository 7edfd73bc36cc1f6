// What the tests of backtests share: a configuration on the synthetic market, and how to run it.

import Bot
import Foundation
import Simulation

/// The demo's limits, with the given section and strategy.
func backtestConfiguration(
  _ backtest: String, instruments: String = "SYNUSDT",
  strategy: String = "{name: quoting, parameters: {fillDecay: 1000, riskAversion: 0.01}}"
) -> String {
  """
  instruments: [\(instruments)]
  strategy: \(strategy)
  risk:
    maximumOrderQuantity: 0.05
    maximumOrderNotional: 5000
    maximumPosition: 0.2
    maximumOpenOrders: 16
    priceCollarBasisPoints: 50
    ordersPerSecond: 20
    ordersPer10Seconds: 40
    maximumMarketAgeMs: 2000
    maximumOrderAgeMs: 2000
    maximumDailyLoss: 5000
  backtest:
  \(backtest)
  """
}

let backtestEdges = """
    latency: {feedUs: 500, orderUs: 1000, responseUs: 1000, decisionUs: 20}
    fees: {makerBasisPoints: 10, takerBasisPoints: 10}
  """
let syntheticBacktest = """
    synthetic: {seed: 7, seconds: 60}
    balances: {USDT: 100000, SYN: 2}
  \(backtestEdges)
  """

func runBacktest(_ text: String) throws -> BacktestOutcome {
  var backtest = try BacktestRun(
    Configuration(file: "test.yaml", text: text), strategies: StrategyFactory.included)
  return try backtest.run()
}

func backtestProblem(_ text: String) -> String? {
  do {
    _ = try BacktestRun(Configuration(file: "test.yaml", text: text), strategies: StrategyFactory.included)
    return nil
  } catch { return "\(error)" }
}

/// A tape of a capture, as `apus import` writes it.
///
/// - Returns: its path.
func makeTape(of capture: String, in folder: URL) throws -> String {
  let tape = folder.appendingPathComponent("apus-\(UUID().uuidString).tape").path
  var rows = try CaptureRows(paths: [capture], touches: true, rebuilds: true)
  var writer = try TapeWriter(path: tape, instrument: rows.instrument)
  while let row = try rows.next() { try writer.append(row) }
  _ = try writer.finish()
  return tape
}
