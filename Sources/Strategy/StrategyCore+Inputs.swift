// What a step takes in: order updates, then market events, with the sampling points that lie between them.

import Brain
import Market
import Pipeline

extension StrategyCore {
  mutating func takeUpdate() -> Bool {
    while updatesTaken < updateCount {
      update = updates.peek(updatesTaken).pointee
      updatesTaken &+= 1
      guard let market = market(of: update.instrument) else { continue }
      current = market
      markets[market].apply(update)
      markets[market].cause = update.cause
      return true
    }
    return false
  }

  /// Applies events until one of them is an occasion.
  mutating func takeEvents() -> StrategyOccasion {
    while feed < feedCount {
      while feeds[feed].taken < feeds[feed].count {
        let event = feeds[feed].events.peek(feeds[feed].taken)
        guard let market = market(of: event.pointee.instrument) else {
          // Not of this shard; its snapshot buffer goes back all the same.
          if event.pointee.kind == .snapshot { release(event) }
          feeds[feed].taken &+= 1
          continue
        }
        current = market
        let early = passClock(event.pointee.receiveTimeNs)
        if early != .none { return early }
        feeds[feed].taken &+= 1
        let occasion = apply(event)
        if occasion != .none { return occasion }
      }
      feed &+= 1
    }
    return .none
  }

  func release(_ snapshot: UnsafePointer<MarketEvent>) {
    let handle = Int(snapshot.pointee.price.ticks)
    feeds[feed].snapshots._withUnsafeGuaranteedRef { $0.release(handle) }
  }

  /// Sampling points that lie before an event of that time; it is applied after them.
  mutating func passClock(_ receiveTimeNs: Int64) -> StrategyOccasion {
    guard markets[current].book.isValid else { return .none }
    switch markets[current].clock.arrive(receiveTimeNs) {
    case .within: return .none
    case .restarted: return .restart
    case .due:
      occasionTimeNs = markets[current].clock.nextNs
      markets[current].clock.advance()
      counters.samples.add()
      return .sample
    }
  }

  mutating func apply(_ event: UnsafePointer<MarketEvent>) -> StrategyOccasion {
    let market = markets + current
    let wasValid = market.pointee.book.isValid
    if feeds[feed].apply(event, to: market) { return loseBook(wasValid: wasValid) }
    switch event.pointee.kind {
    case .trade:
      trade = MarketTrade(
        price: event.pointee.price, quantity: event.pointee.quantity, taker: event.pointee.side,
        receiveTimeNs: event.pointee.receiveTimeNs)
      return .trade
    case .streamBroken, .instrumentHalted: return loseBook(wasValid: wasValid)
    case .level, .depthEnd, .touch, .snapshot:
      return .none
    }
  }

  /// There is no book any more: orders are cancelled, and the clock stands still until there is one.
  private mutating func loseBook(wasValid: Bool) -> StrategyOccasion {
    counters.brokenStreams.add()
    markets[current].clock.stop()
    guard wasValid else { return .none }  // told and cancelled before
    cancelAll()
    return .restart
  }

  /// Asked by the stage itself, so it does not share the strategy's bound: once per market and broken stream.
  func cancelAll() {
    markets[current].orders.markAllCanceling()
    guard outbox.pointee.count < Outbox.capacity else { return }
    outbox.pointee.append(
      OrderIntent(
        kind: .cancelAll, instrument: markets[current].instrument.index,
        definitionVersion: markets[current].instrument.definitionVersion, strategy: shard,
        venue: markets[current].instrument.venue, decisionTimeNs: input.nowNs,
        marketTimeNs: markets[current].book.timeNs, cause: markets[current].cause,
        originTsc: markets[current].originTsc))
  }
}
