// Ratios of sampled profits.

/// Profits over equal intervals, in units of an asset. Capital is not assumed to change, so profits stand for returns:
/// the ratios below do not depend on how much it is.
struct Returns {
  let values: [Double]
  /// Intervals in 365 days: crypto markets do not close.
  let perYear: Double

  static let yearNs = 365.0 * 86_400e9

  init(values: [Double], perYear: Double) {
    self.values = values
    self.perYear = perYear
  }

  /// - Parameter equity: sampled at equal intervals.
  init(equityUnits equity: [Int64], intervalNs: Int64) {
    values = zip(equity.dropFirst(), equity).map { Double($0 - $1) }
    perYear = Self.yearNs / Double(intervalNs)
  }

  /// Sharpe, The Sharpe ratio, Journal of Portfolio Management 1994, of the profits over nothing, annualised.
  var sharpe: Double? {
    let moments = SampleMoments(values)
    guard let deviation = moments.standardDeviation, deviation > 0 else { return nil }
    return moments.mean / deviation * perYear.squareRoot()
  }

  /// Sortino and Price, Performance measurement in a downside risk framework, Journal of Investing 1994, target 0.
  var sortino: Double? {
    guard !values.isEmpty else { return nil }
    let count = Double(values.count)
    let downside = (values.reduce(0) { $0 + min($1, 0) * min($1, 0) } / count).squareRoot()
    guard downside > 0 else { return nil }
    return values.reduce(0, +) / count / downside * perYear.squareRoot()
  }
}
