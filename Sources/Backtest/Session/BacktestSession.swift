// The scheduler of a backtest: the live stages against simulated venues, in event time, in one thread, without a clock.

public import Execution
public import Market
public import Pipeline
import Risk
public import Simulation

/// What a session is put together from.
public struct BacktestParts: ~Copyable {
  var strategy: any SteppedStrategy
  var execution: ExecutionStage
  var feed: SimulatedFeed
  var digest: DecisionDigest
  var venues: [VenueLane]
  var counters: CounterFile
  var recorder: SessionRecorder

  /// - Parameters:
  ///   - feed: of all instruments of all venues.
  ///   - venues: by the index of the venue.
  ///   - counters: what the stages count in; kept as long as they.
  ///   - recorder: the lanes' own.
  public init(
    strategy: any SteppedStrategy, execution: consuming ExecutionStage, feed: consuming SimulatedFeed,
    digest: consuming DecisionDigest, venues: [VenueLane], counters: CounterFile, recorder: SessionRecorder
  ) {
    precondition(!venues.isEmpty, "a session trades somewhere")
    for (i, lane) in venues.enumerated() { precondition(Int(lane.venue.rawValue) == i, "venues stand by their index") }
    self.strategy = strategy
    self.execution = execution
    self.feed = feed
    self.digest = digest
    self.venues = venues
    self.counters = counters
    self.recorder = recorder
  }
}

/// One session of the bot on markets that are played into it, message by message.
///
/// Time passes from one thing that happens to the next. What happens at the same time has one order: the markets'
/// messages at their venues, requests that arrive there, market data that arrives at the bot, then reports, then timers;
/// of several venues the one with the lower index is first in each of these. The stages run until none of them has
/// anything to do, as a worker polls them. Latencies come on top of the recorded times, which stand for the venue's own;
/// on each wire messages keep their order.
public final class BacktestSession {
  private let strategy: any SteppedStrategy
  private var execution: ExecutionStage
  private var feed: SimulatedFeed
  private var digest: DecisionDigest
  public let venues: [VenueLane]
  /// What the stages count in, for as long as they live.
  private let counters: CounterFile
  private let recorder: SessionRecorder

  private let startNs: Int64
  public private(set) var nowNs: Int64
  private var isStopping = false
  /// Turns of the stages so far.
  public private(set) var turns = 0
  private var turnsAtOnce = 0

  /// Nobody commands a halt in a backtest: the word stands as it was at the start.
  private static var haltEpoch: UInt32 { 0 }
  /// Rounds and turns at one time after which the stages are taken for stuck.
  private static var roundLimit: Int { 100_000 }
  /// How long open orders may take to be cancelled at the end, in simulated time.
  private static var drainNs: Int64 { 30_000_000_000 }

  /// - Parameter startNs: when the order sessions are up, as the lanes know it.
  public init(_ parts: consuming BacktestParts, startNs: Int64) {
    strategy = parts.strategy
    execution = parts.execution
    feed = parts.feed
    digest = parts.digest
    venues = parts.venues
    counters = parts.counters
    recorder = parts.recorder
    self.startNs = startNs
    nowNs = startNs
  }

  public var feedCounters: SimulatedFeed.Counters { feed.counters }
  /// Everything that strategy and execution decided and wrote, as a number and a count.
  public var decisions: (digest: UInt64, records: Int) { (digest.value, digest.records) }

  /// Plays one message of a market; everything that is due before it happens first. What lies before the session's
  /// start only makes the venue's book.
  ///
  /// - Precondition: times do not go back.
  /// - Throws: `BacktestError` when the stages do not come to rest.
  public func play(_ message: MarketMessage, of instrument: InstrumentIndex, atNs timeNs: Int64) throws(BacktestError) {
    let lane = venues[Int(feed.venue(of: instrument).rawValue)]
    guard timeNs >= startNs else { return lane.prepare(message, of: instrument, atNs: timeNs) }
    precondition(timeNs >= nowNs, "the market is played in order")
    try advance(beforeNs: timeNs)
    nowNs = timeNs
    lane.play(message, of: instrument, atNs: timeNs)
  }

  /// Makes the result as of that time, then ends the session in order: nothing new is placed, what is open is cancelled,
  /// and the venues' last word is heard, while the markets stand still.
  ///
  /// - Returns: what the session came to. Nothing may be played after it.
  public func finish(atNs endNs: Int64) throws(BacktestError) -> BacktestResult {
    try advance(beforeNs: endNs + 1)
    let result = recorder.end(refusals: execution.refusals, timeNs: endNs)
    isStopping = true
    try turn(endNs)
    let limitNs = endNs + Self.drainNs
    while execution.openOrders > 0 || venues.contains(where: \.isBusy), nextNs < limitNs { try turn(nextNs) }
    return result
  }

  /// When something happens next, if no market brings anything before.
  private var nextNs: Int64 {
    let timers = min(feed.nextRequestNs, min(strategy.nextTimerNs, execution.nextTimerNs))
    return max(nowNs, venues.reduce(timers) { min($0, $1.nextNs) })
  }

  private func advance(beforeNs limitNs: Int64) throws(BacktestError) {
    while case let next = nextNs, next < limitNs { try turn(next) }
  }

  /// What happens at one time; what follows from it at once has the next turn, at the same time.
  private func turn(_ timeNs: Int64) throws(BacktestError) {
    turnsAtOnce = timeNs == nowNs ? turnsAtOnce + 1 : 0
    guard turnsAtOnce < Self.roundLimit else { throw stuck() }
    nowNs = timeNs
    turns += 1
    for lane in venues { lane.passEdges(nowNs: timeNs, feed: &feed) }
    for lane in venues { lane.answer(byNs: timeNs) }
    for lane in venues { lane.deliver(to: &feed, nowNs: timeNs) }
    for lane in venues { lane.deliverReports(nowNs: timeNs) }
    while let stream = feed.takeRequest(nowNs: timeNs) {
      venues[Int(stream.venue.rawValue)].requestSnapshot(of: stream.index, atNs: timeNs)
    }
    try settle()
  }

  /// Lets the stages run until none of them has anything to do. What found no room has its turn after that.
  private func settle() throws(BacktestError) {
    let input = StepInput(nowNs: nowNs, haltEpoch: Self.haltEpoch, flags: isStopping ? .stopping : [])
    for _ in 0..<Self.roundLimit {
      var work = strategy.step(input) + execution.step(input)
      for lane in venues { work += lane.dispatch(nowNs: nowNs, haltEpoch: Self.haltEpoch) }
      work += feed.takeFaults(nowNs: nowNs)
      digest.drain()
      if work == 0 { return }
    }
    throw stuck()
  }

  private func stuck() -> BacktestError { BacktestError("the stages do not come to rest at \(nowNs) ns") }
}

/// Why a backtest cannot go on.
public struct BacktestError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
