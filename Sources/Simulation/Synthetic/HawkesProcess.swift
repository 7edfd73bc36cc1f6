// The clock of the Hawkes market: a multivariate Hawkes process with exponential kernels, simulated exactly.

import Foundation

/// Intensities h_k(t) = mu_k + sum over decays p and past events e of alpha_p[kind of e][k] * exp(-beta_p * (t - t_e)).
///
/// Kinds come in pairs of a buy (even) and a sell (odd). All kinds of a decay p fade alike, so that their sum S_p fades by
/// one factor, and the next event is the earliest of independent candidates: an exponential with the sum of the constant
/// rates, and for each p the first point of an intensity S_p exp(-beta_p s), which is -ln(1 + beta_p ln(u) / S_p) / beta_p
/// or never (Dassios and Zhao, "Exact simulation of Hawkes process with exponentially decaying intensity", Electronic
/// Communications in Probability 18, 2013, algorithm 3.1, several decays taken as a superposition). Nothing is rejected.
package struct HawkesProcess: ~Copyable {
  /// A candidate's origin: the constant rates, or the excitation of one decay.
  package static var constant: Int { -1 }

  package let kinds: Int
  package let baselineTotal: Double
  private let decays: Int
  private let baseline: UnsafeMutablePointer<Double>
  private let betas: UnsafeMutablePointer<Double>
  /// Excitation of each kind, decay by decay, and the sum of each decay.
  private let excitation: UnsafeMutablePointer<Double>
  private let totals: UnsafeMutablePointer<Double>
  /// What an event of each kind adds to each kind, decay by decay, and the sums.
  private let jumps: UnsafeMutablePointer<Double>
  private let jumpTotals: UnsafeMutablePointer<Double>

  package init(_ parameters: HawkesParameters) {
    decays = parameters.decaysPerSecond.count
    kinds = 2 * FlowKind.allCases.count
    baseline = .allocate(capacity: kinds)
    betas = .allocate(capacity: decays)
    excitation = .allocate(capacity: decays * kinds)
    totals = .allocate(capacity: decays)
    jumps = .allocate(capacity: decays * kinds * kinds)
    jumpTotals = .allocate(capacity: decays * kinds)
    betas.initialize(from: parameters.decaysPerSecond, count: decays)
    excitation.initialize(repeating: 0, count: decays * kinds)
    totals.initialize(repeating: 0, count: decays)
    var sum = 0.0
    for k in 0..<kinds {
      baseline[k] = parameters.baselinePerSecond[k / 2]
      sum += baseline[k]
    }
    baselineTotal = sum
    for p in 0..<decays {
      for from in 0..<kinds {
        var sum = 0.0
        for to in 0..<kinds {
          let jump = parameters.jump(decay: p, from: from / 2, to: to / 2, sameSide: from % 2 == to % 2)
          jumps[(p * kinds + from) * kinds + to] = jump
          sum += jump
        }
        jumpTotals[p * kinds + from] = sum
      }
    }
  }

  deinit {
    baseline.deallocate()
    betas.deallocate()
    excitation.deallocate()
    totals.deallocate()
    jumps.deallocate()
    jumpTotals.deallocate()
  }

  /// Draws how long until the next event of this process or of others with constant rates beside it.
  ///
  /// - Parameter constantRate: events per second of everything with a constant rate, `baselineTotal` included; above 0.
  /// - Returns: seconds, and the decay whose excitation brought it (`constant` for the constant rates).
  @inline(always)
  package func wait(constantRate: Double, _ random: inout SplitMix64) -> (seconds: Double, origin: Int) {
    var seconds = -random.logUnit() / constantRate
    var origin = Self.constant
    for p in 0..<decays {
      let rest = 1 + betas[p] * random.logUnit() / totals[p]  // minus infinity where nothing is excited: never
      // The candidate is earlier than the best so far only if the logarithm below says so: most have none.
      guard rest > 0 else { continue }
      let candidate = -log(rest) / betas[p]
      if candidate < seconds {
        seconds = candidate
        origin = p
      }
    }
    return (seconds, origin)
  }

  /// Lets time pass without an event.
  @inline(always)
  package mutating func advance(seconds: Double) {
    for p in 0..<decays {
      let factor = exp(-betas[p] * seconds)
      totals[p] *= factor
      let row = excitation + p &* kinds
      for k in 0..<kinds { row[k] *= factor }
    }
  }

  /// Draws the pair of an event from its origin.
  @inline(always)
  package func pair(origin: Int, _ random: inout SplitMix64) -> Int {
    let row = origin < 0 ? baseline : excitation + origin &* kinds
    var rest = random.unit() * (origin < 0 ? baselineTotal : totals[origin])
    var pair = 0
    let last = kinds / 2 &- 1
    while pair < last {
      rest -= row[2 &* pair] + row[2 &* pair &+ 1]
      if rest <= 0 { return pair }
      pair &+= 1
    }
    return pair
  }

  /// Events per second of a kind, now.
  @inline(always)
  package func intensity(_ kind: Int) -> Double {
    var sum = baseline[kind] + .leastNormalMagnitude  // never 0: somebody divides by the two of a pair
    for p in 0..<decays { sum += excitation[p &* kinds &+ kind] }
    return sum
  }

  /// An event of a kind happens now.
  @inline(always)
  package mutating func excite(_ kind: Int) {
    for p in 0..<decays {
      totals[p] += jumpTotals[p &* kinds &+ kind]
      let row = excitation + p &* kinds
      let jump = jumps + (p &* kinds &+ kind) &* kinds
      for k in 0..<kinds { row[k] += jump[k] }
    }
  }
}
