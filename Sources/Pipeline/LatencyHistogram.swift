// The hot side of a latency histogram: one writer, memory that another process can read.

import Synchronization

/// Counts values in nanoseconds. Copies write the same buckets: give a histogram to one stage only.
public struct LatencyHistogram: @unchecked Sendable {  // Safe: the words are atomics and are never freed.
  /// Maximum; minimum, as its distance from the largest number, so that zeroed memory is an empty histogram; from
  /// `headWords` on the buckets of `HistogramLayout`.
  let words: UnsafeMutablePointer<Atomic<Int64>>

  /// Words before the buckets: one cache line, so that the buckets begin on a line of their own.
  static var headWords: Int { 8 }
  static var byteCount: Int { (headWords + HistogramLayout.bucketCount) * 8 }

  /// - Parameter words: zeroed memory of `byteCount` bytes that is never freed.
  init(_ words: UnsafeMutablePointer<Atomic<Int64>>) { self.words = words }

  /// Counts one value. Negative ones (counters of two CPUs may differ by some cycles) count as 0.
  @_noLocks
  public func record(_ valueNs: Int64) {
    let value = min(UInt64(truncatingIfNeeded: max(valueNs, 0)), HistogramLayout.highestValue)
    let bucket = words + (LatencyHistogram.headWords &+ HistogramLayout.index(of: value))  // Safe: value is bounded.
    bucket.pointee.store(bucket.pointee.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    raise(words, to: valueNs)
    raise(words + 1, to: .max &- max(valueNs, 0))
  }

  /// There is one writer, so a load and a store are enough; most values change nothing and store nothing.
  func raise(_ word: UnsafeMutablePointer<Atomic<Int64>>, to value: Int64) {
    if value > word.pointee.load(ordering: .relaxed) { word.pointee.store(value, ordering: .relaxed) }
  }

  /// What has been counted so far. Cold; may be called by any thread.
  public func snapshot() -> HistogramSnapshot { HistogramSnapshot(UnsafePointer(words)) }
}
