// How much of a Sharpe ratio is skill: for one track record, and for the best of many trials.

import Foundation

/// Sharpe ratios here are those of one interval, not annualised.
public enum SharpeStatistics {
  /// The probability that the true Sharpe ratio is above `benchmark`, given an estimate from `count` returns.
  ///
  /// Bailey and López de Prado, The Sharpe ratio efficient frontier, Journal of Risk 2012, equation 11:
  /// Z[(SR − SR*)·√(n − 1) ÷ √(1 − γ₃·SR + (γ₄ − 1) ÷ 4 · SR²)], with skewness γ₃ and kurtosis γ₄ (3 if normal).
  ///
  /// - Returns: nil below two returns, or where the moments contradict each other.
  public static func probabilistic(
    _ sharpe: Double, benchmark: Double, count: Int, skewness: Double, kurtosis: Double
  ) -> Double? {
    let variance = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe
    guard count > 1, variance > 0 else { return nil }
    return NormalDistribution.cumulative((sharpe - benchmark) * Double(count - 1).squareRoot() / variance.squareRoot())
  }

  /// The Sharpe ratio that the best of `trials` without skill is expected to show.
  ///
  /// Bailey and López de Prado, The deflated Sharpe ratio, Journal of Portfolio Management 2014, equation 1 with a mean of
  /// zero: √V · ((1 − γ)·Z⁻¹[1 − 1 ÷ N] + γ·Z⁻¹[1 − 1 ÷ (N·e)]), γ the Euler-Mascheroni constant.
  ///
  /// - Parameters:
  ///   - trials: independent ones; correlated trials count for fewer, so their number errs to the strict side.
  ///   - variance: of the trials' Sharpe ratios.
  public static func expectedMaximum(trials: Int, variance: Double) -> Double? {
    guard trials > 0, variance >= 0 else { return nil }
    // The best of one is that one, expected at zero.
    guard trials > 1 else { return 0 }
    let n = Double(trials)
    // By symmetry from the lower tail: 1 − 1/N has lost digits already.
    guard let first = NormalDistribution.quantile(1 / n), let second = NormalDistribution.quantile(1 / (n * M_E))
    else { return nil }
    return -variance.squareRoot() * ((1 - eulerMascheroni) * first + eulerMascheroni * second)
  }

  /// The deflated Sharpe ratio: the probability that the best of many trials has skill at all (the same paper, equation 2).
  public static func deflated(
    _ sharpe: Double, trials: Int, variance: Double, count: Int, skewness: Double, kurtosis: Double
  ) -> Double? {
    expectedMaximum(trials: trials, variance: variance).flatMap {
      probabilistic(sharpe, benchmark: $0, count: count, skewness: skewness, kurtosis: kurtosis)
    }
  }

  private static let eulerMascheroni = 0.577_215_664_901_532_9
}
