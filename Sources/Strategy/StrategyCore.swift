// The strategy stage without the strategy: takes in updates and events, keeps books, and hands out occasions to act.

import Brain
import Market
import Pipeline

/// What the strategy of a market is to be told next.
public enum StrategyOccasion: UInt8, BitwiseCopyable, Sendable {
  /// Nothing more: the step is to be finished.
  case none
  case report
  case restart
  case sample
  case trade
  case timer
  case book
}

/// The deterministic part of a strategy stage that does not depend on the strategy's type.
///
/// A step is `begin`, then `next` until it returns `.none`; `next` finishes the step then. In between the strategy is
/// called for each occasion with `context()`. The order within a step: order updates, market events of each feed in
/// turn (with sampling points and trades among them), timers, one decision for each market whose book changed. What
/// the strategy asked for is published at the end, after the touches that it was decided on.
///
/// A step runs only when its largest possible output has room in the record ring. When the ring to execution has no
/// such room, the step takes order updates alone and decides nothing (`StepFlags.intentsBlocked`, recorded), so that two
/// full rings between strategy and execution can never wait for each other.
public struct StrategyCore: ~Copyable {
  private let place = InPlace()
  public let shard: UInt8
  /// What `report` and `trade` occasions are about.
  public internal(set) var update: OrderUpdate
  public internal(set) var trade = MarketTrade(price: Price(ticks: 0), quantity: .zero, taker: .buy, receiveTimeNs: 0)
  /// The market of the last occasion, in the order of the instruments.
  public internal(set) var current = 0
  /// Receive stamp of the market data that the last step's orders rest on; 0 when it placed none. For latency figures.
  public internal(set) var decisionOriginTsc: UInt64 = 0

  let settings: StrategySettings
  let markets: UnsafeMutablePointer<TradedMarket>
  let marketCount: Int
  let outbox: UnsafeMutablePointer<Outbox>
  let feeds: UnsafeMutablePointer<FeedInput>
  var feedCount = 0
  var updates: RingConsumer<OrderUpdate>
  var intents: RingProducer<OrderIntent>
  var records: RecordProducer
  /// Where a record's payload is laid out before it is appended.
  let payload: UnsafeMutableRawPointer
  let counters: StrategyCounters
  let marketCounters: UnsafeMutablePointer<MarketCounters>

  // The step under way.
  var input = StepInput(nowNs: 0)
  var occasionTimeNs: Int64 = 0
  var updateCount = 0
  var updatesTaken = 0
  var feed = 0
  var timersAsked = 0
  var booksAsked = 0

  init(
    shard: UInt8, instruments: [Instrument], settings: StrategySettings, sampleIntervalNs: (Int) -> Int64,
    updates: consuming RingConsumer<OrderUpdate>, intents: consuming RingProducer<OrderIntent>,
    records: consuming RecordProducer, counterFile: CounterFile
  ) {
    precondition(!instruments.isEmpty && instruments.count <= StrategyLimits.markets, "1 to 8 instruments in a shard")
    precondition(intents.capacity >= StrategyLimits.intentRingCapacity, "the intent ring holds two full steps")
    precondition(
      records.capacityBytes >= 4 * StrategyLimits.recordBytesPerStep, "the record ring holds four full steps")
    self.shard = shard
    self.settings = settings
    self.updates = updates
    self.intents = intents
    self.records = records
    payload = .allocate(byteCount: 64, alignment: 16)
    update = OrderUpdate(
      kind: .position, strategy: shard, instrument: instruments[0].index, intent: IntentIdentifier(0),
      clientOrder: .none, timeNs: 0, cause: 0)
    marketCount = instruments.count
    markets = .allocate(capacity: marketCount)
    marketCounters = .allocate(capacity: marketCount)
    for (i, instrument) in instruments.enumerated() {
      (markets + i).initialize(
        to: TradedMarket(
          instrument, sampleIntervalNs: sampleIntervalNs(i), computesFeatures: settings.computesFeatures,
          pagesPerSide: settings.bookPagesPerSide))
      (marketCounters + i).initialize(to: MarketCounters(counterFile, symbol: instrument.symbol.text))
    }
    feeds = .allocate(capacity: StrategyLimits.feeds)
    outbox = .allocate(capacity: 1)
    outbox.initialize(to: Outbox())
    counters = StrategyCounters(counterFile, shard: shard)
  }

  deinit {
    markets.deinitialize(count: marketCount)
    markets.deallocate()
    marketCounters.deallocate()
    feeds.deinitialize(count: feedCount)
    feeds.deallocate()
    payload.deallocate()
    outbox.pointee.deallocate()
    outbox.deallocate()
  }

  mutating func addFeed(
    events: consuming RingConsumer<MarketEvent>, faults: consuming RingProducer<BookFault>, snapshots: SnapshotPool
  ) {
    precondition(feedCount < StrategyLimits.feeds, "at most 3 feeds in a shard")
    precondition(faults.capacity >= StrategyLimits.faultRingCapacity, "the fault ring holds all that can be under way")
    (feeds + feedCount).initialize(to: FeedInput(events: events, faults: faults, snapshots: snapshots))
    feedCount += 1
  }

  // MARK: A step

  /// Looks at what is there, once, and records what this step takes.
  ///
  /// - Returns: how many items the step handles; 0 when there is nothing to do, and then nothing has changed.
  @_noLocks @inline(never)
  public mutating func begin(_ stepInput: StepInput) -> Int {
    guard records.freeBytes() >= StrategyLimits.recordBytesPerStep else {
      counters.recordsFull.add()
      return 0
    }
    input = stepInput
    if intents.free < StrategyLimits.intentsPerStep {
      input.flags = StepFlags(rawValue: input.flags.rawValue | StepFlags.intentsBlocked.rawValue)
    }
    let blocked = isSet(.intentsBlocked)
    updateCount = Swift.min(updates.available(), StrategyLimits.updatesPerStep)
    var work = updateCount
    var consumed = SIMD4<UInt32>(UInt32(truncatingIfNeeded: updateCount), 0, 0, 0)
    var i = 0
    while i < feedCount {
      let count = blocked ? 0 : Swift.min(feeds[i].events.available(), StrategyLimits.eventsPerStep)
      feeds[i].count = count
      feeds[i].taken = 0
      consumed[i &+ 1] = UInt32(truncatingIfNeeded: count)
      work &+= count
      i &+= 1
    }
    if !blocked { work &+= dueTimers() }
    if work == 0 { return 0 }
    beginOccasions(blocked: blocked)
    counters.steps.add()
    if blocked { counters.intentsBlocked.add() }
    let record = StepRecord(input, consumed: consumed)
    payload.storeBytes(of: record, as: StepRecord.self)
    write(.step, cause: 0, UnsafeRawPointer(payload), MemoryLayout<StepRecord>.size)
    return work
  }

  private mutating func beginOccasions(blocked: Bool) {
    updatesTaken = 0
    feed = 0
    timersAsked = blocked ? marketCount : 0
    booksAsked = blocked ? marketCount : 0
    decisionOriginTsc = 0
    // What is decided without market data of this step answers no tick: its latency is not tick to trade.
    for i in 0..<marketCount { markets[i].originTsc = 0 }
    outbox.pointee.count = 0
    outbox.pointee.takesNothing = blocked
    outbox.pointee.takesOrders = !blocked && !isSet(.stopping)
  }

  /// Goes on to the next thing that the strategy of market `current` is to be told; finishes the step with `.none`.
  @_noLocks @inline(never)
  public mutating func next() -> StrategyOccasion {
    occasionTimeNs = input.nowNs
    if takeUpdate() { return .report }
    let occasion = takeEvents()
    if occasion != .none { return occasion }
    while timersAsked < marketCount {
      current = timersAsked
      timersAsked &+= 1
      if markets[current].timerNs <= input.nowNs {
        markets[current].timerNs = .max
        return .timer
      }
    }
    while booksAsked < marketCount {
      current = booksAsked
      booksAsked &+= 1
      if markets[current].isDirty && markets[current].isReadable {
        counters.decisions.add()
        return .book
      }
    }
    finish()
    return .none
  }

  /// The window of the last occasion's market. Valid until `next` is called again.
  @_noLocks @inline(never)
  public func context() -> TradingContext {
    TradingContext(
      nowNs: occasionTimeNs, market: markets + current, outbox: outbox, decisionTimeNs: input.nowNs,
      expiryTimeNs: input.nowNs &+ settings.orderMaximumAgeNs, strategy: shard)
  }

  // MARK: Looking up

  func isSet(_ flag: StepFlags) -> Bool { input.flags.rawValue & flag.rawValue != 0 }

  func market(of instrument: InstrumentIndex) -> Int? {
    var i = 0
    while i < marketCount {
      if markets[i].instrument.index.rawValue == instrument.rawValue { return i }
      i &+= 1
    }
    return nil
  }

  /// The earliest wish for `onTimer`; `.max` for none.
  var nextTimerNs: Int64 {
    var earliest = Int64.max
    for i in 0..<marketCount { earliest = Swift.min(earliest, markets[i].timerNs) }
    return earliest
  }

  private func dueTimers() -> Int {
    var due = 0
    var i = 0
    while i < marketCount {
      if markets[i].timerNs <= input.nowNs { due &+= 1 }
      i &+= 1
    }
    return due
  }
}
