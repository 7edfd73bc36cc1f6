// Latency that comes in bad spells and has no largest value: seeded, for what a measured sample is too short for.

import Glibc

/// A log-normal body with memory, and a Pareto tail.
///
/// x(t) = r x(s) + sqrt(1 - r^2) z, with r = exp(-(t - s) / memory) and z standard normal: a stationary AR(1) process seen at
/// the times of the orders (an Ornstein-Uhlenbeck process; Uhlenbeck and Ornstein, Phys. Rev. 36, 1930). Its latency is
/// median * exp(sigma x). With the tail's probability it is multiplied by a Pareto variate of index alpha and minimum 1
/// (Arnold, "Pareto Distributions", 1983), whose mean is infinite where alpha <= 1. Entry and response have each a process
/// of their own; a request lost on its way hears of it after its latency.
public struct HeavyTailedLatency: OrderLatencyModel, Sendable {
  public struct Parameters: Sendable {
    public var medianNs: Double
    /// Of the logarithm.
    public var sigma: Double
    /// In how many nanoseconds the correlation falls to 1/e.
    public var memoryNs: Double
    public var tailProbability: Double
    public var tailIndex: Double
    /// No latency is longer: what a client's own timeout would end.
    public var greatestNs: Double

    public init(
      medianNs: Double, sigma: Double, memoryNs: Double, tailProbability: Double, tailIndex: Double, greatestNs: Double
    ) {
      precondition(medianNs > 0 && sigma >= 0 && memoryNs > 0 && tailIndex > 0 && greatestNs >= medianNs)
      precondition((0...1).contains(tailProbability) && greatestNs < 0x1p62)
      self.medianNs = medianNs
      self.sigma = sigma
      self.memoryNs = memoryNs
      self.tailProbability = tailProbability
      self.tailIndex = tailIndex
      self.greatestNs = greatestNs
    }
  }

  private struct Way: Sendable {
    var parameters: Parameters
    var random: SplitMix64
    var state: Double?
    var lastNs: Int64 = 0

    mutating func latencyNs(at timeNs: Int64) -> Int64 {
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

  private var entry: Way
  private var response: Way
  private let lossProbability: Double
  private var losses: SplitMix64

  /// - Parameter lossProbability: how often a request is rejected on its way.
  public init(entry: Parameters, response: Parameters, lossProbability: Double = 0, seed: UInt64) {
    var seeds = SplitMix64(seed: seed)
    self.entry = Way(parameters: entry, random: SplitMix64(seed: seeds.next()))
    self.response = Way(parameters: response, random: SplitMix64(seed: seeds.next()))
    losses = SplitMix64(seed: seeds.next())
    self.lossProbability = lossProbability
  }

  public mutating func entryNs(at localTimeNs: Int64) -> Int64 {
    let latency = entry.latencyNs(at: localTimeNs)
    let isLost = Double(losses.next() >> 11) * 0x1p-53 < lossProbability
    return isLost ? -latency : latency
  }

  public mutating func responseNs(at exchangeTimeNs: Int64) -> Int64 { response.latencyNs(at: exchangeTimeNs) }
}
