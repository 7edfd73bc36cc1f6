// What a strategy stage counts, in the shared counters file.

import Brain
import Market
import Pipeline

/// Counters of one strategy stage, named `strategy<shard>.…`.
struct StrategyCounters {
  /// Steps that took something in.
  let steps: Counter
  let events: Counter
  let updates: Counter
  let samples: Counter
  let decisions: Counter
  let orders: Counter
  let cancels: Counter
  /// Broken streams and halted instruments seen.
  let brokenStreams: Counter
  /// Steps that decided nothing because the ring to execution had no room for a whole step.
  let intentsBlocked: Counter
  /// Polls that did nothing because the record ring had no room for a whole step.
  let recordsFull: Counter

  init(_ file: CounterFile, shard: UInt8) {
    func counter(_ name: String) -> Counter { file.counter("strategy\(shard).\(name)") }
    steps = counter("steps")
    events = counter("events")
    updates = counter("updates")
    samples = counter("samples")
    decisions = counter("decisions")
    orders = counter("orders")
    cancels = counter("cancels")
    brokenStreams = counter("broken_streams")
    intentsBlocked = counter("intents_blocked")
    recordsFull = counter("records_full")
  }
}

/// Gauges and counters of one instrument's book, named `book.<symbol>.…`, and of its forecast, `forecast.<symbol>.…`.
struct MarketCounters {
  let depthApplied: Counter
  let snapshots: Counter
  let crossed: Counter
  let tickerCompared: Counter
  let tickerMismatches: Counter
  let tickerStale: Counter
  let outOfRange: Counter
  let evictedLevels: Counter
  let bestBidTicks: Counter
  let bestAskTicks: Counter
  let positionLots: Counter
  /// Probability of up less probability of down, in millionths.
  let directionMillionths: Counter
  /// The policy's action, as `PolicyAction` numbers it.
  let action: Counter

  init(_ file: CounterFile, symbol: String) {
    depthApplied = file.counter("book.\(symbol).depth_applied")
    snapshots = file.counter("book.\(symbol).snapshots")
    crossed = file.counter("book.\(symbol).crossed")
    tickerCompared = file.counter("book.\(symbol).ticker_compared")
    tickerMismatches = file.counter("book.\(symbol).ticker_mismatches")
    tickerStale = file.counter("book.\(symbol).ticker_stale")
    outOfRange = file.counter("book.\(symbol).out_of_range")
    evictedLevels = file.counter("book.\(symbol).evicted_levels")
    bestBidTicks = file.counter("book.\(symbol).best_bid_ticks")
    bestAskTicks = file.counter("book.\(symbol).best_ask_ticks")
    positionLots = file.counter("strategy.\(symbol).position_lots")
    directionMillionths = file.counter("forecast.\(symbol).direction_millionths")
    action = file.counter("forecast.\(symbol).action")
  }

  func set(_ market: borrowing TradedMarket) {
    let counted = market.book.counters
    depthApplied.set(counted.depthApplied)
    snapshots.set(counted.snapshots)
    crossed.set(counted.crossed)
    tickerCompared.set(counted.tickerCompared)
    tickerMismatches.set(counted.tickerMismatches)
    tickerStale.set(counted.tickerStale)
    outOfRange.set(counted.outOfRange)
    evictedLevels.set(market.book.evictedLevels)
    bestBidTicks.set(market.book.bestBid.price.ticks)
    bestAskTicks.set(market.book.bestAsk.price.ticks)
    positionLots.set(market.positionLots)
    directionMillionths.set(Int64(market.forecast.direction * 1_000_000))
    action.set(Int64(market.forecast.action.rawValue))
  }
}
