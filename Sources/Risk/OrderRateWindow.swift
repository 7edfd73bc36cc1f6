// An exact sliding window over the times of the last orders. One thread.

/// Remembers the times of the last orders, as many as any limit may be: the next one is in excess exactly when the one
/// `limit` places before it is younger than the window. So a changed limit finds the orders that came before it.
struct OrderRateWindow: ~Copyable {
  /// 1 to `OrderRateLimits.maximumCount`.
  var limit: Int
  let windowNs: Int64
  private let times: UnsafeMutablePointer<Int64>
  /// How many orders were counted.
  private var count = 0

  private static var capacity: Int { OrderRateLimits.maximumCount }

  init(limit: Int, windowNs: Int64) {
    precondition(limit > 0 && limit <= Self.capacity && windowNs > 0)
    self.limit = limit
    self.windowNs = windowNs
    times = .allocate(capacity: Self.capacity)
    times.initialize(repeating: .min / 2, count: Self.capacity)  // long ago, without overflow in `now - time`
  }

  deinit { times.deallocate() }

  @inline(always)
  func admits(nowNs: Int64) -> Bool { nowNs &- times[place(count &- limit)] >= windowNs }

  @inline(always)
  mutating func count(nowNs: Int64) {
    times[place(count)] = nowNs
    count &+= 1
  }

  /// The capacity is a power of two.
  @inline(always)
  private func place(_ number: Int) -> Int { number & (Self.capacity &- 1) }
}
