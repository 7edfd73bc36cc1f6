// Forecasts and their scores against values worked out on paper.

import Simulation
import Testing

struct ScoreTests {
  @Test func theCurveIsTheShareOfItsGroup() throws {
    let known: [(remaining: Double, isFilled: Bool)] = [
      (3, false), (1, true), (2, true), (1, false), (9, false), (2, true),
    ]
    let curve = try #require(FillCurve(known, groups: 3))
    #expect(curve.edges == [1, 2])
    #expect([0, 1, 1.5, 2, 2.1, 100].map(curve.probability) == [0.5, 0.5, 1, 1, 0, 0])
    // Equal quantities cannot be told apart, whatever the number of groups.
    let alike = try #require(FillCurve(known.map { (0, $0.isFilled) }, groups: 3))
    #expect(alike.edges.isEmpty && alike.shares == [0.5])
    #expect(FillCurve([], groups: 3) == nil)
  }

  private static func order(
    _ placedNs: Int64, life: Int64 = 1, _ remaining: Double, wasFilled: Bool = false, isFilled: Bool,
    _ outcome: PhantomOutcome = .missed
  ) -> ModelledOrder {
    ModelledOrder(
      placedNs: placedNs, deadlineNs: placedNs + life, remaining: remaining, wasFilled: wasFilled, isFilled: isFilled,
      outcome: outcome)
  }

  @Test func oneHalfForecastsTheOther() {
    let forecasts = FillCurve.crossForecasts(
      [
        Self.order(0, 1, isFilled: true, .filled), Self.order(1, 5, isFilled: false),
        // Crosses the middle.
        Self.order(49, 1, isFilled: true),
        Self.order(50, 1, isFilled: false), Self.order(60, 5, isFilled: true, .filled),
        Self.order(100, 1, wasFilled: true, isFilled: true),
      ], groups: 2)
    #expect(forecasts.map(\.placedNs) == [0, 1, 50, 60, 100])
    #expect(forecasts.map(\.probability) == [0, 1, 1, 0, 1])
    #expect(forecasts.map(\.outcome) == [.filled, .missed, .missed, .filled, .missed])
    #expect(FillCurve.crossForecasts([Self.order(0, 1, isFilled: true)], groups: 2).isEmpty)
  }

  private static func forecast(_ p: Double, _ outcome: PhantomOutcome, at ns: Int64 = 0) -> JudgedForecast {
    JudgedForecast(placedNs: ns, probability: p, outcome: outcome)
  }

  @Test func theScoreBoundsWhatIsNotKnown() {
    let score = FillScore([
      Self.forecast(0.9, .filled), Self.forecast(0.2, .missed),
      Self.forecast(0.6, .bounded(least: true, most: true)), Self.forecast(0.7, .bounded(least: false, most: true)),
    ])
    #expect((score.count, score.certainCount, score.decidedCount) == (4, 2, 3))
    #expect(abs(score.certainBrier - (0.01 + 0.04) / 2) < 1e-12)
    #expect(abs(score.decidedBrier - (0.01 + 0.04 + 0.16) / 3) < 1e-12)
    #expect(abs(score.lowestBrier - (0.01 + 0.04 + 0.16 + 0.09) / 4) < 1e-12)
    #expect(abs(score.highestBrier - (0.01 + 0.04 + 0.16 + 0.49) / 4) < 1e-12)
    #expect((score.bins[7].least, score.bins[7].most) == (0, 1))
    #expect((score.bins[6].least, score.bins[6].most) == (1, 1))
    #expect(score.bins[2].meanForecast == 0.2 && score.bins[2].most == 0)
    // 0.9 and 0.6 of orders that were filled, 0.2 of one that was missed; 0.7 is between its bounds.
    #expect(abs(score.leastMiss - (0.1 + 0.4 + 0.2) / 4) < 1e-12)
  }

  @Test func aCertainForecastIsInTheLastBin() {
    let score = FillScore([Self.forecast(1, .missed)])
    #expect(score.bins[9].count == 1 && score.certainBrier == 1)
  }

  @Test func aGainKnowsItsError() {
    let better = [Self.forecast(1, .filled), Self.forecast(1, .filled, at: 10)]
    let alike = [Self.forecast(0.5, .filled), Self.forecast(0.5, .filled, at: 10)]
    let sure = BrierGain(better, over: alike, blockNs: 10)
    #expect((sure.gain, sure.standardError, sure.blocks) == (0.25, 0, 2))
    // Better in one block, as much worse in the other.
    let mixed = BrierGain([better[0], alike[1]], over: [alike[0], better[1]], blockNs: 10)
    #expect((mixed.gain, mixed.standardError) == (0, 0.25))
    // In one block nothing is known of chance; an open fate does not count.
    let open = Self.forecast(0, .bounded(least: false, most: true))
    let one = BrierGain(better + [open], over: alike + [open], blockNs: 100)
    #expect(one.gain == 0.25 && one.standardError == nil && one.blocks == 1)
  }
}
