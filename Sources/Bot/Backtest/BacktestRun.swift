// A backtest from its configuration to its result.

import Backtest
import Foundation
import Market
import Simulation

/// Plays the configured market into sessions of the bot: one for each end of what the queue may have been.
package struct BacktestRun {
  let plan: BacktestPlan
  private var market: BacktestMarket

  /// - Throws: everything that is wrong with configuration and inputs, before anything runs.
  package init(_ configuration: Configuration, strategies: [StrategyFactory]) throws {
    plan = try BacktestPlan(configuration, strategies: strategies)
    market = try BacktestMarket(plan.settings, instruments: plan.instruments)
  }

  /// Plays the market to its end, message by message into both sessions.
  ///
  /// - Parameters:
  ///   - tables: a folder that gets every row of both, in `pessimistic` and `optimistic`; nil for none.
  ///   - progress: shows how much is played; nil where several run at once.
  package mutating func run(
    tables: URL? = nil, progress: ProgressBar? = ProgressBar()
  ) throws -> BacktestOutcome {
    let startNs = market.startNs
    let files = try ["pessimistic", "optimistic"].map { name in
      try tables.map { try ResultTables(folder: $0.appendingPathComponent(name)) }
    }
    let pessimistic = try plan.makeSession(startNs: startNs, queue: .leaveBehind, tables: files[0])
    let optimistic = try plan.makeSession(startNs: startNs, queue: .leaveAhead, tables: files[1])
    let seconds = Self.seconds(from: startNs, to: market.endNs)
    var shown = 0
    var messages = 0
    while let played = try market.next() {
      messages += 1
      for session in [pessimistic, optimistic] {
        try session.play(played.message, of: played.instrument, atNs: played.timeNs)
      }
      let played = Self.seconds(from: startNs, to: played.timeNs)
      if played > shown {
        progress?.show(done: played, of: seconds)
        shown = played
      }
    }
    let outcome = BacktestOutcome(
      messages: messages, pessimistic: try BacktestEnd(pessimistic, endNs: market.endNs),
      optimistic: try BacktestEnd(optimistic, endNs: market.endNs))
    for file in files { try file?.close() }
    return outcome
  }

  private static func seconds(from startNs: Int64, to endNs: Int64) -> Int { Int((endNs - startNs) / 1_000_000_000) }
}
