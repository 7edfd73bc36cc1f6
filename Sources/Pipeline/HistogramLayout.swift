// How latency values are grouped into buckets: the layout of Gil Tene's HdrHistogram.

/// Buckets whose width doubles with the value, so that every value is known to two significant decimal digits.
///
/// HdrHistogram (github.com/HdrHistogram/HdrHistogram, AbstractHistogram): with `d` digits, values up to `2 * 10^d` have
/// a bucket each, which takes `2^ceil(log2(2 * 10^d))` sub-buckets; every further power of two is divided into half as
/// many. A value's relative error is at most `2 / subBucketCount`, here 1/128. Two digits, because that is what a
/// latency figure is read to, and because a hot stage's histogram then touches a few cache lines and not hundreds.
package enum HistogramLayout {
  /// `2^ceil(log2(2 * 10^2))`.
  static var subBucketCount: Int { 256 }
  static var subBucketMagnitude: Int { 8 }
  /// One hour: larger values are counted in the last bucket, and the exact maximum is kept beside.
  package static var highestValue: UInt64 { 3_600_000_000_000 }
  /// The smallest number of doublings that reaches `highestValue`: 256 * 2^34 is above it.
  static var doublings: Int { 34 }
  package static var bucketCount: Int { (doublings + 2) * subBucketCount / 2 }

  /// The bucket of a value that is not above `highestValue`.
  package static func index(of value: UInt64) -> Int {
    let doubling = 64 &- subBucketMagnitude &- (value | UInt64(subBucketCount &- 1)).leadingZeroBitCount
    let subBucket = Int(truncatingIfNeeded: value &>> UInt64(truncatingIfNeeded: doubling))
    return doubling &* (subBucketCount / 2) &+ subBucket
  }

  /// The smallest and the largest value that are counted in a bucket.
  package static func values(of index: Int) -> ClosedRange<Int64> {
    let half = subBucketCount / 2
    let doubling = max(0, index / half - 1)
    let lowest = Int64(index - doubling * half) << Int64(doubling)
    return lowest...(lowest + (1 << Int64(doubling)) - 1)
  }
}
