import Market
import Support
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
    #expect(BinanceRateBudget.Priority.allCases.map { weightLeft(&budget, $0) } == [3_000, 2_750, 2_625, 2_500])
    budget.count(weight: 2_500, isNewOrder: false, venueMs: Self.startMs)
    #expect(BinanceRateBudget.Priority.allCases.map { weightLeft(&budget, $0) } == [500, 250, 125, 0])
    budget.count(weight: 500, isNewOrder: false, venueMs: Self.startMs)
    for priority in BinanceRateBudget.Priority.allCases {
      #expect(budget.refusal(priority, weight: 1, isNewOrder: false, venueMs: Self.startMs) == .rateLimited)
    }
    #expect(budget.nextMs(venueMs: Self.startMs + 59_999) == Self.startMs + 60_000)
  }

  @Test func weightOfOurOwnHoldsUntilLongAfterItsAnswer() {
    var budget = BinanceRateBudget(BinanceRateBudget.Limits())
    budget.count(weight: 3_000, isNewOrder: false, venueMs: Self.startMs)
    func isRefused(_ ms: Int64) -> Bool {
      budget.refusal(.emergency, weight: 1, isNewOrder: false, venueMs: Self.startMs + ms) == .rateLimited
    }
    #expect(isRefused(600_000), "no answer yet: it may still arrive")
    budget.settle(weight: 3_000, venueMs: Self.startMs + 604_999)
    #expect(isRefused(604_999) && isRefused(679_999) && !isRefused(680_000))
    #expect(!isRefused(600_000), "a clock that was set back changes nothing")
  }

  /// What others use of the address is told by the venue; then the whole limit counts, and the new minute ends it.
  @Test func whatIsToldOfTheAddressCountsAgainstTheWhole() {
    var budget = BinanceRateBudget(BinanceRateBudget.Limits())
    let told = BinanceRateLimit(.weightPerMinute, limit: 6_000, count: 5_000)
    budget.observe(told, sentMs: Self.startMs, venueMs: Self.startMs)
    #expect(BinanceRateBudget.Priority.allCases.map { weightLeft(&budget, $0) } == [1_000, 500, 250, 0])
    for priority in BinanceRateBudget.Priority.allCases {
      #expect(
        budget.refusal(priority, weight: 1_001, isNewOrder: false, venueMs: Self.startMs + 59_999) == .rateLimited)
      var next = budget
      #expect(next.refusal(priority, weight: 1_001, isNewOrder: false, venueMs: Self.startMs + 60_000) == .none)
    }
  }

  /// A feed and a gateway that each send whenever they may, over ways of any length up to the reply timeout, against an
  /// address counted by minutes that begin where they like. The venue tells nothing.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func feedAndGatewayTogetherNeverPassTheLimit(seed: UInt64) {
    var random = SeededRandom(seed)
    var feed = SnapshotBudget()
    var gateway = BinanceRateBudget(BinanceRateBudget.Limits())
    let turnMs = Int64.random(in: 0..<60_000, using: &random)
    var arrived: [Int64: Int64] = [:]
    var snapshotAnswerMs: Int64?
    var answers: [Int64: Int64] = [:]
    /// Sends now: it arrives at some time before its answer.
    func send(_ weight: Int64, _ nowMs: Int64) -> Int64 {
      let arrivalMs = nowMs + Int64.random(in: 0...5_500, using: &random)
      arrived[(arrivalMs + turnMs) / 60_000, default: 0] += weight
      return arrivalMs + Int64.random(in: 0...5_500, using: &random)
    }
    for step in 0..<60_000 {
      let nowMs = Self.startMs + Int64(step) * 10
      if let answerMs = snapshotAnswerMs, answerMs <= nowMs {
        feed.settle(nowMs * 1_000_000)
        snapshotAnswerMs = nil
      }
      if let weight = answers.removeValue(forKey: nowMs / 10) { gateway.settle(weight: weight, venueMs: nowMs) }
      if snapshotAnswerMs == nil, feed.opensNs <= nowMs * 1_000_000 {
        feed.count(nowMs * 1_000_000)
        snapshotAnswerMs = send(BinanceLimits.snapshotWeight, nowMs)
      }
      let weight = Int64.random(in: 1...20, using: &random)
      while gateway.refusal(.emergency, weight: weight, isNewOrder: false, venueMs: nowMs) == .none {
        gateway.count(weight: weight, isNewOrder: false, venueMs: nowMs)
        answers[send(weight, nowMs) / 10 + 1, default: 0] += weight
      }
    }
    let most = arrived.values.max() ?? 0
    #expect(most <= 6_000 && most > 5_000, "a test that never comes near the limit shows nothing: \(most)")
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
    #expect(weightLeft(&budget, .order) == 500, "where the limit is small the feed is reckoned with as half of it")
    #expect(budget.refusal(.order, weight: 1, isNewOrder: true, venueMs: Self.startMs) == .none)
    budget.count(weight: 1, isNewOrder: true, venueMs: Self.startMs)
    #expect(budget.refusal(.order, weight: 1, isNewOrder: true, venueMs: Self.startMs) == .rateLimited)
  }

  @Test func aPauseStopsEverybody() {
    var budget = BinanceRateBudget(BinanceRateBudget.Limits())
    _ = budget.obey(status: 429, errorCode: -1003, retryAfterMs: Self.startMs + 200, venueMs: Self.startMs)
    _ = budget.obey(status: 429, errorCode: -1003, retryAfterMs: Self.startMs + 100, venueMs: Self.startMs)
    for priority in BinanceRateBudget.Priority.allCases {
      #expect(budget.refusal(priority, weight: 1, isNewOrder: false, venueMs: Self.startMs + 199) == .backingOff)
      #expect(budget.refusal(priority, weight: 1, isNewOrder: false, venueMs: Self.startMs + 200) == .none)
    }
    #expect(budget.nextMs(venueMs: Self.startMs) == Self.startMs + 200)
    _ = budget.obey(status: 429, errorCode: -1015, retryAfterMs: Self.startMs + 900, venueMs: Self.startMs)
    #expect(budget.refusal(.order, weight: 1, isNewOrder: true, venueMs: Self.startMs + 899) == .backingOff)
    #expect(budget.refusal(.cancel, weight: 1, isNewOrder: false, venueMs: Self.startMs + 899) == .none)
  }
}
