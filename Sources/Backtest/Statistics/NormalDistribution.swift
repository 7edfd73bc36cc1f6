// The standard normal distribution.

import Foundation

public enum NormalDistribution {
  /// P(X ≤ x).
  public static func cumulative(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

  /// The x with P(X ≤ x) = `probability`, by bisection down to neighbouring numbers: it is asked for a few times in a
  /// run, and needs no table of coefficients.
  ///
  /// - Returns: ±infinity at 0 and 1; nil outside.
  public static func quantile(_ probability: Double) -> Double? {
    guard probability >= 0, probability <= 1 else { return nil }
    if probability == 0 { return -.infinity }
    if probability == 1 { return .infinity }
    // The upper tail by symmetry: there the cumulative probability has no digits left.
    if probability > 0.5 { return quantile(1 - probability).map { -$0 } }
    var (low, high) = (-40.0, 0.0)
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return high }
      if cumulative(middle) < probability { low = middle } else { high = middle }
    }
  }
}
