// `apus backtest`: the bot on recorded markets, without a clock.

import ArgumentParser
import Backtest
import Foundation
import Simulation

struct BacktestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract: "Run the bot on recorded markets, in event time.",
    discussion: """
      The stages are the live ones: strategy, features, brain, router, risk gate and order states. Only the clock, the
      network and the venue are simulated, as the `backtest` section of the configuration says; docs/backtesting.md
      tells by which rules, and what is not simulated. The same input gives the same output, byte for byte.

        apus backtest --config backtest.yaml
        apus backtest --config backtest.yaml --json result.json --report result.html --tables rows
      """)

  @Option(help: "The configuration file, with a `backtest` section.")
  var config: String

  @Option(help: "Write the result to this file, as JSON.")
  var json: String?

  @Option(help: "Write one self-contained HTML page with plots to this file.")
  var report: String?

  @Option(help: "Write fills, orders, markouts and equity as CSV files into this folder.")
  var tables: String?

  func run() throws {
    var backtest = try BacktestRun(Configuration(file: config), strategies: Apus.strategies)
    let outcome = try backtest.run(tables: tables.map { URL(fileURLWithPath: $0, isDirectory: true) })
    print(BacktestText(outcome: outcome, isColoured: Terminal.isInteractive).all)
    let interval = try outcome.interval
    if let json { try Data((interval.json.text + "\n").utf8).write(to: URL(fileURLWithPath: json)) }
    if let report { try HTMLReport(interval).write(to: URL(fileURLWithPath: report)) }
  }
}
