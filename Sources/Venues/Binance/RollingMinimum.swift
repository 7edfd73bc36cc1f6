// The smallest value of the last minute: what lag there would be on the best path, whatever the clocks show.

/// The minimum over a sliding window, kept in eight buckets: exact for a window between seven and eight of them.
///
/// The difference between a receive time and the venue's event time is the path's latency plus the distance of two
/// clocks. The distance cannot be told from the latency, but it is the same for all messages of a minute: what exceeds
/// the minimum is lag. Deterministic; times never run backwards.
public struct RollingMinimum: BitwiseCopyable, Sendable {
  private let bucketNs: Int64
  private var minima = SIMD8<Int64>(repeating: .max)
  /// The number of the newest bucket since time zero.
  private var newest = Int64.min

  /// - Parameter windowNs: how long a value counts, at least 8 ns.
  public init(windowNs: Int64) {
    precondition(windowNs >= 8)
    bucketNs = windowNs / 8
  }

  /// Takes a value in.
  ///
  /// - Returns: the minimum of the window that ends now, this value included.
  @_noLocks
  public mutating func insert(_ value: Int64, atNs nowNs: Int64) -> Int64 {
    let bucket = nowNs / bucketNs
    if newest == .min || bucket &- newest >= 8 {
      minima = SIMD8(repeating: .max)
      newest = bucket
    }
    while newest < bucket {
      newest &+= 1
      minima[Int(newest & 7)] = .max
    }
    let place = Int(newest & 7)
    minima[place] = Swift.min(minima[place], value)
    var minimum = value
    for i in 0..<8 { minimum = Swift.min(minimum, minima[i]) }
    return minimum
  }
}
