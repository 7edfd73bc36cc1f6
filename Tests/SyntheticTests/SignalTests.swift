import Foundation
import Market
import Simulation
import Testing

/// What can be forecast in a market with a planted signal, and that nothing can in one without.
@Suite struct SignalTests {
  private static let strong = SignalParameters(movesPerSecond: 5, strength: 0.6, flipsPerSecond: 0.1)
  private static let none = SignalParameters(movesPerSecond: 5, strength: 0, flipsPerSecond: 0.1)
  /// Far above the memory of anything but the signal, which keeps exp(-2 * 0.1 * 4) = 45 % of itself.
  private static let horizon = 4.0

  /// The forecast from the filter explains the share of the variance that the formula says, and is unbiased.
  @Test func theBestForecastHasTheComputedSkill() throws {
    let sample = try Sample(.plain.planting(Self.strong), seed: 21, seconds: Self.horizon, count: Sample.size)
    let meanSquare = Sample.mean(sample.filters.map { $0 * $0 })
    let computed = Self.strong.skill(seconds: Self.horizon, meanSquare: meanSquare)
    let measured = sample.skill(of: sample.best)
    // The standard error of a share of variance R over n independent windows is about 2 sqrt(R (1 - R)^2 / n) plus that of
    // the variance itself: 0.010 for R = 0.17 and n = 6000; 4 of them.
    #expect(abs(measured - computed) < 4 * sample.skillError(computed))
    #expect(computed > 0.08)
    // The slope of the return on the forecast is 1, within 4 standard errors.
    let slope = Sample.dot(sample.best, sample.returns) / Sample.dot(sample.best, sample.best)
    let slopeError = (Self.strong.returnVariance(seconds: Self.horizon) / Sample.dot(sample.best, sample.best))
      .squareRoot()
    #expect(abs(slope - 1) < 4 * slopeError)
    // The returns have the variance of the formula.
    let variance = Sample.mean(sample.returns.map { $0 * $0 })
    #expect(abs(variance / Self.strong.returnVariance(seconds: Self.horizon) - 1) < 0.08)
  }

  /// Whoever sees the hidden state does better than the filter, and as well as the formula says for it.
  @Test func theHiddenStateHasTheComputedSkill() throws {
    let sample = try Sample(.plain.planting(Self.strong), seed: 22, seconds: Self.horizon, count: Sample.size)
    let scale = Self.strong.movesPerSecond * Self.strong.strength * Self.strong.memory(seconds: Self.horizon)
    let measured = sample.skill(of: sample.states.map { scale * $0 })
    let computed = Self.strong.skill(seconds: Self.horizon, meanSquare: 1)
    #expect(abs(measured - computed) < 4 * sample.skillError(computed))
    #expect(measured > sample.skill(of: sample.best))
  }

  /// No forecast from the live features, alone or beside the best one, fitted on one half, beats the best one on the other.
  @Test func noForecastBeatsTheBest() throws {
    let sample = try Sample(.plain.planting(Self.strong), seed: 23, seconds: Self.horizon, count: Sample.size)
    let half = sample.returns.count / 2
    let best = sample.skill(of: sample.best, in: half..<sample.returns.count)
    let features = sample.fitted(sample.features, upTo: half)
    let both = sample.fitted(zip(sample.features, sample.best).map { $0 + [$1] }, upTo: half)
    #expect(sample.skill(of: features, in: half..<sample.returns.count) < best)
    #expect(sample.skill(of: both, in: half..<sample.returns.count) < best)
    // The features do see the signal: this is a market to learn in.
    #expect(sample.skill(of: features, in: half..<sample.returns.count) > 0.02)
  }

  /// Without a signal the mid-price is a martingale: the joint test of all 48 features on the returns finds nothing, and
  /// the same test finds the planted signal.
  @Test func withoutASignalNothingForecasts() throws {
    let free = try Sample(.plain.planting(Self.none), seed: 24, seconds: Self.horizon, count: Sample.size)
    // n R^2 of a regression on 48 columns and a constant is chi-squared with 48 degrees where nothing is there: its 99.9 %
    // quantile is 84.0. The seed is fixed.
    let n = Double(free.returns.count)
    #expect(n * free.skill(of: free.fitted(free.features, upTo: free.returns.count)) < 84)
    #expect(free.best.allSatisfy { $0 == 0 } && free.filters.allSatisfy { $0 == 0 })
    let planted = try Sample(.plain.planting(Self.strong), seed: 24, seconds: Self.horizon, count: Sample.size)
    #expect(n * planted.skill(of: planted.fitted(planted.features, upTo: planted.returns.count)) > 250)
  }

  /// Where orders come at the constant rate r and press both ways alike, the filter is a Markov process of its own, and its
  /// mean square solves a recursion that is computed here on a grid.
  @Test func theFiltersMeanSquareIsTheComputedOne() throws {
    var parameters = HawkesParameters.plain.planting(Self.strong)
    let nothing = parameters.sameSide.map { $0.map { $0.map { _ in 0.0 } } }
    parameters.sameSide = nothing
    parameters.otherSide = nothing
    let rate = 2 * parameters.baselinePerSecond.reduce(0, +) + Self.strong.movesPerSecond
    let sample = try Sample(parameters, seed: 25, seconds: 1, count: 4 * Sample.size)
    let measured = Sample.mean(sample.filters.map { $0 * $0 })
    let computed = FilterGrid(signal: Self.strong, eventsPerSecond: rate).meanSquare
    // Neighbouring windows share exp(-0.4) of the filter's square's excursions: about n / 5 independent ones, each with a
    // deviation of 0.3: 4 errors.
    #expect(abs(measured - computed) < 4 * 0.3 / (Double(sample.filters.count) / 5).squareRoot())
  }
}
