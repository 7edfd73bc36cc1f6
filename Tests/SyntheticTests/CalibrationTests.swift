import Market
import Simulation
import Testing

@Suite struct CalibrationTests {
  /// The estimate finds the parameters that made the events. The tolerance is a fifth of the largest branching number (a half
  /// in debug, on a tenth of the events): a row, side or decay in another's place misses by more.
  @Test func theEstimateFindsTheKernels() {
    #if DEBUG
      let (count, rounds, tolerance) = (20_000, 40, 0.12)
    #else
      let (count, rounds, tolerance) = (200_000, 300, 0.05)
    #endif
    let truth = HawkesParameters.plain
    var process = HawkesProcess(truth)
    var random = SplitMix64(seed: 31)
    var events: [FlowEvent] = []
    var seconds = 0.0
    for _ in 0..<count {
      let wait = process.wait(constantRate: process.baselineTotal, &random)
      process.advance(seconds: wait.seconds)
      seconds += wait.seconds
      let pair = process.pair(origin: wait.origin, &random)
      let up = process.intensity(2 * pair)
      let isUp = Double(random.next() >> 11) * 0x1p-53 * (up + process.intensity(2 * pair + 1)) < up
      process.excite(2 * pair + (isUp ? 0 : 1))
      events.append(
        FlowEvent(seconds: seconds, kind: FlowKind.allCases[pair], presses: isUp ? .buy : .sell))
    }
    let estimate = HawkesEstimate(
      events, seconds: seconds, decaysPerSecond: truth.decaysPerSecond, rounds: rounds)
    for p in truth.decaysPerSecond.indices {
      for from in FlowKind.allCases.indices {
        for to in FlowKind.allCases.indices {
          #expect(abs(estimate.sameSide[p][from][to] - truth.sameSide[p][from][to]) < tolerance)
          #expect(abs(estimate.otherSide[p][from][to] - truth.otherSide[p][from][to]) < tolerance)
        }
      }
    }
    for (ours, theirs) in zip(estimate.baselinePerSecond, truth.baselinePerSecond) {
      #expect(abs(ours / theirs - 1) < 5 * tolerance)
    }
  }

  /// Rows to parameters to rows: the second market has the order flow of the first. (Volatility is not compared: it is not
  /// fitted, but follows from how often queues empty, which many small errors add up in.)
  @Test func aCalibratedMarketHasTheFlowOfItsOriginal() throws {
    #if DEBUG
      let (seconds, rounds) = (300.0, 40)
    #else
      let (seconds, rounds) = (2_000.0, 60)
    #endif
    let rows = try HawkesMarket.rows(.plain, seed: 32, seconds: seconds)
    let parameters = try HawkesParameters.calibrated(to: rows, source: "synthetic", rounds: rounds)
    #expect(abs(parameters.branchingRatio - HawkesParameters.plain.branchingRatio) < 0.15)
    #expect(abs(parameters.marketLots.mean / HawkesParameters.plain.marketLots.mean - 1) < 0.35)
    #expect(abs(parameters.touchLots.mean / HawkesParameters.plain.touchLots.mean - 1) < 0.35)
    let again = try HawkesMarket.rows(parameters, seed: 33, seconds: seconds)
    let (first, second) = (StylisedFacts(rows), StylisedFacts(again))
    // Both are samples: clusters make rates of 300 s uncertain by some 10 %.
    #expect((0.7...1.4).contains(second.ordersPerSecond / first.ordersPerSecond))
    #expect((0.7...1.4).contains(second.touchesPerSecond / first.touchesPerSecond))
    #expect(abs(second.spreadShares[0] - first.spreadShares[0]) < 0.1)
    // The same rows give the same parameters, to the last bit.
    #expect(try HawkesParameters.calibrated(to: rows, source: "synthetic", rounds: rounds).json == parameters.json)
  }

  @Test func tooFewOrdersAreRefused() throws {
    let rows = try HawkesMarket.rows(.plain, seed: 34, seconds: 2)
    #expect(throws: CalibrationError.self) { try HawkesParameters.calibrated(to: rows, source: "short") }
  }
}
