// Binance's limits of an account and an address, counted here so that they are never found by hitting them.

/// Counts orders by 10 seconds and by day, and request weight by minute, in intervals aligned to the venue's clock
/// (web-socket-api.md, "How to interpret rate limits": intervals begin at :00, :10, …, at each minute, at 00:00 UTC).
///
/// New orders stop before the weight is used up; what is left is for cancels and queries. One thread.
public struct BinanceRateBudget: BitwiseCopyable, Sendable {
  /// The venue's limits; exchangeInfo tells them (`rateLimits`).
  public struct Limits: BitwiseCopyable, Sendable {
    public var ordersPerTenSeconds: Int64 = 50
    public var ordersPerDay: Int64 = 160_000
    public var weightPerMinute: Int64 = 6_000
    /// Weight that only cancels and queries may use: a cancel weighs 1, a query 4.
    public var weightReserve: Int64 = 1_000

    public init() {}
  }

  public let limits: Limits
  private var tenSeconds = Interval(lengthMs: 10_000)
  private var day = Interval(lengthMs: 86_400_000)
  private var minute = Interval(lengthMs: 60_000)

  public init(_ limits: Limits) { self.limits = limits }

  /// Whether a new order may be sent now.
  @_noLocks
  public mutating func allowsOrder(venueMs: Int64) -> Bool {
    tenSeconds.count(venueMs) < limits.ordersPerTenSeconds && day.count(venueMs) < limits.ordersPerDay
      && minute.count(venueMs) < limits.weightPerMinute &- limits.weightReserve
  }

  /// Whether a request of this weight other than a new order may be sent now.
  @_noLocks
  public mutating func allowsRequest(weight: Int64, venueMs: Int64) -> Bool {
    minute.count(venueMs) &+ weight <= limits.weightPerMinute
  }

  /// An order was sent: one of each count, weight 1.
  @_noLocks
  public mutating func countOrder(venueMs: Int64) {
    tenSeconds.add(1, venueMs)
    day.add(1, venueMs)
    minute.add(1, venueMs)
  }

  @_noLocks
  public mutating func countRequest(weight: Int64, venueMs: Int64) { minute.add(weight, venueMs) }

  private struct Interval: BitwiseCopyable, Sendable {
    let lengthMs: Int64
    private var index: Int64 = -1
    private var used: Int64 = 0

    init(lengthMs: Int64) { self.lengthMs = lengthMs }

    mutating func count(_ nowMs: Int64) -> Int64 {
      if nowMs / lengthMs != index {
        index = nowMs / lengthMs
        used = 0
      }
      return used
    }

    mutating func add(_ amount: Int64, _ nowMs: Int64) { used = count(nowMs) &+ amount }
  }
}
