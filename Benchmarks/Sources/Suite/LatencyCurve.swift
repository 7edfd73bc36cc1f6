// Latency by percentile, where a median says too little.

/// What the fastest so many percent of all samples stay within.
public struct LatencyCurve: Sendable {
  /// Pairs of a percentile and its nanoseconds, ascending.
  public let points: [[Double]]

  private static let percentiles = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99]

  /// - Parameter sortedNs: ascending. Percentiles that fewer than one sample lies beyond are left out.
  public init(sortedNs: [Double]) {
    points = Self.percentiles.compactMap { percentile in
      let beyond = Double(sortedNs.count) * (100 - percentile) / 100
      guard beyond >= 1 else { return nil }
      return [percentile, sortedNs[min(sortedNs.count - 1, Int(Double(sortedNs.count) * percentile / 100))]]
    }
  }
}
