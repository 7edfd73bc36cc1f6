// Latency that comes in bad spells and has no largest value, as a process in time.

import Glibc

/// A log-normal body with memory, and a Pareto tail.
///
/// x(t) = r x(s) + sqrt(1 - r^2) z, with r = exp(-(t - s) / memory) and z standard normal: a stationary AR(1) process seen at
/// the times of the messages (an Ornstein-Uhlenbeck process; Uhlenbeck and Ornstein, Phys. Rev. 36, 1930). Its latency is
/// median * exp(sigma x). With the tail's probability it is multiplied by a Pareto variate of index alpha and minimum 1
/// (Arnold, "Pareto Distributions", 1983), whose mean is infinite where alpha <= 1. Every message takes as many random
/// numbers as every other: which ones a message gets depends on how many went before it, and on nothing else.
public struct HeavyTailedProcess: Sendable {
  private let parameters: HeavyTailedLatency.Parameters
  private let seed: UInt64
  private var random: SplitMix64
  private var state: Double?
  private var lastNs: Int64 = 0

  public init(_ parameters: HeavyTailedLatency.Parameters, seed: UInt64) {
    self.parameters = parameters
    self.seed = seed
    random = SplitMix64(seed: seed)
  }

  /// The same process from its beginning, with other random numbers.
  public var reseeded: HeavyTailedProcess {
    var seeds = SplitMix64(seed: seed)
    return HeavyTailedProcess(parameters, seed: seeds.next())
  }

  /// Of a message that is sent at `timeNs`; not before the one asked about last.
  public mutating func latencyNs(at timeNs: Int64) -> Int64 {
    let z = normal()
    if let state {
      let r = exp(-Double(max(0, timeNs - lastNs)) / parameters.memoryNs)
      self.state = r * state + (1 - r * r).squareRoot() * z
    } else {
      state = z
    }
    lastNs = timeNs
    var latency = parameters.medianNs * exp(parameters.sigma * (state ?? 0))
    // Both numbers are drawn whether or not they are used, so that one order's tail does not shift the next one's.
    let (draw, tail) = (uniform(), uniform())
    if draw < parameters.tailProbability { latency *= pow(tail, -1 / parameters.tailIndex) }
    return Int64(min(latency, parameters.greatestNs))
  }

  /// In (0, 1]: 53 bits.
  private mutating func uniform() -> Double { Double(random.next() >> 11 + 1) * 0x1p-53 }

  /// Box and Muller, "A note on the generation of random normal deviates" (1958); the second of each pair is not used.
  private mutating func normal() -> Double {
    let radius = (-2 * log(uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}
