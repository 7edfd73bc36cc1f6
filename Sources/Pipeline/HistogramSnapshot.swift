// The cold side of a latency histogram: percentiles of what was counted up to a moment.

import Synchronization

/// A copy of a histogram's counts.
public struct HistogramSnapshot: Sendable, Equatable {
  /// How many values were counted.
  public private(set) var count: Int64
  /// The largest value, exactly; 0 when nothing was counted.
  public let maximumNs: Int64
  /// The smallest value, exactly; 0 when nothing was counted.
  public let minimumNs: Int64
  private var buckets: [Int64]

  /// - Parameter words: the memory of a `LatencyHistogram`, which may be written meanwhile.
  init(_ words: UnsafePointer<Atomic<Int64>>) {
    let maximum = words[0].load(ordering: .relaxed)
    let distance = words[1].load(ordering: .relaxed)
    let first = words + LatencyHistogram.headWords
    buckets = (0..<HistogramLayout.bucketCount).map { max(0, first[$0].load(ordering: .relaxed)) }
    // Damaged counts of a foreign file wrap instead of trapping.
    count = buckets.reduce(0, &+)
    maximumNs = max(0, maximum)
    minimumNs = distance == 0 ? 0 : .max &- max(0, distance)
  }

  /// The value that `percent` of all counted values do not exceed, to the histogram's resolution: the upper end of its
  /// bucket, as HdrHistogram's `getValueAtPercentile`, and never above the maximum.
  ///
  /// - Parameter percent: 0 to 100.
  /// - Returns: nanoseconds; 0 when nothing was counted.
  public func percentile(_ percent: Double) -> Int64 {
    guard count > 0 else { return 0 }
    let rank = max(1, Int64((min(max(percent, 0), 100) / 100 * Double(count)).rounded(.up)))
    var passed: Int64 = 0
    for (index, inBucket) in buckets.enumerated() {
      passed &+= inBucket
      if passed >= rank { return min(HistogramLayout.values(of: index).upperBound, maximumNs) }
    }
    return maximumNs
  }

  /// The mean of the buckets' middle values, in nanoseconds; 0 when nothing was counted.
  public var meanNs: Double {
    guard count > 0 else { return 0 }
    var sum = 0.0
    for (index, inBucket) in buckets.enumerated() where inBucket > 0 {
      let values = HistogramLayout.values(of: index)
      sum += Double(inBucket) * (Double(values.lowerBound) + Double(values.upperBound)) / 2
    }
    return sum / Double(count)
  }

  /// What was counted since an earlier snapshot of the same histogram; maximum and minimum remain those of all time.
  public func since(_ earlier: HistogramSnapshot) -> HistogramSnapshot {
    var difference = self
    for index in buckets.indices { difference.buckets[index] &-= earlier.buckets[index] }
    difference.count &-= earlier.count
    return difference
  }
}
