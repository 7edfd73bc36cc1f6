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
    begin(nowNs)
    guard count + weight <= limit else { return false }
    count += weight
    return true
  }

  /// Never below zero: "you do not get credit for order fills".
  mutating func giveBack(_ amount: Int, nowNs: Int64) {
    begin(nowNs)
    count = max(0, count - amount)
  }

  private mutating func begin(_ nowNs: Int64) {
    let start = nowNs - nowNs % lengthNs
    guard start != startNs else { return }
    startNs = start
    count = 0
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
  private let refusalsBeforeBan: Int
  private var refusals = 0
  private var bannedUntilNs: Int64 = 0
  private var nextBanNs = shortestBanNs
  /// "From 2 minutes to 3 days" (web-socket-api.md, "IP limits"); each ban here is twice as long as the one before.
  private static let shortestBanNs: Int64 = 120_000_000_000
  private static let longestBanNs: Int64 = 3 * 86_400_000_000_000
  /// What the first fill of an order takes off the count of unfilled orders: as in the examples of
  /// faqs/order_count_decrement.md.
  private static let givenBack = (taker: 1, maker: 5)

  init(_ limits: ExchangeSettings.RateLimits) {
    refusalsBeforeBan = limits.refusalsBeforeBan
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
    guard nowNs >= bannedUntilNs else { throw .banned(untilMs: bannedUntilNs / 1_000_000) }
    guard !weight.add(amount, nowNs: nowNs) else {
      refusals = 0
      return
    }
    refusals += 1
    guard refusals > refusalsBeforeBan else {
      throw .tooMuchWeight(weight.limit, retryAfterMs: weight.retryAfterMs)
    }
    refusals = 0
    bannedUntilNs = nowNs + nextBanNs
    nextBanNs = min(2 * nextBanNs, Self.longestBanNs)
    throw .banned(untilMs: bannedUntilNs / 1_000_000)
  }

  /// An order was filled for the first time.
  mutating func giveBack(isMaker: Bool, nowNs: Int64) {
    let amount = isMaker ? Self.givenBack.maker : Self.givenBack.taker
    for i in orders.indices { orders[i].giveBack(amount, nowNs: nowNs) }
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
