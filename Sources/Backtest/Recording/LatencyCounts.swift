// Simulated latencies of orders, counted in the buckets that the live histograms use.

import Pipeline

/// A histogram of durations in nanoseconds, to two significant digits (`HistogramLayout`).
public struct LatencyCounts: Equatable, Sendable {
  /// Durations of at least `fromNs` and at most `toNs`.
  public struct Bucket: Equatable, Sendable {
    public var fromNs: Int64
    public var toNs: Int64
    public var count: Int64
  }

  public private(set) var count: Int64 = 0
  public private(set) var maximumNs: Int64 = 0
  private var counts: [Int64] = []

  mutating func add(_ ns: Int64) {
    if counts.isEmpty { counts = [Int64](repeating: 0, count: HistogramLayout.bucketCount) }
    let value = min(UInt64(max(ns, 0)), HistogramLayout.highestValue)
    counts[HistogramLayout.index(of: value)] += 1
    count += 1
    maximumNs = max(maximumNs, ns)
  }

  mutating func merge(_ other: LatencyCounts) {
    guard other.count > 0 else { return }
    if counts.isEmpty { counts = [Int64](repeating: 0, count: other.counts.count) }
    for index in counts.indices { counts[index] += other.counts[index] }
    count += other.count
    maximumNs = max(maximumNs, other.maximumNs)
  }

  /// The buckets that hold something, in rising order.
  public var buckets: [Bucket] {
    counts.indices.filter { counts[$0] > 0 }.map { index in
      let values = HistogramLayout.values(of: index)
      return Bucket(fromNs: values.lowerBound, toNs: values.upperBound, count: counts[index])
    }
  }

  /// What `percent` of the durations do not exceed: the upper end of its bucket; nil when nothing was counted.
  public func percentile(_ percent: Double) -> Int64? {
    guard count > 0 else { return nil }
    let rank = max(1, Int64((percent / 100 * Double(count)).rounded(.up)))
    var passed: Int64 = 0
    for bucket in buckets {
      passed += bucket.count
      if passed >= rank { return min(bucket.toNs, maximumNs) }
    }
    return maximumNs
  }
}
