import Foundation
import Simulation
import Testing

/// The simulation of the process is exact: its residuals are those of a Poisson process, its rates those of the theory.
@Suite struct HawkesProcessTests {
  /// With h the intensity, the integrals of h between events are independent exponentials of mean 1 (random time change,
  /// Papangelou 1972; Ogata, "Statistical models for earthquake occurrences", JASA 83, 1988).
  @Test func residualsAreExponential() {
    let parameters = HawkesParameters.plain
    var process = HawkesProcess(parameters)
    var random = SplitMix64(seed: 5)
    var residuals: [Double] = []
    for _ in 0..<40_000 {
      let before = Self.intensities(process)
      let wait = process.wait(constantRate: process.baselineTotal, &random)
      process.advance(seconds: wait.seconds)
      let after = Self.intensities(process)
      residuals.append(Self.integral(before, after, parameters, wait.seconds))
      Self.happen(&process, wait.origin, &random)
    }
    // Kolmogorov-Smirnov: 1.95 / sqrt(n) is exceeded once in a thousand samples; the seed is fixed.
    let sorted = residuals.sorted()
    let n = Double(sorted.count)
    let distance =
      sorted.enumerated().map { i, residual in
        abs(1 - exp(-residual) - (Double(i) + 0.5) / n)
      }.max() ?? 1
    #expect(distance < 1.95 / n.squareRoot())
    // And no memory is left: the correlation of neighbours has standard error 1 / sqrt(n).
    let neighbours = zip(residuals, residuals.dropFirst()).map { ($0 - 1) * ($1 - 1) }.reduce(0, +) / n
    #expect(abs(neighbours) < 4 / n.squareRoot())
  }

  /// Mean rates solve rate = mu + rate G (Hawkes 1971).
  @Test func ratesAreThoseOfTheTheory() {
    let parameters = HawkesParameters.plain
    var rates = parameters.baselinePerSecond
    for _ in 0..<500 {
      var next = parameters.baselinePerSecond
      for p in parameters.decaysPerSecond.indices {
        for from in rates.indices {
          for to in rates.indices {
            next[to] += rates[from] * (parameters.sameSide[p][from][to] + parameters.otherSide[p][from][to])
          }
        }
      }
      rates = next
    }
    var process = HawkesProcess(parameters)
    var random = SplitMix64(seed: 6)
    var counts = [Int](repeating: 0, count: 2 * rates.count)
    var seconds = 0.0
    for _ in 0..<200_000 {
      let wait = process.wait(constantRate: process.baselineTotal, &random)
      process.advance(seconds: wait.seconds)
      seconds += wait.seconds
      counts[Self.happen(&process, wait.origin, &random)] += 1
    }
    for pair in rates.indices {
      let up = Double(counts[2 * pair]) / seconds
      let down = Double(counts[2 * pair + 1]) / seconds
      // Clusters make counts of so many events vary by about 1 % (kind by kind, 2 %); a wrong kernel misses by far more.
      #expect(abs((up + down) / (2 * rates[pair]) - 1) < 0.06)
      #expect(abs(up / down - 1) < 0.1)
    }
  }

  @discardableResult
  private static func happen(_ process: inout HawkesProcess, _ origin: Int, _ random: inout SplitMix64) -> Int {
    let pair = process.pair(origin: origin, &random)
    let up = process.intensity(2 * pair)
    let isUp = Double(random.next() >> 11) * 0x1p-53 * (up + process.intensity(2 * pair + 1)) < up
    process.excite(2 * pair + (isUp ? 0 : 1))
    return 2 * pair + (isUp ? 0 : 1)
  }

  private static func intensities(_ process: borrowing HawkesProcess) -> Double {
    var sum = 0.0
    for kind in 0..<process.kinds { sum += process.intensity(kind) }
    return sum
  }

  /// The integral of the total intensity between two events, from its values at both ends: with two decays the excitations
  /// E_1 + E_2 and E_1 f_1 + E_2 f_2 are known, hence both, hence their integrals E (1 - f) / beta.
  private static func integral(
    _ before: Double, _ after: Double, _ parameters: HawkesParameters, _ seconds: Double
  ) -> Double {
    let mu = 2 * parameters.baselinePerSecond.reduce(0, +)
    let (b1, b2) = (parameters.decaysPerSecond[0], parameters.decaysPerSecond[1])
    let (f1, f2) = (exp(-b1 * seconds), exp(-b2 * seconds))
    guard abs(f1 - f2) > 1e-9 else { return 0.5 * (before + after) * seconds }
    let e1 = (after - mu - (before - mu) * f2) / (f1 - f2)
    let e2 = before - mu - e1
    return mu * seconds + e1 * (1 - f1) / b1 + e2 * (1 - f2) / b2
  }
}
