// One environment: a synthetic market, the live book and features, and one learner's account.

import Market
import Simulation

/// What a step comes to.
struct StepOutcome {
  var reward: Float = 0
  var isTerminated = false
  var isTruncated = false
}

/// Memory that environments share while they step one after the other.
struct StepScratch: ~Copyable {
  let rows: UnsafeMutablePointer<TapeRow>
  let levels: UnsafeMutableBufferPointer<BookLevel>

  init() {
    rows = .allocate(capacity: HawkesMarket.rowsPerMessage)
    levels = .allocate(capacity: 16)
    levels.initialize(repeating: .none)
  }

  deinit {
    rows.deallocate()
    levels.deallocate()
  }
}

/// Orders act on the book that was observed, at once; what they take is back with the market's next word on it: no latency
/// and no impact. docs/environments.md says what follows from that. Allocates nothing after `init`. Not thread-safe.
struct LearningEnvironment: ~Copyable {
  /// The live features, then: inventory, steps left, places of the own bid and ask in their queues.
  static var observationSize: Int { FeatureVector.count + 4 }
  static var observationNames: [String] { FeatureVector.names + ["inventory", "steps_left", "bid_place", "ask_place"] }
  /// Messages that the features have seen before the first observation.
  private static var observedMessages: Int { 1_000 }

  private let config: LearningRules
  private var market: HawkesMarket
  private var sight = SyntheticSight()
  private var account = Account()
  private var bid = RestingOrder(.buy)
  private var ask = RestingOrder(.sell)
  private var stepsLeft: Int64
  /// Whether the next step begins an episode; so it does before the first reset.
  private var isOver = true
  private var episodes: UInt64 = 0
  /// Of `execute`: which way, how much is left, and the mid-price that it is measured against (twice, in ticks).
  private var side = Side.buy
  private var lotsLeft: Int64 = 0
  private var doubleArrival: Int64 = 0

  /// - Throws: why the parameters make no market.
  init(_ config: LearningRules, market parameters: HawkesParameters, seed: UInt64, _ scratch: borrowing StepScratch)
    throws
  {
    self.config = config
    market = try HawkesMarket(parameters, seed: seed)
    stepsLeft = config.episodeSteps
    for _ in 0..<Self.observedMessages { watch(scratch) }
  }

  /// Begins an episode where the market stands.
  mutating func begin() {
    account = Account()
    cancelAll()
    stepsLeft = config.episodeSteps
    isOver = false
    side = episodes % 2 == 0 ? .buy : .sell
    episodes &+= 1
    lotsLeft = config.task == .execute ? config.lots &* config.units : 0
    doubleArrival = doubleMid
  }

  /// The local time of the last message, in nanoseconds since 1970.
  var timeNs: Int64 { sight.timeNs }

  /// Acts, lets the market go on, and rewards. After an episode's end a step begins the next one and does nothing else.
  mutating func step(_ action: Int32, _ scratch: borrowing StepScratch) -> StepOutcome {
    if isOver {
      begin()
      return StepOutcome()
    }
    let before = account
    let doubleMidBefore = doubleMid
    let timeBefore = sight.timeNs
    act(Int(action), scratch)
    for _ in 0..<config.eventsPerStep { watch(scratch) }
    stepsLeft &-= 1
    var outcome = StepOutcome()
    if config.task == .execute {
      if stepsLeft == 0, lotsLeft > 0 {
        cancelAll()
        take(side, lotsLeft, scratch, isForced: true)
      }
      outcome.isTerminated = lotsLeft == 0
      outcome.reward = shortfall(since: before)
    } else {
      outcome.isTruncated = stepsLeft == 0
      outcome.reward = profit(since: before, doubleMidBefore, seconds: Float(sight.timeNs &- timeBefore) * 1e-9)
    }
    isOver = outcome.isTerminated || outcome.isTruncated
    return outcome
  }

  /// Writes `observationSize` numbers.
  mutating func observe(_ observation: UnsafeMutablePointer<Float>) {
    // The features go straight into the caller's memory; its rows need only a Float's alignment.
    var vector = FeatureVector()
    _ = sight.features.fill(&vector, nowNs: sight.timeNs)
    UnsafeMutableRawPointer(observation).copyMemory(from: &vector, byteCount: FeatureVector.count &* 4)
    let own = observation + FeatureVector.count
    own[0] = inventory
    own[1] = Float(stepsLeft) / Float(config.episodeSteps)
    own[2] = bid.place
    own[3] = ask.place
  }

  // MARK: Actions

  private var doubleMid: Int64 { sight.book.bestBid.price.ticks &+ sight.book.bestAsk.price.ticks }

  /// From -1 to 1: position over its limit, or what is left to buy (above 0) or sell.
  private var inventory: Float {
    switch config.task {
    case .trade: Float(account.positionLots) / Float(config.lots)
    case .quote: Float(account.positionLots) / Float(config.lots &* config.units)
    case .execute: Float(side.sign &* lotsLeft) / Float(config.lots &* config.units)
    }
  }

  private mutating func act(_ action: Int, _ scratch: borrowing StepScratch) {
    switch config.task {
    case .trade:
      let change = Int64(action &- 1) &* config.lots &- account.positionLots
      if change != 0 { take(change > 0 ? .buy : .sell, abs(change), scratch) }
    case .quote:
      let room = config.lots &* config.units
      quote(.buy, action % 3, isAllowed: account.positionLots &+ config.lots <= room)
      quote(.sell, action / 3, isAllowed: account.positionLots &- config.lots >= 0 &- room)
    case .execute:
      let lots = min(config.lots, lotsLeft)
      if action == 1 { return rest(side, behind: 0, lots: lots) }
      cancelAll()
      if action == 2 { take(side, lots, scratch) }
    }
  }

  private mutating func cancelAll() {
    bid.cancel()
    ask.cancel()
  }

  /// 0: no order; 1: at the touch; 2: a tick behind it.
  private mutating func quote(_ side: Side, _ choice: Int, isAllowed: Bool) {
    if choice > 0, isAllowed {
      rest(side, behind: Int64(choice &- 1), lots: config.lots)
    } else if side == .buy {
      bid.cancel()
    } else {
      ask.cancel()
    }
  }

  private mutating func rest(_ side: Side, behind ticks: Int64, lots: Int64) {
    let touch = side == .buy ? sight.book.bestBid : sight.book.bestAsk
    let price = Price(ticks: touch.price.ticks &- side.sign &* ticks)
    let displayed = sight.book.quantity(side, at: price).lots
    if side == .buy {
      bid.place(price, lots: lots, displayed: displayed)
    } else {
      ask.place(price, lots: lots, displayed: displayed)
    }
  }

  /// A market order through the sixteen best levels. What they do not hold is not traded, or, where it must be, at the last.
  private mutating func take(_ side: Side, _ lots: Int64, _ scratch: borrowing StepScratch, isForced: Bool = false) {
    let count = sight.book.levels(side.opposite, into: scratch.levels)
    var left = lots
    var i = 0
    while i < count, left > 0 {
      let isLast = isForced && i == count &- 1
      let part = isLast ? left : min(left, scratch.levels[i].quantity.lots)
      fill(side, scratch.levels[i].price, part, isMaker: false)
      left &-= part
      i &+= 1
    }
  }

  private mutating func fill(_ side: Side, _ price: Price, _ lots: Int64, isMaker: Bool) {
    account.fill(side, price, lots: lots, isMaker: isMaker)
    if config.task == .execute { lotsLeft &-= lots }
  }

  // MARK: The market goes on

  @inline(always)
  private mutating func watch(_ scratch: borrowing StepScratch) {
    let count = market.next(into: scratch.rows)
    if bid.lots > 0 || ask.lots > 0 {
      for i in 0..<count where scratch.rows[i].kind == .trade {
        settle(bid.trade(scratch.rows[i]), bid)
        settle(ask.trade(scratch.rows[i]), ask)
      }
      sight.take(scratch.rows, count: count)
      settle(bid.look(sight.book), bid)
      settle(ask.look(sight.book), ask)
    } else {
      sight.take(scratch.rows, count: count)
    }
  }

  @inline(always)
  private mutating func settle(_ lots: Int64, _ order: RestingOrder) {
    if lots > 0 { fill(order.side, order.price, lots, isMaker: true) }
  }

  // MARK: Rewards

  /// Fees since `before`, in hundredths of a percent of a unit.
  private func fees(since before: Account) -> Float {
    let taker = Float(account.takerLots &- before.takerLots) * config.takerFeeBps
    let maker = Float(account.makerLots &- before.makerLots) * config.makerFeeBps
    return (taker + maker) / Float(config.lots)
  }

  /// The change of cash plus position at the mid-price, in hundredths of a percent of a unit's value, less fees and the
  /// penalty on inventory.
  private func profit(since before: Account, _ doubleMidBefore: Int64, seconds: Float) -> Float {
    let gained =
      account.doubleEquity(doubleMidTicks: doubleMid) &- before.doubleEquity(doubleMidTicks: doubleMidBefore)
    let held = inventory
    return 1e4 * Float(gained) / Float(doubleMidBefore &* config.lots) - fees(since: before)
      - config.inventoryPenaltyBps * held * held * seconds
  }

  /// Minus the implementation shortfall (Perold 1988) of what was filled since `before`: its cost against the mid-price at
  /// the episode's beginning, in hundredths of a percent of the whole order, less fees.
  private func shortfall(since before: Account) -> Float {
    let gained =
      account.doubleEquity(doubleMidTicks: doubleArrival) &- before.doubleEquity(doubleMidTicks: doubleArrival)
    let whole = config.lots &* config.units
    return 1e4 * Float(gained) / Float(doubleArrival &* whole) - fees(since: before) / Float(config.units)
  }
}

/// The part of a config that a step reads: plain numbers, nothing to count references of.
struct LearningRules {
  let task: LearningTask
  let eventsPerStep: Int64
  let episodeSteps: Int64
  let lots: Int64
  let units: Int64
  let takerFeeBps: Float
  let makerFeeBps: Float
  let inventoryPenaltyBps: Float

  init(_ config: EnvironmentConfig) {
    task = config.task
    eventsPerStep = config.eventsPerStep
    episodeSteps = config.episodeSteps
    lots = config.lots
    units = config.units
    takerFeeBps = Float(config.takerFeeBps)
    makerFeeBps = Float(config.makerFeeBps)
    inventoryPenaltyBps = Float(config.inventoryPenaltyBps)
  }
}
