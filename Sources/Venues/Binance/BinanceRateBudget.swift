// Binance's limits of an account and an address, counted here so that they are never found by hitting them.

public import Market

/// Counts orders by 10 seconds and by day, and request weight by minute, in intervals aligned to the venue's clock
/// (web-socket-api.md, "How to interpret rate limits": intervals begin at :00, :10, …, at each minute, at 00:00 UTC).
///
/// The weight is the address', of which the feed's snapshots may use `BinanceLimits.feedWeightPerMinute` at any time
/// and without a word to this thread. That part is never spent here, so that feed and gateway together stay within the
/// limit whatever the answers tell, and when.
///
/// What the venue tells in its answers raises these counts and replaces the limits: other connections of the address
/// (the feed's requests, the guard) and other sessions of the account use the same ones. Counts are never lowered by an
/// answer, although a fill takes its order off the venue's count (faqs/order_count_decrement.md): an answer is older
/// than what is under way.
///
/// Weight goes to the urgent first: each priority leaves the shares of those above it untouched. One thread.
public struct BinanceRateBudget: BitwiseCopyable, Sendable {
  /// The venue's limits until it tells others (`exchangeInfo`, and the `rateLimits` of every answer).
  public struct Limits: BitwiseCopyable, Sendable {
    public var ordersPerTenSeconds: Int64 = 50
    public var ordersPerDay: Int64 = 160_000
    public var weightPerMinute: Int64 = 6_000

    public init() {}
  }

  /// Who asks, the most urgent first.
  public enum Priority: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// Emergency cancels: all that is not the feed's. The last twelfth, 250 of 3000, is theirs alone: a cancel weighs 1.
    case emergency
    /// Cancels leave the last twelfth.
    case cancel
    /// Queries leave the last eighth: 125 cancels more.
    case query
    /// New orders and amends leave the last sixth: 125 for queries, each of which weighs 4 to 20.
    case order
  }

  public private(set) var limits: Limits
  private var tenSeconds = Interval(lengthMs: 10_000)
  private var day = Interval(lengthMs: 86_400_000)
  /// As the venue counts the address, as far as is known.
  private var minute = Interval(lengthMs: 60_000)
  /// As sent here.
  private var own = WeightWindow()
  /// Until then, in the venue's time, nothing is sent; or no new order.
  private var pausedUntilMs: Int64 = 0
  private var ordersPausedUntilMs: Int64 = 0

  public init(_ limits: Limits) { self.limits = limits }

  /// Why a request may not be sent now: `backingOff`, `rateLimited`, or `none` when it may.
  ///
  /// - Parameter isNewOrder: counts against the limits of orders, too (amends and cancels do not).
  @_noLocks
  public mutating func refusal(
    _ priority: Priority, weight: Int64, isNewOrder: Bool, venueMs: Int64
  ) -> ReportReason {
    if venueMs < pausedUntilMs { return .backingOff }
    if own.weight(venueMs) &+ weight > mark(priority, of: ownWeightPerMinute) { return .rateLimited }
    if minute.count(venueMs) &+ weight > mark(priority, of: limits.weightPerMinute) { return .rateLimited }
    guard isNewOrder else { return .none }
    if venueMs < ordersPausedUntilMs { return .backingOff }
    let isWithin =
      tenSeconds.count(venueMs) < limits.ordersPerTenSeconds && day.count(venueMs) < limits.ordersPerDay
    return isWithin ? .none : .rateLimited
  }

  /// A request was sent; `settle` follows.
  @_noLocks
  public mutating func count(weight: Int64, isNewOrder: Bool, venueMs: Int64) {
    minute.add(weight, venueMs)
    own.sent(weight)
    guard isNewOrder else { return }
    tenSeconds.add(1, venueMs)
    day.add(1, venueMs)
  }

  /// A request that was counted has its answer, or is not waited for any more.
  @_noLocks
  public mutating func settle(weight: Int64, venueMs: Int64) { own.settled(weight, venueMs) }

  /// What the venue asked for with an answer.
  public struct Pause: BitwiseCopyable, Sendable {
    /// In the venue's time.
    public var untilMs: Int64
    /// Nothing is sent until then; or no new order.
    public var isOfOrders: Bool
  }

  /// The shortest ban (web-socket-api.md, "IP limits": "from 2 minutes to 3 days"): for a 418 that names no end.
  private static var shortestBanMs: Int64 { 120_000 }
  /// The longest: an end beyond it is a mistake.
  private static var longestBanMs: Int64 { 3 * 86_400_000 }

  /// After a 429, 418 or 403 nothing is sent until the venue's `retryAfter`, emergency cancels included: a request in a
  /// pause is what turns it into a ban, and a ban stops cancels for minutes to days. Too many orders (-1015) stops new
  /// orders only: that limit does not count cancels.
  ///
  /// - Parameter retryAfterMs: in the venue's time; one that has passed, 0 among them, is none.
  /// - Returns: nil for an answer that asks for no pause.
  @_noLocks
  public mutating func obey(status: Int64, errorCode: Int64, retryAfterMs: Int64, venueMs: Int64) -> Pause? {
    guard status == 429 || status == 418 || status == 403 else { return nil }
    var pause = Pause(untilMs: 0, isOfOrders: status == 429 && errorCode == -1015)
    if retryAfterMs > venueMs {
      pause.untilMs = min(retryAfterMs, venueMs &+ Self.longestBanMs)
    } else {
      pause.untilMs = status == 418 ? venueMs &+ Self.shortestBanMs : (venueMs / 60_000 &+ 1) &* 60_000
    }
    if pause.isOfOrders {
      ordersPausedUntilMs = max(ordersPausedUntilMs, pause.untilMs)
    } else {
      pausedUntilMs = max(pausedUntilMs, pause.untilMs)
    }
    return pause
  }

  /// Whether the venue wants nothing more at present.
  @_noLocks
  public func isPaused(venueMs: Int64) -> Bool { venueMs < pausedUntilMs }

  /// When it is worth asking again, in the venue's time: after the pause, or when weight of our own or the venue's
  /// minute may have run out.
  @_noLocks
  public func nextMs(venueMs: Int64) -> Int64 {
    let turnMs = WeightWindow.intervalMs  // A divisor of the minute.
    return venueMs < pausedUntilMs ? pausedUntilMs : (venueMs / turnMs &+ 1) &* turnMs
  }

  /// Weight used in this minute, as far as is known.
  @_noLocks
  public mutating func weightUsed(venueMs: Int64) -> Int64 { minute.count(venueMs) }

  /// Takes over one of the venue's figures. A count is taken when question and answer fall into one interval: then it
  /// is of that interval.
  @_noLocks
  public mutating func observe(_ figure: BinanceRateLimit, sentMs: Int64, venueMs: Int64) {
    switch figure.kind {
    case .ordersPerTenSeconds:
      limits.ordersPerTenSeconds = figure.limit
      tenSeconds.raise(to: figure.count, sentMs, venueMs)
    case .ordersPerDay:
      limits.ordersPerDay = figure.limit
      day.raise(to: figure.count, sentMs, venueMs)
    case .weightPerMinute:
      limits.weightPerMinute = figure.limit
      minute.raise(to: figure.count, sentMs, venueMs)
    case .other: break
    }
  }

  /// What the feed leaves. Half of it at least: cancels must not starve where the venue's limit is small.
  private var ownWeightPerMinute: Int64 {
    max(limits.weightPerMinute &- BinanceLimits.feedWeightPerMinute, limits.weightPerMinute / 2)
  }

  private func mark(_ priority: Priority, of whole: Int64) -> Int64 {
    switch priority {
    case .emergency: return whole
    case .cancel: return whole &- whole / 12
    case .query: return whole &- whole / 8
    case .order: return whole &- whole / 6
    }
  }

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

    mutating func raise(to told: Int64, _ sentMs: Int64, _ nowMs: Int64) {
      guard sentMs / lengthMs == nowMs / lengthMs else { return }
      used = max(count(nowMs), told)
    }
  }
}
