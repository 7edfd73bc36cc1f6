// Latency drawn from a measured sample: what acknowledgements took once, in another order.

/// Draws whole round trips with replacement, each with the probability that it has in the sample (the plug-in estimate of
/// the bootstrap; Efron, "Bootstrap methods: another look at the jackknife", 1979).
///
/// Both ways of one round trip are drawn together, so that their sum is distributed as measured; successive draws are
/// independent, so that spells of high latency are not reproduced. Whoever carries messages keeps them in order.
public struct EmpiricalLatency: Sendable {
  /// One round trip, in nanoseconds.
  public struct RoundTrip: BitwiseCopyable, Hashable, Sendable {
    /// From the client to the venue.
    public var thereNs: Int64
    /// From the venue to the client.
    public var backNs: Int64

    public init(thereNs: Int64, backNs: Int64) {
      precondition(thereNs >= 0 && backNs >= 0, "nothing arrives before it is sent")
      self.thereNs = thereNs
      self.backNs = backNs
    }

    public var totalNs: Int64 { thereNs + backNs }
  }

  public let sample: [RoundTrip]
  private var random: SplitMix64

  /// - Parameter sample: at least one.
  public init(_ sample: [RoundTrip], seed: UInt64) {
    precondition(!sample.isEmpty, "there must be something to draw")
    self.sample = sample
    random = SplitMix64(seed: seed)
  }

  /// The same round trip every time.
  public init(constant: RoundTrip) { self.init([constant], seed: 0) }

  /// The same sample with draws of its own.
  public var reseeded: EmpiricalLatency {
    var random = random
    return EmpiricalLatency(sample, seed: random.next())
  }

  /// The next round trip.
  public mutating func draw() -> RoundTrip { sample[Int(random.below(Int64(sample.count)))] }

  /// The smallest total that so many percent of the sample do not exceed, in nanoseconds (the nearest rank).
  public func percentile(_ percent: Double) -> Int64 {
    let totals = sample.map(\.totalNs).sorted()
    let rank = Int((percent / 100 * Double(totals.count)).rounded(.up))
    return totals[min(max(rank, 1), totals.count) - 1]
  }
}
