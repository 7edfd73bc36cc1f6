// One figure: a count, an exact amount, a statistic, or nothing where it is not defined.

public import Market

public enum MetricValue: Equatable, Sendable {
  case count(Int64)
  case amount(Amount)
  case number(Double)
  /// Not defined for this run: no fills, no drawdown, no variance.
  case absent

  init(_ number: Double?) {
    if let number, number.isFinite { self = .number(number) } else { self = .absent }
  }

  /// For statistics and comparisons; amounts in whole coins.
  public var real: Double? {
    switch self {
    case .count(let count): Double(count)
    case .amount(let amount): Double(amount.units) / Double(Amount.unitsPerCoin)
    case .number(let number): number
    case .absent: nil
    }
  }
}
