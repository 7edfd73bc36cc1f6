// The rate limits of a backtest's venue: what it counts of the bot and of others at its address, and what it answers.

import Market
public import Simulation
import Venues

/// A venue's limits, and what else uses them.
public struct LimitTerms: Equatable, Sendable {
  public var limits: RateLimits
  /// Request weight that others at the bot's address use, evenly over each minute.
  public var othersWeightPerMinute: Int

  public init(_ limits: RateLimits, othersWeightPerMinute: Int = 0) {
    self.limits = limits
    self.othersWeightPerMinute = othersWeightPerMinute
  }
}

/// How often a venue turned the bot away for what it had asked before.
public struct RateRefusals: Equatable, Sendable {
  public internal(set) var count = 0
  public internal(set) var bans = 0
}

/// What an answer says of limits (web-socket-api.md, "Rate limits").
struct RateAnswer {
  /// 200 where the limits let the request pass.
  var status: Int64 = 200
  var errorCode: Int64 = 0
  /// In the venue's time; 0 for none.
  var retryAfterMs: Int64 = 0
  /// Limits and counts: of weight, and for placements of orders, too.
  var figures: [BinanceRateLimit]
}

/// The counts of one venue in one session. Times are the venue's, in nanoseconds since 1970. One owner, one thread.
struct VenueLimits {
  private var counters: RateCounters
  private let othersWeightPerMinute: Int
  private var bannedUntilMs: Int64 = 0
  /// What others have used in the minute that was looked at last.
  private var others: (minute: Int64, weight: Int) = (0, 0)

  /// Requests refused so far, snapshots among them, and the bans of which those were the beginning.
  private(set) var refusals = RateRefusals()

  private static let minuteNs: Int64 = 60_000_000_000

  init(_ terms: LimitTerms) {
    counters = RateCounters(terms.limits)
    othersWeightPerMinute = terms.othersWeightPerMinute
  }

  /// A request of that weight has arrived; nil when it may pass.
  mutating func refusal(weight: Int64, venueNs: Int64) -> RateRefusal? {
    countOthers(venueNs)
    do throws(RateRefusal) { try counters.addWeight(Int(weight), nowNs: venueNs) } catch { return refuse(error) }
    return nil
  }

  /// A new order would be placed; nil when it may.
  mutating func refusalOfOrder(venueNs: Int64) -> RateRefusal? {
    do throws(RateRefusal) { try counters.addOrder(nowNs: venueNs) } catch { return refuse(error) }
    return nil
  }

  /// An order's first fill takes it off the count of unfilled orders.
  mutating func told(_ report: ExecutionReport, venueNs: Int64) {
    guard report.kind == .fill, report.cumulativeQuantity == report.quantity else { return }
    counters.giveBack(isMaker: report.isMaker, nowNs: venueNs)
  }

  /// What stands beside the answer to a request.
  ///
  /// - Parameter isPlacement: it tells the counts of orders, too.
  func answer(_ refusal: RateRefusal?, isPlacement: Bool, venueNs: Int64) -> RateAnswer {
    func figure(_ kind: BinanceRateLimit.Kind, _ counter: IntervalCounter) -> BinanceRateLimit {
      BinanceRateLimit(kind, limit: Int64(counter.limit), count: Int64(counter.count(at: venueNs)))
    }
    var answer = RateAnswer(figures: [figure(.weightPerMinute, counters.weight)])
    if isPlacement {
      answer.figures += [
        figure(.ordersPerTenSeconds, counters.ordersPerTenSeconds), figure(.ordersPerDay, counters.ordersPerDay),
      ]
    }
    guard let refusal else { return answer }
    (answer.status, answer.errorCode, answer.retryAfterMs) = (refusal.status, Int64(refusal.code), refusal.retryAfterMs)
    return answer
  }

  private mutating func refuse(_ refusal: RateRefusal) -> RateRefusal {
    refusals.count += 1
    if case .banned(let untilMs) = refusal, untilMs > bannedUntilMs {
      refusals.bans += 1
      bannedUntilMs = untilMs
    }
    return refusal
  }

  /// The definitions of the limits, which tell no counts (`exchangeInfo`).
  var definitions: [BinanceRateLimit] {
    [
      BinanceRateLimit(.weightPerMinute, limit: Int64(counters.weight.limit)),
      BinanceRateLimit(.ordersPerTenSeconds, limit: Int64(counters.ordersPerTenSeconds.limit)),
      BinanceRateLimit(.ordersPerDay, limit: Int64(counters.ordersPerDay.limit)),
    ]
  }

  private mutating func countOthers(_ venueNs: Int64) {
    let minute = venueNs / Self.minuteNs
    if minute != others.minute { others = (minute, 0) }
    let used = Int(Int64(othersWeightPerMinute) * (venueNs % Self.minuteNs) / Self.minuteNs)
    counters.addOthersWeight(used - others.weight, nowNs: venueNs)
    others.weight = used
  }
}

extension RateRefusal {
  /// As the API's answer has it (web-socket-api.md, "Status codes"; errors.md).
  var status: Int64 { if case .banned = self { 418 } else { 429 } }

  var code: Int32 { if case .tooManyOrders = self { -1015 } else { -1003 } }

  var retryAfterMs: Int64 {
    switch self {
    case .tooMuchWeight(_, let retryAfterMs), .tooManyOrders(_, _, let retryAfterMs): retryAfterMs
    case .banned(let untilMs): untilMs
    }
  }
}
