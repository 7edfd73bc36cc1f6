import Market
import Testing
import Venues

/// Who may send how much, and what the venue's own figures change.
struct BinanceRateBudgetTests {
  /// A minute's, a day's and ten seconds' first millisecond.
  private static let startMs: Int64 = 1_699_920_000_000

  private func weightLeft(_ budget: inout BinanceRateBudget, _ priority: BinanceRateBudget.Priority) -> Int64 {
    var weight: Int64 = 0
    let nowMs = Self.startMs
    while budget.refusal(priority, weight: weight + 1, isNewOrder: false, venueMs: nowMs) == .none { weight += 1 }
    return weight
  }

  @Test func theUrgentHaveWeightThatOthersCannotUse() {
    var budget = BinanceRateBudget(BinanceRateBudget.Limits())
    #expect(BinanceRateBudget.Priority.allCases.map { weightLeft(&budget, $0) } == [6_000, 5_500, 5_250, 5_000])
    budget.count(weight: 5_000, isNewOrder: false, venueMs: Self.startMs)
    #expect(BinanceRateBudget.Priority.allCases.map { weightLeft(&budget, $0) } == [1_000, 500, 250, 0])
    budget.count(weight: 1_000, isNewOrder: false, venueMs: Self.startMs)
    for priority in BinanceRateBudget.Priority.allCases {
      #expect(budget.refusal(priority, weight: 1, isNewOrder: false, venueMs: Self.startMs + 59_999) == .rateLimited)
      var next = budget
      #expect(next.refusal(priority, weight: 1, isNewOrder: false, venueMs: Self.startMs + 60_000) == .none)
    }
    #expect(budget.nextMs(venueMs: Self.startMs + 59_999) == Self.startMs + 60_000)
  }

  @Test func newOrdersHaveLimitsOfTheirOwn() {
    var limits = BinanceRateBudget.Limits()
    limits.ordersPerTenSeconds = 2
    limits.ordersPerDay = 3
    var budget = BinanceRateBudget(limits)
    func isRefused(_ ms: Int64) -> Bool {
      budget.refusal(.order, weight: 1, isNewOrder: true, venueMs: Self.startMs + ms) == .rateLimited
    }
    for ms in [0, 9_999] { budget.count(weight: 1, isNewOrder: true, venueMs: Self.startMs + Int64(ms)) }
    #expect(isRefused(9_999) && !isRefused(10_000))
    // An amendment is no new order.
    #expect(budget.refusal(.order, weight: 4, isNewOrder: false, venueMs: Self.startMs + 9_999) == .none)
    budget.count(weight: 1, isNewOrder: true, venueMs: Self.startMs + 10_000)
    #expect(isRefused(20_000) && isRefused(86_399_999) && !isRefused(86_400_000))
  }

  @Test func theVenuesCountsAreTakenWhenTheyAreHigher() {
    var budget = BinanceRateBudget(BinanceRateBudget.Limits())
    let nowMs = Self.startMs + 30_000
    func observe(_ count: Int64, sentMs: Int64) {
      budget.observe(
        BinanceRateLimit(.weightPerMinute, limit: 6_000, count: count), sentMs: sentMs, venueMs: nowMs)
    }
    budget.count(weight: 10, isNewOrder: false, venueMs: nowMs)
    observe(321, sentMs: nowMs - 5)
    #expect(budget.weightUsed(venueMs: nowMs) == 321)
    observe(300, sentMs: nowMs - 5)
    #expect(budget.weightUsed(venueMs: nowMs) == 321, "an older answer lowers nothing")
    observe(4_000, sentMs: Self.startMs - 1)
    #expect(budget.weightUsed(venueMs: nowMs) == 321, "that may be the minute before's")
  }

  @Test func theVenuesLimitsReplaceOurs() {
    var budget = BinanceRateBudget(BinanceRateBudget.Limits())
    budget.observe(
      BinanceRateLimit(.weightPerMinute, limit: 1_200), sentMs: Self.startMs, venueMs: Self.startMs)
    budget.observe(
      BinanceRateLimit(.ordersPerTenSeconds, limit: 100, count: 99), sentMs: Self.startMs, venueMs: Self.startMs)
    budget.observe(BinanceRateLimit(.other, limit: 1), sentMs: Self.startMs, venueMs: Self.startMs)
    #expect(budget.limits.weightPerMinute == 1_200 && budget.limits.ordersPerTenSeconds == 100)
    #expect(weightLeft(&budget, .order) == 1_000)
    #expect(budget.refusal(.order, weight: 1, isNewOrder: true, venueMs: Self.startMs) == .none)
    budget.count(weight: 1, isNewOrder: true, venueMs: Self.startMs)
    #expect(budget.refusal(.order, weight: 1, isNewOrder: true, venueMs: Self.startMs) == .rateLimited)
  }

  @Test func aPauseStopsEverybody() {
    var budget = BinanceRateBudget(BinanceRateBudget.Limits())
    budget.pause(untilMs: Self.startMs + 200, ordersOnly: false)
    budget.pause(untilMs: Self.startMs + 100, ordersOnly: false)
    for priority in BinanceRateBudget.Priority.allCases {
      #expect(budget.refusal(priority, weight: 1, isNewOrder: false, venueMs: Self.startMs + 199) == .backingOff)
      #expect(budget.refusal(priority, weight: 1, isNewOrder: false, venueMs: Self.startMs + 200) == .none)
    }
    #expect(budget.nextMs(venueMs: Self.startMs) == Self.startMs + 200)
    budget.pause(untilMs: Self.startMs + 900, ordersOnly: true)
    #expect(budget.refusal(.order, weight: 1, isNewOrder: true, venueMs: Self.startMs + 899) == .backingOff)
    #expect(budget.refusal(.cancel, weight: 1, isNewOrder: false, venueMs: Self.startMs + 899) == .none)
  }
}
