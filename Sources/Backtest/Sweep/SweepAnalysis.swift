// What a sweep says about its best job: how likely it is skill, how likely chance.

public import Simulation

/// The verdict over the jobs of one window, by their pessimistic runs.
public struct SweepAnalysis: Equatable, Sendable {
  public let trials: Int
  /// The job with the largest Sharpe ratio; the first of equals.
  public let best: Int
  /// Of the best, for one sample interval.
  public let sharpe: Double
  /// The largest Sharpe ratio that so many trials without skill are expected to show.
  public let expectedMaximum: Double
  /// The probability that the best has skill (`SharpeStatistics.deflated`); nil where its moments contradict each other.
  public let deflated: Double?
  /// The probability of backtest overfitting; nil when there are too few samples.
  public let overfitting: Double?
  /// 95 % of the best job's mean profit for one interval, in units of the settlement asset (stationary bootstrap).
  public let meanProfit: ClosedRange<Double>?

  /// - Parameter rows: of one window, at least two, with samples over the same intervals.
  /// - Returns: nil otherwise, or when no job's profit ever varied.
  public init?(_ rows: [SweepRow], blocks: Int = 16, seed: UInt64 = 1) {
    let returns = rows.map(\.returns)
    guard rows.count > 1, let count = returns.first?.count, count > 1,
      rows.allSatisfy({ $0.equityUnits.count == count + 1 && $0.sampleIntervalNs == rows[0].sampleIntervalNs })
    else { return nil }
    // A job that never traded is a trial with a ratio of zero.
    let sharpes = rows.compactMap(\.sharpe)
    let variance = SampleMoments(sharpes).standardDeviation.map { $0 * $0 } ?? 0
    let place = sharpes.indices.reduce(0) { sharpes[$1] > sharpes[$0] ? $1 : $0 }
    guard variance > 0,
      let expected = SharpeStatistics.expectedMaximum(trials: rows.count, variance: variance)
    else { return nil }
    let moments = SampleMoments(returns[place])
    trials = rows.count
    best = rows[place].number
    sharpe = sharpes[place]
    expectedMaximum = expected
    deflated = SharpeStatistics.deflated(
      sharpe, trials: rows.count, variance: variance, count: count, skewness: moments.skewness,
      kurtosis: moments.kurtosis)
    overfitting = try? OverfittingProbability(returns: returns, blocks: blocks).probability
    meanProfit = BlockBootstrap(observations: count, seed: seed).interval(returns[place]) { SampleMoments($0).mean }
  }

  public var json: JSONValue {
    .fields([
      ("trials", .integer(trials)), ("best_job", .integer(best)), ("sharpe_per_sample", .real(sharpe)),
      ("expected_maximum_sharpe", .real(expectedMaximum)), ("deflated_sharpe", .real(deflated)),
      ("probability_of_overfitting", .real(overfitting)),
      (
        "mean_profit_units_95",
        meanProfit.map { .array([.real($0.lowerBound), .real($0.upperBound)]) } ?? .null
      ),
    ])
  }
}
