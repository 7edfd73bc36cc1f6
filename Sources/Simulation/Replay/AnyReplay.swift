// A replay with the models that a configuration names.

/// How long orders travel.
public enum LatencyChoice: Sendable {
  case constant(ConstantLatency)
  case interpolated(InterpolatedLatency)
  case heavyTailed(HeavyTailedLatency)
}

/// How a place in the queue is estimated.
public enum QueueChoice: Sendable {
  case riskAverse
  case power(Double)
  case powerOfSum(Double)
  case inversePower(Double)
  case log
  case logOfSum
  case proRata
}

/// The preset `hftbacktest-2.4` with its choices.
public struct ReplaySettings: Sendable {
  public var latency: LatencyChoice
  public var queue: QueueChoice
  public var fees: ReplayFees
  public var fills: PresetFills

  public init(latency: LatencyChoice, queue: QueueChoice, fees: ReplayFees, fills: PresetFills = .whole) {
    self.latency = latency
    self.queue = queue
    self.fees = fees
    self.fills = fills
  }
}

/// One replay of a market, to be run once. Behind it stands code specialised for each pair of models; what is chosen at run
/// time is chosen here once, not for each event.
public class AnyReplay {
  fileprivate init() {}

  /// Runs to the end of the data.
  ///
  /// - Throws: for what is wrong in a file that is read on the way.
  public func run<Strategy: ReplayStrategy>(_ strategy: inout Strategy) throws(TapeError) {
    preconditionFailure("abstract")
  }

  /// What the strategy's side knows at the end.
  public var account: ReplayAccount { preconditionFailure("abstract") }

  /// Every fill of the exchange, in its order.
  public var fills: [ReplayFill] { preconditionFailure("abstract") }

  public static func make(_ market: any ReplayMarket, _ settings: ReplaySettings) throws(TapeError) -> AnyReplay {
    switch settings.queue {
    case .riskAverse: try make(market, settings, RiskAverseQueue())
    case .power(let n): try make(market, settings, ProbabilityQueue(PowerProbability(n)))
    case .powerOfSum(let n): try make(market, settings, ProbabilityQueue(PowerOfSumProbability(n)))
    case .inversePower(let n): try make(market, settings, ProbabilityQueue(InversePowerProbability(n)))
    case .log: try make(market, settings, ProbabilityQueue(LogProbability()))
    case .logOfSum: try make(market, settings, ProbabilityQueue(LogOfSumProbability()))
    case .proRata: try make(market, settings, ProRataQueue())
    }
  }

  private static func make<Queue: QueueModel>(
    _ market: any ReplayMarket, _ settings: ReplaySettings, _ queue: Queue
  ) throws(TapeError) -> AnyReplay {
    switch settings.latency {
    case .constant(let latency): try BoxedReplay(market, latency, queue, settings)
    case .interpolated(let latency): try BoxedReplay(market, latency, queue, settings)
    case .heavyTailed(let latency): try BoxedReplay(market, latency, queue, settings)
    }
  }
}

private final class BoxedReplay<Latency: OrderLatencyModel, Queue: QueueModel>: AnyReplay {
  private var replay: Replay<Latency, Queue>

  init(_ market: any ReplayMarket, _ latency: Latency, _ queue: Queue, _ settings: ReplaySettings) throws(TapeError) {
    replay = Replay(
      market, local: try market.localRows(), exchange: try market.exchangeRows(), latency: latency, queue: queue,
      fees: settings.fees, fills: settings.fills)
  }

  override func run<Strategy: ReplayStrategy>(_ strategy: inout Strategy) throws(TapeError) {
    try replay.run(&strategy)
  }
  override var account: ReplayAccount { replay.account }
  override var fills: [ReplayFill] { replay.fills }
}
