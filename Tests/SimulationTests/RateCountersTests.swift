// A venue's counts of weight and orders, and its bans, at known times.

import Simulation
import Testing

@Suite("Rate counters")
struct RateCountersTests {
  private static let second: Int64 = 1_000_000_000
  /// The beginning of a minute, and of a day.
  private static let midnight: Int64 = 1_700_006_400 * second

  private func counters(_ change: (inout RateLimits) -> Void = { _ in }) -> RateCounters {
    var limits = RateLimits()
    change(&limits)
    return RateCounters(limits)
  }

  /// - Returns: why it was refused; nil for one that passed.
  private func ask(_ counters: inout RateCounters, _ weight: Int, at seconds: Int64) -> RateRefusal? {
    do throws(RateRefusal) {
      try counters.addWeight(weight, nowNs: Self.midnight + seconds * Self.second)
      return nil
    } catch { return error }
  }

  private func place(_ counters: inout RateCounters, at seconds: Int64) -> RateRefusal? {
    do throws(RateRefusal) {
      try counters.addOrder(nowNs: Self.midnight + seconds * Self.second)
      return nil
    } catch { return error }
  }

  @Test("a count is of its own interval, whether or not anything was counted in the next")
  func intervals() {
    var counters = counters { $0.ordersPerTenSeconds = 2 }
    let refusals = [1, 9, 9].map { place(&counters, at: $0) }
    let retryMs = (Self.midnight + 10 * Self.second) / 1_000_000
    #expect(refusals == [nil, nil, .tooManyOrders(limit: 2, perDay: false, retryAfterMs: retryMs)])
    let times = [9, 10, 86_400].map { Self.midnight + $0 * Self.second }
    #expect(times.map { counters.ordersPerTenSeconds.count(at: $0) } == [2, 0, 0])
    #expect(times.map { counters.ordersPerDay.count(at: $0) } == [2, 2, 0])
    #expect(place(&counters, at: 10) == nil)
  }

  @Test("a first fill gives orders back, and never more than were counted")
  func givesBack() {
    var counters = counters { $0.ordersPerTenSeconds = 3 }
    _ = (place(&counters, at: 1), place(&counters, at: 1))
    counters.giveBack(isMaker: false, nowNs: Self.midnight + 2 * Self.second)
    #expect(counters.ordersPerTenSeconds.count(at: Self.midnight + 2 * Self.second) == 1)
    counters.giveBack(isMaker: true, nowNs: Self.midnight + 2 * Self.second)
    #expect(counters.ordersPerTenSeconds.count(at: Self.midnight + 2 * Self.second) == 0)
  }

  @Test("who goes on after refusals is banned for two minutes, then for four; one request that passes forgives")
  func bans() {
    var counters = counters {
      $0.weightPerMinute = 10
      $0.refusalsBeforeBan = 1
    }
    func endMs(_ seconds: Int64) -> Int64 { (Self.midnight + seconds * Self.second) / 1_000_000 }
    let refusals: [RateRefusal?] = [
      ask(&counters, 10, at: 0), ask(&counters, 1, at: 1),
      // The next minute forgives the refusal.
      ask(&counters, 10, at: 60), ask(&counters, 1, at: 61), ask(&counters, 1, at: 62), ask(&counters, 1, at: 181),
      ask(&counters, 10, at: 182), ask(&counters, 1, at: 183), ask(&counters, 1, at: 184),
    ]
    #expect(
      refusals == [
        nil, .tooMuchWeight(limit: 10, retryAfterMs: endMs(60)), nil,
        .tooMuchWeight(limit: 10, retryAfterMs: endMs(120)), .banned(untilMs: endMs(182)),
        .banned(untilMs: endMs(182)), nil, .tooMuchWeight(limit: 10, retryAfterMs: endMs(240)),
        .banned(untilMs: endMs(424)),
      ])
  }

  @Test("others fill an interval, and no more than it")
  func others() {
    var counters = counters { $0.weightPerMinute = 10 }
    counters.addOthersWeight(25, nowNs: Self.midnight)
    #expect(counters.weight.count(at: Self.midnight) == 10 && ask(&counters, 1, at: 1) != nil)
    #expect(ask(&counters, 1, at: 60) == nil)
  }
}
