// What a backtest came to: the results between both ends of the queue, and what proves that they can be repeated.

import Backtest
import Market
import Simulation

/// One session at its end.
package struct BacktestEnd: Equatable {
  package let result: BacktestResult
  /// Everything that strategy and execution decided, as a number: equal numbers are equal decisions.
  package let decisions: UInt64
  /// Records that number is of.
  package let records: Int
  package let fillsMaker: Int
  package let fillsTaker: Int
  package let ordersAccepted: Int
  /// Free and locked of each asset, venue by venue, in units of 10^-8, once everything was cancelled.
  package let balances: [AssetBalance]
  package let gaps: Int
  package let crossedBooks: Int
  /// Of the venues that have rate limits.
  package let rateRefusals: [RateRefusals]

  /// Ends the session.
  init(_ session: BacktestSession, endNs: Int64) throws(BacktestError) {
    result = try session.finish(atNs: endNs)
    let engines = session.venues.map(\.desk.engine)
    let fills = engines.flatMap(\.fills)
    (decisions, records) = session.decisions
    fillsMaker = fills.count { $0.isMaker }
    fillsTaker = fills.count - fillsMaker
    ordersAccepted = engines.reduce(0) { $0 + $1.orders.count }
    balances = engines.flatMap(\.balances)
    gaps = session.feedCounters.gaps
    crossedBooks = session.feedCounters.crossedBooks
    rateRefusals = session.venues.compactMap(\.rateRefusals)
  }
}

package struct BacktestOutcome: Equatable {
  package let messages: Int
  /// What was assumed of the queue in each session, from the pessimistic to the optimistic one; one where both are equal.
  package let outlooks: [QueueOutlook]
  /// The sessions in the same order; at least one.
  package let ends: [BacktestEnd]

  package var pessimistic: BacktestEnd { ends[0] }
  package var expected: BacktestEnd? { outlooks.firstIndex(of: .expected).map { ends[$0] } }
  package var optimistic: BacktestEnd { ends[ends.count - 1] }

  /// All results as one; a page and a JSON text are made of it.
  package var interval: ResultInterval {
    get throws {
      guard ends.count > 1 else { return ResultInterval(certain: pessimistic.result) }
      return try ResultInterval(
        pessimistic: pessimistic.result, expected: expected?.result, optimistic: optimistic.result)
    }
  }
}
