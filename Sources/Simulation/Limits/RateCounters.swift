// Request weight and order counts in calendar-aligned intervals of the venue's clock, and the bans of who ignores them.

/// A venue's limits of an address and an account: Binance's documented ones (web-socket-api.md, "Rate limits").
public struct RateLimits: Equatable, Sendable {
  public var weightPerMinute = 6_000
  public var ordersPerTenSeconds = 50
  public var ordersPerDay = 160_000
  /// Requests that are refused for their weight, without one between that was not, before the address is banned.
  /// Binance says "repeatedly" and no number.
  public var refusalsBeforeBan = 10

  public init() {}
}

/// Why a request is refused for what was asked before it.
public enum RateRefusal: Error, Equatable, Sendable {
  case tooMuchWeight(limit: Int, retryAfterMs: Int64)
  case tooManyOrders(limit: Int, perDay: Bool, retryAfterMs: Int64)
  /// And for how long, in milliseconds since 1970.
  case banned(untilMs: Int64)
}

/// One limit over one interval: "a 1 MINUTE interval starts every minute" (web-socket-api.md).
public struct IntervalCounter: Sendable {
  public let limit: Int
  private let lengthNs: Int64
  private var startNs: Int64 = 0
  /// In the interval that began at `startNs`.
  private var count = 0

  init(lengthNs: Int64, limit: Int) {
    self.lengthNs = lengthNs
    self.limit = limit
  }

  /// What has been used of the interval at that time.
  public func count(at nowNs: Int64) -> Int { nowNs - nowNs % lengthNs == startNs ? count : 0 }

  /// - Returns: false, counting nothing, when `weight` more would exceed the limit.
  mutating func add(_ weight: Int, nowNs: Int64) -> Bool {
    begin(nowNs)
    guard count + weight <= limit else { return false }
    count += weight
    return true
  }

  /// What somebody else uses is counted up to the limit: what they are refused is not.
  mutating func use(_ weight: Int, nowNs: Int64) {
    begin(nowNs)
    count = max(count, min(limit, count + weight))
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
}

/// The counts of one client address and one account at a venue. Times are the venue's, in nanoseconds since 1970, and do
/// not go back.
public struct RateCounters: Sendable {
  public private(set) var weight: IntervalCounter
  public private(set) var ordersPerTenSeconds: IntervalCounter
  public private(set) var ordersPerDay: IntervalCounter
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

  public init(_ limits: RateLimits) {
    refusalsBeforeBan = limits.refusalsBeforeBan
    weight = IntervalCounter(lengthNs: 60_000_000_000, limit: limits.weightPerMinute)
    ordersPerTenSeconds = IntervalCounter(lengthNs: 10_000_000_000, limit: limits.ordersPerTenSeconds)
    ordersPerDay = IntervalCounter(lengthNs: 86_400_000_000_000, limit: limits.ordersPerDay)
  }

  /// A request of that weight has arrived.
  public mutating func addWeight(_ amount: Int, nowNs: Int64) throws(RateRefusal) {
    guard nowNs >= bannedUntilNs else { throw .banned(untilMs: bannedUntilNs / 1_000_000) }
    guard !weight.add(amount, nowNs: nowNs) else {
      refusals = 0
      return
    }
    refusals += 1
    guard refusals > refusalsBeforeBan else {
      throw .tooMuchWeight(limit: weight.limit, retryAfterMs: weight.retryAfterMs)
    }
    refusals = 0
    bannedUntilNs = nowNs + nextBanNs
    nextBanNs = min(2 * nextBanNs, Self.longestBanNs)
    throw .banned(untilMs: bannedUntilNs / 1_000_000)
  }

  /// Somebody else at the same address has used that weight since this was called last.
  public mutating func addOthersWeight(_ amount: Int, nowNs: Int64) { weight.use(amount, nowNs: nowNs) }

  /// A new order is about to be placed.
  public mutating func addOrder(nowNs: Int64) throws(RateRefusal) {
    guard ordersPerTenSeconds.add(1, nowNs: nowNs) else {
      throw .tooManyOrders(
        limit: ordersPerTenSeconds.limit, perDay: false, retryAfterMs: ordersPerTenSeconds.retryAfterMs)
    }
    guard ordersPerDay.add(1, nowNs: nowNs) else {
      throw .tooManyOrders(limit: ordersPerDay.limit, perDay: true, retryAfterMs: ordersPerDay.retryAfterMs)
    }
  }

  /// An order was filled for the first time.
  public mutating func giveBack(isMaker: Bool, nowNs: Int64) {
    let amount = isMaker ? Self.givenBack.maker : Self.givenBack.taker
    ordersPerTenSeconds.giveBack(amount, nowNs: nowNs)
    ordersPerDay.giveBack(amount, nowNs: nowNs)
  }
}
