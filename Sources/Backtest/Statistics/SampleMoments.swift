// Mean, standard deviation, skewness and kurtosis of a sample, in one order of summation.

/// The first four moments. Sums run from the first value to the last, so that equal samples give equal bits.
public struct SampleMoments: Equatable, Sendable {
  public let count: Int
  public let mean: Double
  private let second: Double
  private let third: Double
  private let fourth: Double

  public init(_ values: [Double]) {
    var count = 0
    var sum = 0.0
    for value in values {
      count += 1
      sum += value
    }
    self.count = count
    let mean = count > 0 ? sum / Double(count) : 0
    var (second, third, fourth) = (0.0, 0.0, 0.0)
    for value in values {
      let square = (value - mean) * (value - mean)
      second += square
      third += square * (value - mean)
      fourth += square * square
    }
    self.mean = mean
    self.second = second
    self.third = third
    self.fourth = fourth
  }

  /// With n − 1; nil below two values.
  public var standardDeviation: Double? { count > 1 ? (second / Double(count - 1)).squareRoot() : nil }

  /// The third moment over the second to the power 3/2, both with n; 0 for a sample without variance.
  public var skewness: Double {
    guard second > 0 else { return 0 }
    let variance = second / Double(count)
    return third / Double(count) / (variance * variance.squareRoot())
  }

  /// The fourth moment over the square of the second, both with n: 3 for a normal distribution.
  public var kurtosis: Double {
    guard second > 0 else { return 3 }
    let variance = second / Double(count)
    return fourth / Double(count) / (variance * variance)
  }
}
