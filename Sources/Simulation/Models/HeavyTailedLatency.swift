// Order latency that comes in bad spells and has no largest value: seeded, for what a measured sample is too short for.

/// Entry and response have each a `HeavyTailedProcess` of their own; a request lost on its way hears of it after its
/// latency.
public struct HeavyTailedLatency: OrderLatencyModel, Sendable {
  public struct Parameters: Equatable, Sendable {
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

  private var entry: HeavyTailedProcess
  private var response: HeavyTailedProcess
  private let lossProbability: Double
  private var losses: SplitMix64

  /// - Parameter lossProbability: how often a request is rejected on its way.
  public init(entry: Parameters, response: Parameters, lossProbability: Double = 0, seed: UInt64) {
    var seeds = SplitMix64(seed: seed)
    self.entry = HeavyTailedProcess(entry, seed: seeds.next())
    self.response = HeavyTailedProcess(response, seed: seeds.next())
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
