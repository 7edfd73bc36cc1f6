// A backtest from its configuration to its result.

import Backtest
import Foundation
import Market
import Simulation

/// Plays the configured market into sessions of the bot: one for each end of what the queue may have been, and one for what
/// is expected of it where that is configured.
package struct BacktestRun {
  let plan: BacktestPlan
  private let links: [VenueLink]
  private var market: BacktestMarket

  /// - Throws: everything that is wrong with configuration and inputs, before anything runs.
  package init(_ configuration: Configuration, strategies: [StrategyFactory]) throws {
    plan = try BacktestPlan(configuration, strategies: strategies)
    market = try BacktestMarket(plan.settings, instruments: plan.instruments)
    links = try plan.links(market)
  }

  /// Plays the market to its end, message by message into all sessions.
  ///
  /// - Parameters:
  ///   - tables: a folder that gets every row, in a folder for each session by its name; nil for none.
  ///   - withExpected: whether the session between the ends is run, if there is one.
  ///   - progress: shows how much is played; nil where several run at once.
  package mutating func run(
    tables: URL? = nil, withExpected: Bool = true, progress: ProgressBar? = ProgressBar()
  ) throws -> BacktestOutcome {
    let startNs = market.startNs
    let queues = plan.settings.queue.sessions.filter { withExpected || $0.outlook != .expected }
    let files = try queues.map { queue in
      try tables.map {
        try ResultTables(folder: $0.appendingPathComponent(queue.outlook.rawValue), venueNames: plan.venueNames)
      }
    }
    let sessions = try zip(queues, files).map {
      try plan.makeSession(startNs: startNs, links: links, queue: $0.rule, tables: $1)
    }
    let seconds = Self.seconds(from: startNs, to: market.endNs)
    var shown = 0
    var messages = 0
    while let played = try market.next() {
      messages += 1
      for session in sessions {
        try session.play(played.message, of: played.instrument, atNs: played.timeNs)
      }
      let played = Self.seconds(from: startNs, to: played.timeNs)
      if played > shown {
        progress?.show(done: played, of: seconds)
        shown = played
      }
    }
    let ends = try sessions.map { try BacktestEnd($0, endNs: market.endNs) }
    for file in files { try file?.close() }
    return BacktestOutcome(messages: messages, outlooks: queues.map(\.outlook), ends: ends)
  }

  private static func seconds(from startNs: Int64, to endNs: Int64) -> Int { Int((endNs - startNs) / 1_000_000_000) }
}
