// One environment: a market, what is seen of it, and the learner's account in it.

import Market
import Simulation

/// What a step brought besides its observation.
package struct StepOutcome: Equatable {
  /// In bps of `EpisodeRules.maximumLots` at the mid-price of the episode's beginning.
  package var reward: Float = 0
  package var isTerminated = false
  package var isTruncated = false

  package init() {}
}

/// The episodes of one market, one after the other: the market goes on where an episode ends. Nothing is allocated once
/// it is made. Not thread-safe.
package struct Room<Source: InteractiveMarket & ~Copyable>: ~Copyable {
  private var market: Source
  /// The market's best levels after its last message.
  private var bestBid = BookLevel.none
  private var bestAsk = BookLevel.none
  package private(set) var account = Account()
  package private(set) var bid = RestingQuote(.buy)
  package private(set) var ask = RestingQuote(.sell)

  private let rules: EpisodeRules
  /// By pointer: a reading would copy so large a value from inside another.
  private let sight: UnsafeMutablePointer<SyntheticSight>
  private var random: SplitMix64
  private var steps = 0
  private var isOver = false
  /// Best bid plus best ask when the episode began: the arrival price, in half ticks.
  private var arrivalDoubleMid: Int64 = 0
  /// Which way `execute` trades in this episode.
  private var parentSide = Side.buy

  /// Reads the market's snapshot and begins an episode.
  ///
  /// - Parameter rows: memory for `Source.rowsPerMessage` rows, as in every method that takes it.
  package init(
    _ market: consuming Source, rules: EpisodeRules, random: SplitMix64, rows: UnsafeMutablePointer<TapeRow>
  ) {
    self.market = market
    sight = .allocate(capacity: 1)
    sight.initialize(to: SyntheticSight())
    self.rules = rules
    self.random = random
    advance(rows)
    begin()
  }

  deinit {
    sight.deinitialize(count: 1)
    sight.deallocate()
  }

  /// Begins an episode: account empty, no quote, the market as it is.
  package mutating func begin() {
    account = Account()
    bid = RestingQuote(.buy)
    ask = RestingQuote(.sell)
    steps = 0
    isOver = false
    arrivalDoubleMid = doubleMid
    if rules.task == .execute { parentSide = random.chance(50) ? .buy : .sell }
  }

  /// One decision and what follows until the next. After the end of an episode it begins another instead.
  ///
  /// - Parameter action: `LearningTask.actionWidth` numbers of four bytes, inside their space.
  package mutating func step(
    _ action: UnsafeRawPointer, _ rows: UnsafeMutablePointer<TapeRow>
  ) -> StepOutcome {
    if isOver {
      begin()
      return StepOutcome()
    }
    let before = mark
    let decision = decide(action)
    for _ in 0..<rules.latencyEvents { advance(rows) }
    carryOut(decision, rows)
    for _ in rules.latencyEvents..<rules.eventsPerStep { advance(rows) }
    steps &+= 1
    var outcome = StepOutcome()
    outcome.reward = Float(bps(mark &- before) - inventoryPenalty)
    // The horizon is part of `execute` itself: what is over then is over, while the others could go on.
    let isLast = steps == rules.episodeSteps
    if rules.task == .execute {
      outcome.isTerminated = restLots == 0
    } else {
      outcome.isTruncated = isLast
    }
    isOver = outcome.isTerminated || outcome.isTruncated
    return outcome
  }

  // MARK: Decisions

  /// What was decided, on what was seen then; it arrives at the venue later.
  private struct Decision {
    var side = Side.buy
    /// Lots of a market order; 0 for none.
    var lots: Int64 = 0
    /// Prices of the quotes; 0 for none.
    var bid = Price(ticks: 0)
    var ask = Price(ticks: 0)
  }

  private func decide(_ action: UnsafeRawPointer) -> Decision {
    var decision = Decision()
    switch rules.task {
    case .trade:
      let target = Int64(action.loadUnaligned(as: Int32.self) &- 1) &* rules.maximumLots
      let change = target &- account.inventoryLots
      decision.side = change > 0 ? .buy : .sell
      decision.lots = abs(change)
    case .execute:
      decision.side = parentSide
      let share = Double(action.loadUnaligned(as: Float.self))
      let isLast = steps == rules.episodeSteps &- 1
      decision.lots = isLast ? restLots : Int64((share * Double(restLots)).rounded(.up))
    case .quote:
      decision.bid = price(.buy, action.loadUnaligned(as: Int32.self))
      decision.ask = price(.sell, action.loadUnaligned(fromByteOffset: 4, as: Int32.self))
    }
    return decision
  }

  private func price(_ side: Side, _ choice: Int32) -> Price {
    guard choice > 0 else { return Price(ticks: 0) }
    let best = side == .buy ? bestBid : bestAsk
    return Price(ticks: best.price.ticks &- side.sign &* Int64(choice &- 1))
  }

  private mutating func carryOut(_ decision: Decision, _ rows: UnsafeMutablePointer<TapeRow>) {
    if rules.task == .quote {
      bid = quote(.buy, bid, decision.bid)
      ask = quote(.sell, ask, decision.ask)
      return
    }
    // The last order of a parent is repeated until it is done, however deep that goes; the others expire after one sweep.
    let isLast = rules.task == .execute && steps == rules.episodeSteps &- 1
    var rest = decision.lots
    repeat {
      guard rest > 0 else { return }
      rest &-= take(decision.side, rest, rows)
    } while isLast
  }

  /// - Returns: the lots that a market order took.
  private mutating func take(_ side: Side, _ lots: Int64, _ rows: UnsafeMutablePointer<TapeRow>) -> Int64 {
    let count = market.take(side, lots: lots, into: rows)
    var taken: Int64 = 0
    for i in 0..<count where rows[i].kind == .trade {
      account.fill(side, rows[i].price, lots: rows[i].quantity.lots, feePpm: rules.takerFeePpm)
      taken &+= rows[i].quantity.lots
    }
    see(rows, count)
    return taken
  }

  /// The quote of a side as it is wanted. One that stands there already keeps its place in the queue.
  private func quote(_ side: Side, _ resting: RestingQuote, _ wanted: Price) -> RestingQuote {
    if wanted.ticks > 0, resting.lots > 0, resting.price == wanted { return resting }
    var quote = RestingQuote(side)
    let room = rules.maximumLots &- side.sign &* account.inventoryLots
    let lots = min(rules.quoteLots, room)
    let opposite = side == .buy ? bestAsk : bestBid
    // Post-only: the price may have come across meanwhile.
    guard wanted.ticks > 0, lots > 0, side.sign &* (opposite.price.ticks &- wanted.ticks) > 0 else { return quote }
    quote.place(wanted, lots: lots, behind: market.displayedLots(side, at: wanted))
    return quote
  }

  // MARK: The market

  /// The next message of the market.
  @inline(always)
  private mutating func advance(_ rows: UnsafeMutablePointer<TapeRow>) {
    let count = market.next(into: rows)
    see(rows, count)
    guard bid.lots > 0 || ask.lots > 0 else { return }
    for i in 0..<count {
      fill(.buy, bid.price, lots: bid.take(rows + i))
      fill(.sell, ask.price, lots: ask.take(rows + i))
    }
  }

  @inline(always)
  private mutating func see(_ rows: UnsafeMutablePointer<TapeRow>, _ count: Int) {
    bestBid = market.bestBid
    bestAsk = market.bestAsk
    if rules.hasFeatures { sight.pointee.take(rows, count: count) }
  }

  private mutating func fill(_ side: Side, _ price: Price, lots: Int64) {
    if lots > 0 { account.fill(side, price, lots: lots, feePpm: rules.makerFeePpm) }
  }

  // MARK: Value

  /// Twice the mid-price in ticks.
  package var doubleMid: Int64 { bestBid.price.ticks &+ bestAsk.price.ticks }

  /// The venue's time of the market's last message.
  package var timeNs: Int64 { market.timeNs }

  /// Lots that `execute` has still to trade.
  private var restLots: Int64 { rules.maximumLots &- abs(account.inventoryLots) }

  /// What rewards are the change of: equity, and in `execute`, at the arrival price, minus the implementation shortfall.
  private var mark: Int64 { account.equity(doubleMid: rules.task == .execute ? arrivalDoubleMid : doubleMid) }

  private func bps(_ money: Int64) -> Double {
    let notional = rules.maximumLots &* arrivalDoubleMid &* (Account.unitsPerTick / 2)
    return 10_000 * Double(money) / Double(notional)
  }

  private var inventoryPenalty: Double {
    guard rules.task != .execute else { return 0 }
    let share = Double(account.inventoryLots) / Double(rules.maximumLots)
    return rules.inventoryPenaltyBps * share * share
  }

  // MARK: Observations

  /// Writes an observation: the live features, if asked for, then the own state.
  package func observe(_ floats: UnsafeMutablePointer<Float>) {
    var own = floats
    if rules.hasFeatures {
      var features = FeatureVector()
      _ = sight.pointee.features.fill(&features, nowNs: sight.pointee.timeNs)
      UnsafeMutableRawPointer(floats).copyMemory(from: &features, byteCount: MemoryLayout<FeatureVector>.size)
      own += FeatureVector.count
    }
    let position = rules.task == .execute ? parentSide.sign &* restLots : account.inventoryLots
    own[0] = Float(position) / Float(rules.maximumLots)
    own[1] = Float(rules.episodeSteps &- steps) / Float(rules.episodeSteps)
    own[2] = Float(bps(mark))
    own[3] = Float(10_000 * Double(doubleMid &- arrivalDoubleMid) / Double(arrivalDoubleMid))
    own[4] = bid.lots > 0 ? Float(bestBid.price.ticks &- bid.price.ticks) : 0
    own[5] = bid.lots > 0 ? Float(bid.aheadLots) / Float(bid.aheadLots &+ rules.maximumLots) : -1
    own[6] = ask.lots > 0 ? Float(ask.price.ticks &- bestAsk.price.ticks) : 0
    own[7] = ask.lots > 0 ? Float(ask.aheadLots) / Float(ask.aheadLots &+ rules.maximumLots) : -1
  }
}

/// Numbers of own state at the end of an observation.
package var ownStateCount: Int { 8 }
