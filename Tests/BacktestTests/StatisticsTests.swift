import Backtest
import Simulation
import Support
import Testing

@Suite struct NormalTests {
  /// Quantiles of Abramowitz and Stegun, table 26.5, and their symmetry.
  @Test func knownQuantiles() throws {
    for (probability, x) in [
      (0.975, 1.959963984540054), (0.99, 2.3263478740408408), (0.5, 0.0), (1e-10, -6.361340902404056),
    ] {
      #expect(try abs(#require(NormalDistribution.quantile(probability)) - x) < 1e-12)
    }
    #expect(NormalDistribution.quantile(1) == .infinity)
    #expect(NormalDistribution.quantile(1.1) == nil)
    #expect(NormalDistribution.cumulative(0) == 0.5)
  }
}

@Suite struct SharpeTests {
  /// The numerical example of Bailey and López de Prado 2014: an annual 2.5 from 1,250 days, 100 trials whose annual
  /// ratios vary by a half, skewness −3, kurtosis 10. The paper prints 0.1132 and 0.9004.
  @Test func theDeflatedRatioOfThePaper() throws {
    let variance = 0.5 / 250
    let expected = try #require(SharpeStatistics.expectedMaximum(trials: 100, variance: variance))
    #expect(abs(expected - 0.1132) < 5e-5)
    let deflated = try #require(
      SharpeStatistics.deflated(
        2.5 / 250.0.squareRoot(), trials: 100, variance: variance, count: 1_250, skewness: -3, kurtosis: 10))
    #expect(abs(deflated - 0.9004) < 5e-5)
  }

  @Test func noSkillIsEven() {
    #expect(SharpeStatistics.probabilistic(0, benchmark: 0, count: 100, skewness: 1, kurtosis: 9) == 0.5)
    #expect(SharpeStatistics.expectedMaximum(trials: 1, variance: 1) == 0)
    #expect(SharpeStatistics.probabilistic(0.1, benchmark: 0, count: 1, skewness: 0, kurtosis: 3) == nil)
  }

  /// Draws the best of 50 without skill, 4,000 times.
  @Test func theExpectedMaximumIsThatOfDraws() throws {
    var normals = Normals(seed: 3)
    var sum = 0.0
    for _ in 0..<4_000 { sum += (0..<50).map { _ in normals.next() }.max()! }
    // The deviation of such a maximum is 0.47; the formula itself is asymptotic, off by about 1 % here.
    let expected = try #require(SharpeStatistics.expectedMaximum(trials: 50, variance: 1))
    #expect(abs(sum / 4_000 - expected) < 4 * 0.47 / 4_000.0.squareRoot() + 0.03)
  }

  @Test func momentsOfASmallSample() {
    let moments = SampleMoments([1, 2, 3, 10])
    #expect(moments.mean == 4)
    #expect(moments.standardDeviation == (50.0 / 3).squareRoot())
    // Third moment (-27 - 8 - 1 + 216) / 4 = 45, fourth (81 + 16 + 1 + 1296) / 4 = 348.5, variance 12.5.
    #expect(abs(moments.skewness - 45 / (12.5 * 12.5.squareRoot())) < 1e-12)
    #expect(abs(moments.kurtosis - 348.5 / 156.25) < 1e-12)
  }
}

@Suite struct BootstrapTests {
  private func dependent(_ count: Int, seed: UInt64) -> [Double] {
    var normals = Normals(seed: seed)
    var value = 0.0
    return (0..<count).map { _ in
      value = 0.6 * value + normals.next()
      return value
    }
  }

  /// The variance of a resample's mean is known in closed form (Politis and Romano 1994, lemma 1 with circular
  /// covariances): R(0) + 2 Σ (1 − i/n)(1 − p)^i R(i), over n.
  @Test func theStationaryMeanHasItsKnownVariance() throws {
    let values = dependent(60, seed: 5)
    let (n, p) = (60, 1.0 / 8)
    let mean = SampleMoments(values).mean
    func covariance(_ lag: Int) -> Double {
      (0..<n).reduce(0) { $0 + (values[$1] - mean) * (values[($1 + lag) % n] - mean) } / Double(n)
    }
    var variance = covariance(0)
    var weight = 1.0
    for lag in 1..<n {
      weight *= 1 - p
      variance += 2 * (1 - Double(lag) / Double(n)) * weight * covariance(lag)
    }
    variance /= Double(n)
    let resamples = 20_000
    let drawn = BlockBootstrap(length: 8, observations: n, resamples: resamples, seed: 4)
      .distribution(values) { SampleMoments($0).mean }
    let moments = SampleMoments(drawn)
    let found = try #require(moments.standardDeviation)
    // A sample variance of normal draws deviates by √(2/N) of itself, a mean by its error: five of each.
    #expect(abs(found * found / variance - 1) < 5 * (2 / Double(resamples)).squareRoot())
    #expect(abs(moments.mean - mean) < 5 * (variance / Double(resamples)).squareRoot())
  }

  /// Every circular block of the whole length is a rotation: the mean cannot change.
  @Test func aCircularBlockOfTheWholeSeriesIsARotation() {
    let values = [1.0, 2, 4, 8, 16]
    let drawn = BlockBootstrap(blocks: .circular, length: 5, observations: 5, resamples: 200)
      .distribution(values) { $0.reduce(0, +) }
    #expect(Set(drawn) == [31])
    let firsts = BlockBootstrap(blocks: .circular, length: 5, observations: 5, resamples: 200)
      .distribution(values) { $0[0] }
    #expect(Set(firsts) == Set(values))
  }

  /// Of 150 series with a mean of zero, 95 % intervals hold it about 95 times in a hundred.
  @Test func intervalsCover() throws {
    var held = 0
    for seed in UInt64(0)..<150 {
      let values = dependent(300, seed: seed + 100)
      let bootstrap = BlockBootstrap(length: 20, observations: 300, resamples: 200, seed: seed)
      let interval = try #require(bootstrap.interval(values) { SampleMoments($0).mean })
      if interval.contains(0) { held += 1 }
    }
    // Percentile intervals of dependent series are known to be somewhat short; the binomial error is 1.8 %.
    #expect((0.85...0.99).contains(Double(held) / 150))
  }

  @Test func theSeedDecides() {
    let values = dependent(50, seed: 1)
    func draw(_ seed: UInt64) -> [Double] {
      BlockBootstrap(observations: 50, resamples: 20, seed: seed).distribution(values) { $0[7] }
    }
    #expect(draw(1) == draw(1))
    #expect(draw(1) != draw(2))
    #expect(BlockBootstrap(observations: 0).distribution([]) { $0.first } == [])
    #expect(BlockBootstrap(observations: 1_000).length == 10)
    #expect(BlockBootstrap(observations: 1_001).length == 11)
  }
}

@Suite struct OverfittingTests {
  private func noise(_ series: Int, _ length: Int, seed: UInt64) -> [[Double]] {
    var normals = Normals(seed: seed)
    return (0..<series).map { _ in (0..<length).map { _ in normals.next() } }
  }

  /// The same from its definition, block by block, with whole series and recursion.
  private func slow(_ returns: [[Double]], _ blocks: Int) -> [Double] {
    let size = returns[0].count / blocks
    func choices(_ from: Int, _ left: Int) -> [[Int]] {
      if left == 0 { return [[]] }
      return (from..<blocks).flatMap { first in choices(first + 1, left - 1).map { [first] + $0 } }
    }
    func sharpe(_ series: [Double], _ chosen: [Int]) -> Double {
      let moments = SampleMoments(chosen.flatMap { series[($0 * size)..<(($0 + 1) * size)] })
      return moments.mean / moments.standardDeviation!
    }
    return choices(0, blocks / 2).map { chosen in
      let rest = (0..<blocks).filter { !chosen.contains($0) }
      let best = returns.indices.max { sharpe(returns[$0], chosen) < sharpe(returns[$1], chosen) }!
      let outside = returns.map { sharpe($0, rest) }
      let rank = Double(outside.filter { $0 <= outside[best] }.count) / Double(returns.count + 1)
      return NaturalLogarithm.of(rank / (1 - rank))
    }
  }

  @Test(arguments: [2, 4, 8]) func theLogitsAreTheReferences(blocks: Int) throws {
    let returns = noise(7, 101, seed: 11)
    let found = try OverfittingProbability(returns: returns, blocks: blocks).logits.sorted()
    let expected = slow(returns, blocks).sorted()
    #expect(found.count == expected.count)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  /// Without skill the best in one half is anywhere in the other: at or below the median with probability
  /// floor((N + 1) / 2) / N, here a half. The choices of one sweep depend on each other, so many sweeps are averaged.
  @Test func noiseIsAHalf() throws {
    let found = try (0..<120).map { seed in
      try OverfittingProbability(returns: noise(10, 160, seed: UInt64(seed)), blocks: 8).probability
    }
    let moments = SampleMoments(found)
    let error = try #require(moments.standardDeviation) / 120.0.squareRoot()
    #expect(error < 0.03)
    #expect(abs(moments.mean - 0.5) < 4 * error)
  }

  @Test func skillIsNoOverfitting() throws {
    var returns = noise(10, 160, seed: 2)
    returns[3] = returns[3].map { $0 + 3 }
    #expect(try OverfittingProbability(returns: returns).probability == 0)
  }

  /// What is best in one half is worst in the other.
  @Test func oppositesAreAlwaysOverfitted() throws {
    let one = [1.0, 1.1, 0.9, 1, -1, -1.1, -0.9, -1]
    #expect(try OverfittingProbability(returns: [one, one.map { -$0 }], blocks: 2).probability == 1)
  }

  @Test func tooLittleIsRefused() {
    #expect(throws: OverfittingProbability.Problem.blocks) {
      try OverfittingProbability(returns: noise(2, 20, seed: 1), blocks: 3)
    }
    #expect(throws: OverfittingProbability.Problem.tooLittle) {
      try OverfittingProbability(returns: noise(1, 64, seed: 1))
    }
    #expect(throws: OverfittingProbability.Problem.tooLittle) {
      try OverfittingProbability(returns: noise(2, 31, seed: 1))
    }
    #expect(throws: OverfittingProbability.Problem.tooLittle) {
      try OverfittingProbability(returns: [[1, 2, 3, 4], [1, 2]], blocks: 2)
    }
  }
}
