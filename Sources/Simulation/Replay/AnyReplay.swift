// A replay with the models that a configuration names.

import Market

/// How long orders travel.
public enum LatencyChoice: Sendable {
  case constant(ConstantLatency)
  case interpolated(InterpolatedLatency)
  case heavyTailed(HeavyTailedLatency)
}

/// How long market data travel.
public enum FeedLatencyChoice: Sendable {
  /// As recorded: each row carries the time at which it was received.
  case recorded
  case constant(ConstantFeedLatency, FeedLatencyBase)
  case interpolated(RecordedDelay, FeedLatencyBase)
  case heavyTailed(HeavyTailedProcess, FeedLatencyBase)
}

/// What a feed's latency is added to.
public enum FeedLatencyBase: Sendable {
  /// The recorded arrival: the recorder was nearer to the venue than we are.
  case recordedArrival
  /// The venue's stamp, in place of the recorded arrival; rows come in the venue's order.
  case venueStamp
}

/// How a place in the queue is estimated, or known.
public enum QueueChoice: Sendable {
  case riskAverse
  case power(Double)
  case powerOfSum(Double)
  case inversePower(Double)
  case log
  case logOfSum
  case proRata
  /// Exact first in, first out, with the venue-like rules of `OrderVenue`; for markets by order only.
  case exact
}

/// The preset `hftbacktest-2.4` with its choices.
public struct ReplaySettings: Sendable {
  public var latency: LatencyChoice
  public var feed: FeedLatencyChoice
  public var queue: QueueChoice
  public var fees: ReplayFees
  /// With an exact queue fills are always partial.
  public var fills: PresetFills

  public init(
    latency: LatencyChoice, feed: FeedLatencyChoice = .recorded, queue: QueueChoice, fees: ReplayFees,
    fills: PresetFills = .whole
  ) {
    self.latency = latency
    self.feed = feed
    self.queue = queue
    self.fees = fees
    self.fills = fills
  }
}

/// One replay of a market, to be run once. What is chosen at run time is chosen here once, not for each event: behind it
/// stand closures over a replay that is specialised for its models. (A generic subclass would not do: what is called through a
/// table of methods is the code for all types at once.) One owner, one thread.
public final class AnyReplay {
  private typealias Wake = (inout ReplayDesk) -> Int64

  private let play: (_ intervalNs: Int64, _ wake: Wake) throws(TapeError) -> Void
  private let outcome: () -> (account: ReplayAccount, fills: [ReplayFill], unusableRows: UInt64)

  private init<Latency: OrderLatencyModel, Venue: ReplayVenue & ~Copyable>(
    _ replay: consuming Replay<Latency, Venue>
  ) {
    let box = Box(replay)
    play = { intervalNs, wake throws(TapeError) in try box.replay.run(intervalNs: intervalNs, wake) }
    outcome = { (box.replay.account, box.replay.fills, box.replay.unusableRows) }
  }

  /// Runs to the end of the data.
  ///
  /// - Throws: for what is wrong in a file that is read on the way.
  public func run<Strategy: ReplayStrategy>(_ strategy: inout Strategy) throws(TapeError) {
    try play(strategy.intervalNs) { desk in
      strategy.wake(&desk)
      return strategy.intervalNs
    }
  }

  /// What the strategy's side knows at the end.
  public var account: ReplayAccount { outcome().account }

  /// Every fill of the exchange, in its order.
  public var fills: [ReplayFill] { outcome().fills }

  /// Rows of a market by order that name an order which was never added, or for which the venue has no room: a recording
  /// with a gap. Places in the queue are exact where there are none.
  public var unusableRows: UInt64 { outcome().unusableRows }

  /// - Throws: `TapeError` where the market is not one for the models.
  public static func make(_ market: any ReplayMarket, _ settings: ReplaySettings) throws(TapeError) -> AnyReplay {
    switch settings.queue {
    case .riskAverse: try make(market, settings, RiskAverseQueue())
    case .power(let n): try make(market, settings, ProbabilityQueue(PowerProbability(n)))
    case .powerOfSum(let n): try make(market, settings, ProbabilityQueue(PowerOfSumProbability(n)))
    case .inversePower(let n): try make(market, settings, ProbabilityQueue(InversePowerProbability(n)))
    case .log: try make(market, settings, ProbabilityQueue(LogProbability()))
    case .logOfSum: try make(market, settings, ProbabilityQueue(LogOfSumProbability()))
    case .proRata: try make(market, settings, ProRataQueue())
    case .exact: try makeExact(market, settings)
    }
  }

  private static func make<Queue: QueueModel>(
    _ market: any ReplayMarket, _ settings: ReplaySettings, _ queue: Queue
  ) throws(TapeError) -> AnyReplay {
    try make(
      market, settings, try market.exchangeRows(), PresetVenue(market, queue: queue, mode: settings.fills))
  }

  private static func makeExact(_ market: any ReplayMarket, _ settings: ReplaySettings) throws(TapeError) -> AnyReplay {
    guard let rows = try market.orderRows() else {
      throw TapeError(
        file: market.instrument.symbol.text,
        reason: "is a market by price: an exact place in the queue needs rows of single orders")
    }
    return try make(market, settings, rows, try OrderVenue(market))
  }

  private static func make<Venue: ReplayVenue & ~Copyable>(
    _ market: any ReplayMarket, _ settings: ReplaySettings, _ rows: ReplayRows<Venue.Row>, _ venue: consuming Venue
  ) throws(TapeError) -> AnyReplay {
    let (feed, fees) = (try market.feedRows(settings.feed), settings.fees)
    return switch settings.latency {
    case .constant(let latency):
      AnyReplay(Replay(market, local: feed, exchange: rows, latency: latency, venue: venue, fees: fees))
    case .interpolated(let latency):
      AnyReplay(Replay(market, local: feed, exchange: rows, latency: latency, venue: venue, fees: fees))
    case .heavyTailed(let latency):
      AnyReplay(Replay(market, local: feed, exchange: rows, latency: latency, venue: venue, fees: fees))
    }
  }
}

/// A place for a replay that closures share.
private final class Box<Latency: OrderLatencyModel, Venue: ReplayVenue & ~Copyable> {
  var replay: Replay<Latency, Venue>

  init(_ replay: consuming Replay<Latency, Venue>) { self.replay = replay }
}

extension ReplayMarket {
  /// The rows as the strategy's book receives them.
  fileprivate func feedRows(_ choice: FeedLatencyChoice) throws(TapeError) -> ReplayRows<ReplayRow> {
    switch choice {
    case .recorded: try localRows()
    case .constant(let model, let base): DelayedRows(try rows(base), model)
    case .interpolated(let model, let base): DelayedRows(try rows(base), model)
    case .heavyTailed(let model, let base): DelayedRows(try rows(base), model)
    }
  }

  private func rows(_ base: FeedLatencyBase) throws(TapeError) -> ReplayRows<ReplayRow> {
    switch base {
    case .recordedArrival: try localRows()
    case .venueStamp: try exchangeRows()
    }
  }
}
