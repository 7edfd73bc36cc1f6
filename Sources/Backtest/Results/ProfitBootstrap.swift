// How far the profit of a run could have been chance: intervals from resampled samples.

public import Simulation

/// 95 % percentile intervals by the stationary bootstrap over a scope's sampled profits (`BlockBootstrap`).
public struct ProfitBootstrap: Equatable, Sendable {
  /// Of the profit over the samples, in units of the scope's asset.
  public let profitUnits: ClosedRange<Double>
  /// Of the annualised Sharpe ratio; nil when no resample varied.
  public let sharpe: ClosedRange<Double>?

  /// - Returns: nil below three samples.
  public init?(_ scope: ScopeResult, intervalNs: Int64, seed: UInt64 = 1, resamples: Int = 1_000) {
    let returns = Returns(equityUnits: scope.series.equityUnits, intervalNs: intervalNs)
    guard returns.values.count > 1 else { return nil }
    let bootstrap = BlockBootstrap(observations: returns.values.count, resamples: resamples, seed: seed)
    guard let profit = bootstrap.interval(returns.values, { $0.reduce(0, +) }) else { return nil }
    profitUnits = profit
    sharpe = bootstrap.interval(returns.values) { Returns(values: $0, perYear: returns.perYear).sharpe }
  }

  /// In whole coins.
  public var json: JSONValue {
    func ends(_ range: ClosedRange<Double>, _ scale: Double) -> JSONValue {
      .array([.real(range.lowerBound / scale), .real(range.upperBound / scale)])
    }
    return .fields([("profit", ends(profitUnits, 1e8)), ("sharpe", sharpe.map { ends($0, 1) } ?? .null)])
  }
}
