// Intervals for statistics of dependent observations, by resampling blocks of them.

import Simulation

/// Resamples a series in blocks, which keep the dependence within them.
///
/// Stationary: blocks of geometrically distributed length (Politis and Romano, The stationary bootstrap, Journal of the
/// American Statistical Association 1994). Circular: blocks of one length (Politis and Romano, A circular
/// block-resampling procedure for stationary data, 1992). In both the series is joined at its ends, so that every
/// observation is as likely as any other.
public struct BlockBootstrap: Sendable {
  public enum Blocks: Sendable { case stationary, circular }

  public var blocks: Blocks
  /// The mean length of a block (circular: every block's).
  public var length: Int
  public var resamples: Int
  public var seed: UInt64

  /// - Parameter length: nil for the cube root of the number of observations, the order that is best for the variance of
  ///   a mean (Politis and White, Econometric Reviews 2004); given by who knows the memory of the series.
  public init(
    blocks: Blocks = .stationary, length: Int? = nil, observations: Int, resamples: Int = 2_000, seed: UInt64 = 1
  ) {
    self.blocks = blocks
    self.length = max(1, length ?? Int(Double(observations).cubeRoot.rounded(.up)))
    self.resamples = resamples
    self.seed = seed
  }

  /// The statistic of each resample, rising. Resamples for which it is not defined are left out.
  public func distribution(_ values: [Double], _ statistic: ([Double]) -> Double?) -> [Double] {
    guard !values.isEmpty else { return [] }
    var random = SplitMix64(seed: seed)
    var sample = values
    var results: [Double] = []
    for _ in 0..<resamples {
      draw(values, into: &sample, &random)
      if let result = statistic(sample), result.isFinite { results.append(result) }
    }
    return results.sorted()
  }

  /// The percentile interval of a statistic (Efron 1979) at `confidence`, such as 0.95.
  ///
  /// - Returns: nil when it is defined for no resample.
  public func interval(
    _ values: [Double], confidence: Double = 0.95, _ statistic: ([Double]) -> Double?
  ) -> ClosedRange<Double>? {
    let sorted = distribution(values, statistic)
    guard !sorted.isEmpty else { return nil }
    func at(_ share: Double) -> Double { sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))] }
    return at((1 - confidence) / 2)...at((1 + confidence) / 2)
  }

  private func draw(_ values: [Double], into sample: inout [Double], _ random: inout SplitMix64) {
    var place = 0
    for index in sample.indices {
      let begins =
        switch blocks {
        case .stationary: index == 0 || random.next(below: length) == 0
        case .circular: index % length == 0
        }
      if begins { place = random.next(below: values.count) } else { place = (place + 1) % values.count }
      sample[index] = values[place]
    }
  }
}

extension SplitMix64 {
  /// Evenly from `0..<bound` (Lemire 2019 without its rejection: the bias is below bound ÷ 2^64).
  mutating func next(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

  /// Evenly from [0, 1), in steps of 2^-53.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

extension Double {
  /// The cube root by Newton's method: the same bits on every machine, which a library's `cbrt` does not promise.
  fileprivate var cubeRoot: Double {
    guard self > 0 else { return 0 }
    var root = max(self, 1)
    while true {
      let next = (2 * root + self / (root * root)) / 3
      if next >= root { return root }
      root = next
    }
  }
}
