// An exact sliding window over the times of the last orders. One thread.

/// Remembers the times of the last `limit` orders: the next one is in excess exactly when the one `limit` places
/// before it is younger than the window.
struct OrderRateWindow: ~Copyable {
  let limit: Int
  let windowNs: Int64
  private let times: UnsafeMutablePointer<Int64>
  /// The place of the oldest time, which the next one replaces.
  private var oldest = 0

  init(limit: Int, windowNs: Int64) {
    precondition(limit > 0 && windowNs > 0)
    self.limit = limit
    self.windowNs = windowNs
    times = .allocate(capacity: limit)
    times.initialize(repeating: .min / 2, count: limit)  // long ago, without overflow in `now - time`
  }

  deinit { times.deallocate() }

  @inline(always)
  func admits(nowNs: Int64) -> Bool { nowNs &- times[oldest] >= windowNs }

  @inline(always)
  mutating func count(nowNs: Int64) {
    times[oldest] = nowNs
    oldest = oldest &+ 1 == limit ? 0 : oldest &+ 1
  }
}
