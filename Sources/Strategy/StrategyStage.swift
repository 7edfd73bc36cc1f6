// The strategy stage: the core, specialised for one strategy type. One worker's thread.

import Market
import Pipeline

/// What a strategy stage is set up with besides its strategy.
public struct StrategySettings: Sendable {
  /// An order that has not been sent this long after its decision is dropped (see `OrderIntent.expiryTimeNs`).
  public var orderMaximumAgeNs: Int64
  /// Room of each book, in runs of 16 ticks a side (see `OrderBook`).
  public var bookPagesPerSide: Int
  var computesFeatures = false

  public init(orderMaximumAgeNs: Int64 = 1_000_000_000, bookPagesPerSide: Int = 8192) {
    precondition(orderMaximumAgeNs > 0)
    self.orderMaximumAgeNs = orderMaximumAgeNs
    self.bookPagesPerSide = bookPagesPerSide
  }
}

/// Runs a strategy over a shard of instruments: market events and order updates in, intents and records out.
///
/// Rings in the order of `StepRecord.consumed`: order updates, then each feed in the order of `addFeed`. The concrete
/// stage that a worker polls wraps `step` in an annotated `poll`:
///
///     struct QuotingStage: Stage, ~Copyable {
///       var strategy: StrategyStage<AvellanedaStoikov>
///       @_noLocks @inline(never) mutating func poll() -> Int { strategy.step(StepInput(nowNs: clock.nowNs())) }
///     }
public struct StrategyStage<Strategy: TradingStrategy & ~Copyable>: ~Copyable {
  @usableFromInline var core: StrategyCore
  @usableFromInline let strategies: UnsafeMutablePointer<Strategy>
  @usableFromInline let count: Int

  /// - Parameters:
  ///   - shard: the number that intents and updates carry as `strategy`.
  ///   - instruments: 1 to `StrategyLimits.markets`.
  ///   - intents: at least `StrategyLimits.intentRingCapacity` slots.
  ///   - makeStrategy: called once for each instrument, in order.
  public init<Failure: Error>(
    shard: UInt8, instruments: [Instrument], settings: StrategySettings = StrategySettings(),
    updates: consuming RingConsumer<OrderUpdate>, intents: consuming RingProducer<OrderIntent>,
    records: consuming RecordProducer, counters: CounterFile,
    makeStrategy: (Instrument) throws(Failure) -> Strategy
  ) throws(Failure) {
    let strategies = UnsafeMutablePointer<Strategy>.allocate(capacity: instruments.count)
    for (i, instrument) in instruments.enumerated() {
      do {
        try (strategies + i).initialize(to: makeStrategy(instrument))
      } catch {
        strategies.deinitialize(count: i)
        strategies.deallocate()
        throw error
      }
    }
    self.strategies = strategies
    count = instruments.count
    var settings = settings
    settings.computesFeatures = Strategy.usesFeatures
    core = StrategyCore(
      shard: shard, instruments: instruments, settings: settings,
      sampleIntervalNs: { strategies[$0].sampleIntervalNs }, updates: updates, intents: intents, records: records,
      counterFile: counters)
  }

  deinit {
    strategies.deinitialize(count: count)
    strategies.deallocate()
  }

  /// Adds the market data of one feed; at most `StrategyLimits.feeds`, before the first step.
  ///
  /// - Parameter faults: how the feed learns of books that cannot be right; `StrategyLimits.faultRingCapacity` slots.
  public mutating func addFeed(
    events: consuming RingConsumer<MarketEvent>, faults: consuming RingProducer<BookFault>, snapshots: SnapshotPool
  ) {
    core.addFeed(events: events, faults: faults, snapshots: snapshots)
  }

  /// Receive stamp (time-stamp counter) of the market data that the last step's orders rest on; 0 when it placed none.
  @inlinable public var decisionOriginTsc: UInt64 { core.decisionOriginTsc }

  /// When the earliest timer of a strategy is due, in the session's clock; `.max` for none.
  public var nextTimerNs: Int64 { core.nextTimerNs }

  /// One deterministic step: takes what is there, calls the strategy, publishes what it asked for.
  ///
  /// - Returns: how many items were handled; 0 changed nothing.
  @inlinable @inline(__always)
  public mutating func step(_ input: StepInput) -> Int {
    let work = core.begin(input)
    if work == 0 {
      for i in 0..<count { strategies[i].onIdle() }
      return 0
    }
    while true {
      let occasion = core.next()
      if occasion == .none { return work }
      tell(occasion)
    }
  }

  @inlinable @inline(__always)
  mutating func tell(_ occasion: StrategyOccasion) {
    var context = core.context()
    let strategy = strategies + core.current
    switch occasion {
    case .none: break
    case .report: strategy.pointee.onReport(core.update, &context)
    case .restart: strategy.pointee.onRestart(&context)
    case .sample: strategy.pointee.onSample(&context)
    case .trade: strategy.pointee.onTrade(core.trade, &context)
    case .timer: strategy.pointee.onTimer(&context)
    case .book: strategy.pointee.onBook(&context)
    }
  }
}
