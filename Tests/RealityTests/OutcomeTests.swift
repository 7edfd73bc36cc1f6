// Fates and queue places by hand, each on both sides of the book.

import Foundation
import Market
import Simulation
import Support
import Testing

struct OutcomeTests {
  struct Fate: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var events: [TapeRow]
    var outcome: PhantomOutcome

    init(_ text: String, _ events: [TapeRow], _ outcome: PhantomOutcome) {
      (testDescription, self.events, self.outcome) = (text, events, outcome)
    }
  }

  /// Of an order behind 10 lots at 100; the deadline is at 2 s.
  static let fates = [
    Fate("nothing", [], .missed),
    Fate("taken away from it", [row(.trade, .buy, 101, 5, ms: 1_500)], .missed),
    Fate("the queue melts, nobody trades", [row(.level, .buy, 100, 0, ms: 1_500)], .missed),
    Fate("through", [row(.trade, .sell, 99, 1, ms: 1_500)], .filled),
    Fate("through at the deadline", [row(.trade, .sell, 99, 1, ms: 2_000)], .filled),
    Fate("through too late", [row(.trade, .sell, 99, 1, ms: 2_001)], .missed),
    Fate("through with its own instant", [row(.trade, .sell, 99, 1, ms: 1_000)], .missed),
    Fate("exactly what stood before it", [row(.trade, .sell, 100, 10, ms: 1_500)], .bounded(least: false, most: false)),
    Fate("one lot more", [row(.trade, .sell, 100, 11, ms: 1_500)], .bounded(least: true, most: true)),
    Fate(
      "six of twelve leave, and four of ten at least stood before it",
      [
        row(.level, .buy, 100, 12, ms: 1_100), row(.level, .buy, 100, 6, ms: 1_200),
        row(.trade, .sell, 100, 5, ms: 1_300),
      ], .bounded(least: false, most: true)),
    Fate(
      "what trades took did not leave",
      [
        row(.trade, .sell, 100, 4, ms: 1_100), row(.level, .buy, 100, 6, ms: 1_200),
        row(.trade, .sell, 100, 6, ms: 1_300),
      ], .bounded(least: false, most: false)),
    Fate(
      "a message that tells of a trade of its own instant",
      [
        row(.level, .buy, 100, 6, ms: 1_200), row(.trade, .sell, 100, 4, ms: 1_200),
        row(.trade, .sell, 100, 6, ms: 1_300),
      ], .bounded(least: false, most: false)),
    Fate(
      "a snapshot that says the same",
      [
        row(.clear, .buy, 0, 0, ms: 1_200), row(.snapshotLevel, .buy, 100, 10, ms: 1_200),
        row(.trade, .sell, 100, 10, ms: 1_300),
      ], .bounded(least: false, most: false)),
    Fate(
      "a snapshot that says less",
      [
        row(.clear, .buy, 100, 0, ms: 1_200), row(.snapshotLevel, .buy, 100, 2, ms: 1_200),
        row(.trade, .sell, 100, 3, ms: 1_300),
      ], .bounded(least: true, most: true)),
    Fate(
      "a quote at its price, which may have been post-only",
      [row(.level, .buy, 100, 0, ms: 1_200), row(.level, .sell, 100, 5, ms: 1_200)],
      .bounded(least: false, most: true)),
    Fate(
      "a quote, then a trade",
      [
        row(.level, .buy, 100, 0, ms: 1_200), row(.level, .sell, 100, 5, ms: 1_200),
        row(.trade, .sell, 100, 1, ms: 1_300),
      ], .bounded(least: true, most: true)),
  ]

  @Test(arguments: fates)
  func followsTheMarket(fate: Fate) throws {
    let made = try HandMade(fate.events)
    let mirrored = try HandMade(fate.events.map(\.mirrored))
    for (path, order) in [(made.path, made.buy), (mirrored.path, mirrored.sell)] {
      let found = path.fate(order, forecastNs: 1_400 * second / 1_000, untilNs: 3 * second)
      #expect(found.outcome(by: 2 * second) == fate.outcome)
    }
  }

  @Test func knowsWhetherItIsStillTheBest() throws {
    let made = try HandMade([
      row(.level, .buy, 100, 3, ms: 1_100), row(.level, .sell, 101, 0, ms: 1_200),
      row(.level, .sell, 102, 1, ms: 1_200),
    ])
    func isAtTouch(_ order: PhantomOrder, ms: Int64) -> Bool {
      made.path.fate(order, forecastNs: ms * 1_000_000, untilNs: 3 * second).isAtTouch
    }
    #expect(isAtTouch(made.buy, ms: 2_500))
    #expect(isAtTouch(made.sell, ms: 1_199))
    #expect(!isAtTouch(made.sell, ms: 1_200))
  }

  /// 4 lots join behind 10, then 6 of the 14 leave: front 10, back 4, decrease 6. Values by the formulas of docs/replay.md.
  @Test func eachModelHasItsPlace() throws {
    let made = try HandMade([
      row(.level, .buy, 100, 14, ms: 1_100), row(.level, .buy, 100, 8, ms: 1_200),
      row(.trade, .sell, 100, 6, ms: 1_500), row(.trade, .sell, 100, 4, ms: 1_600),
    ])
    /// Of the share that stood behind it.
    func left(_ behind: Double) -> Double { 10 - 6 * (1 - behind) }
    let expected: [String: Double] = [
      "none: all orders alike": 0, "none: displayed quantity": 8, "risk-averse": 8,
      "power 1": left(4 / 14), "power 2": left(16 / 116), "power 3": left(64 / 1_064),
      "power of sum 2": left(16 / 196), "inverse power 2": left(1 - 100 / 196),
      "inverse power 3": left(1 - 1_000 / 2_744), "log": left(log(5) / (log(5) + log(11))),
      "log of sum": left(log(5) / log(15)), "optimistic bound": 4,
      // A share of 1 in 9 of each trade: 9 lots make one.
      "pro-rata": 9,
    ]
    #expect(Set(PhantomModel.all.map(\.name)) == Set(expected.keys))
    for model in PhantomModel.all {
      let walk = model.follow(made.path, made.buy, 1_300_000_000, 3 * second)
      let remaining = try #require(expected[model.name])
      #expect(abs(walk.remaining - remaining) < 1e-12, "\(model.name)")
      // The first trade is of 6 lots: it reaches those with at most 5.5 before them, since halves are rounded up.
      let isEarly = ["power 2", "power 3", "power of sum 2", "optimistic bound"].contains(model.name)
      #expect(walk.filledNs == (isEarly ? 1_500_000_000 : 1_600_000_000), "\(model.name)")
    }
  }

  /// The formulas let a place fall below zero, which only a trade turns into a fill; the logarithm of such a place is none, and
  /// the rule of its source then puts the order behind everything displayed: beyond what could be.
  @Test func theLogModelCanLoseItsPlace() throws {
    let made = try HandMade([
      row(.level, .buy, 100, 40, ms: 1_100), row(.level, .buy, 100, 5, ms: 1_200),
      row(.level, .buy, 100, 25, ms: 1_300), row(.level, .buy, 100, 24, ms: 1_400),
      row(.trade, .sell, 100, 6, ms: 1_500),
    ])
    func walk(_ queue: some QueueEstimate) -> QueueWalk {
      made.path.walk(
        made.buy, queue, scale: made.path.scale, forecastNs: 1_400 * second / 1_000, untilNs: 3 * second)
    }
    let fate = made.path.fate(made.buy, forecastNs: 2 * second, untilNs: 3 * second)
    #expect(fate.outcome(by: 3 * second) == .bounded(least: true, most: true))
    #expect(walk(ProbabilityQueue(LogProbability())) == QueueWalk(remaining: 24))
    #expect(walk(ProbabilityQueue(PowerProbability(2))).filledNs == 1_500_000_000)
  }

  /// Nothing after the forecast may be known to it, and what was filled before has nothing left.
  @Test func theForecastKnowsThePastOnly() throws {
    let made = try HandMade([row(.trade, .sell, 100, 4, ms: 1_300), row(.trade, .sell, 100, 7, ms: 1_500)])
    func remaining(ms: Int64) -> Double {
      made.path.walk(
        made.buy, RiskAverseQueue(), scale: made.path.wholeLots, forecastNs: ms * 1_000_000, untilNs: 3 * second
      ).remaining
    }
    #expect([1_299, 1_300, 1_499, 1_500].map(remaining) == [10, 6, 6, 0])
    #expect(made.path.displayedLots(made.buy, at: 2 * second) == 10)
  }
}
