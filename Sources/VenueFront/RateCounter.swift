// Request weight and order counts in calendar-aligned intervals of the venue's clock.

/// One limit over one interval: "a 1 MINUTE interval starts every minute" (web-socket-api.md).
package struct IntervalCounter {
  let kind: String
  let interval: String
  let intervalCount: Int
  let lengthNs: Int64
  let limit: Int
  private var startNs: Int64 = 0
  package private(set) var count = 0

  init(kind: String, interval: String, intervalCount: Int = 1, lengthNs: Int64, limit: Int) {
    self.kind = kind
    self.interval = interval
    self.intervalCount = intervalCount
    self.lengthNs = lengthNs
    self.limit = limit
  }

  /// - Returns: false, counting nothing, when `weight` more would exceed the limit.
  mutating func add(_ weight: Int, nowNs: Int64) -> Bool {
    let start = nowNs - nowNs % lengthNs
    if start != startNs {
      startNs = start
      count = 0
    }
    guard count + weight <= limit else { return false }
    count += weight
    return true
  }

  var retryAfterMs: Int64 { (startNs + lengthNs) / 1_000_000 }

  var definition: String {
    #""rateLimitType":"\#(kind)","interval":"\#(interval)","intervalNum":\#(intervalCount),"limit":\#(limit)"#
  }
}

/// The limits of the one client address and the one account.
package struct RateCounters {
  package private(set) var weight: IntervalCounter
  package private(set) var orders: [IntervalCounter]

  init(_ limits: ExchangeSettings.RateLimits) {
    weight = IntervalCounter(
      kind: "REQUEST_WEIGHT", interval: "MINUTE", lengthNs: 60_000_000_000, limit: limits.weightPerMinute)
    orders = [
      IntervalCounter(
        kind: "ORDERS", interval: "SECOND", intervalCount: 10, lengthNs: 10_000_000_000,
        limit: limits.ordersPerTenSeconds),
      IntervalCounter(kind: "ORDERS", interval: "DAY", lengthNs: 86_400_000_000_000, limit: limits.ordersPerDay),
    ]
  }

  package mutating func addWeight(_ amount: Int, nowNs: Int64) throws(APIError) {
    guard weight.add(amount, nowNs: nowNs) else {
      throw .tooMuchWeight(weight.limit, retryAfterMs: weight.retryAfterMs)
    }
  }

  mutating func addOrder(nowNs: Int64) throws(APIError) {
    for i in orders.indices {
      guard orders[i].add(1, nowNs: nowNs) else {
        let interval = "\(orders[i].intervalCount) \(orders[i].interval)"
        throw .tooManyOrders(orders[i].limit, per: interval, retryAfterMs: orders[i].retryAfterMs)
      }
    }
  }

  /// The definitions in `exchangeInfo`.
  var definitions: String {
    "[" + ([weight] + orders).map { "{\($0.definition)}" }.joined(separator: ",") + "]"
  }

  /// The `rateLimits` field of a WebSocket API reply.
  package func status(withOrders: Bool) -> String {
    let counters = (withOrders ? orders : []) + [weight]
    return "[" + counters.map { #"{\#($0.definition),"count":\#($0.count)}"# }.joined(separator: ",") + "]"
  }
}
