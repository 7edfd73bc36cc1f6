// Price-time priority: how an order takes from the book, and joins it with the rest.

import Market

extension Exchange {
  /// Lets an order that is not in the book trade, then rest or end by its lifetime.
  mutating func enter(_ slot: Int32, _ outbox: inout [ExchangeEvent]) {
    if pool[slot].entry.lifetime == .fillOrKill, !isFillable(slot) { return expire(slot, .notFillable, &outbox) }
    guard match(slot, &outbox) else { return }
    let entry = pool[slot].entry
    if entry.type == .market || entry.type == .stop || entry.lifetime == .immediateOrCancel {
      return expire(slot, .noLiquidity, &outbox)
    }
    if entry.reduceOnly { markets[entry.instrument.i].reduceOnlyOrders += 1 }
    markets[entry.instrument.i].book.append(
      slot, entry.side, entry.price.ticks, shown: pool[slot].nextPart, in: &pool)
  }

  /// Takes from the other side while there is something at an acceptable price.
  ///
  /// - Returns: whether the order is still open, with a rest that found nothing more.
  private mutating func match(_ slot: Int32, _ outbox: inout [ExchangeEvent]) -> Bool {
    let (instrument, side) = (pool[slot].entry.instrument, pool[slot].entry.side)
    let limit = acceptable(pool[slot].entry)
    while let price = markets[instrument.i].book.best(side.opposite) {
      guard side == .buy ? price <= limit : price >= limit else { return true }
      let maker = markets[instrument.i].book.first(side.opposite, price)
      let mode = prevention(slot, maker)
      if mode != .none, mode != .transfer {
        guard prevent(slot, maker, price, mode, &outbox) else { return false }
        continue
      }
      var lots = min(pool[slot].remaining, pool[maker].shown)
      if pool[maker].entry.reduceOnly {
        lots = min(lots, reducible(maker))
        guard lots > 0 else {
          expire(maker, .reduceOnly, &outbox)
          continue
        }
      }
      if pool[slot].entry.reduceOnly {
        lots = min(lots, reducible(slot))
        guard lots > 0 else {
          expire(slot, .reduceOnly, &outbox)
          return false
        }
      }
      lots = affordable(slot, price, lots)
      guard lots > 0 else {
        expire(slot, .insufficientBalance, &outbox)
        return false
      }
      if mode == .transfer {
        guard transfer(slot, maker, price, lots, &outbox) else { return false }
        continue
      }
      trade(slot, maker, price, lots, &outbox)
      if pool[slot].remaining == 0 {
        forget(slot)
        return false
      }
    }
    return true
  }

  /// Lets a taker that nothing else limits trade with one order of the book.
  mutating func meet(_ taker: Int32, _ maker: Int32, _ outbox: inout [ExchangeEvent]) {
    let lots = min(pool[taker].remaining, pool[maker].shown, pool[maker].entry.reduceOnly ? reducible(maker) : .max)
    guard lots > 0 else { return expire(maker, .reduceOnly, &outbox) }
    trade(taker, maker, pool[maker].entry.price.ticks, lots, &outbox)
  }

  /// The worst price that an order takes.
  @inline(always)
  private func acceptable(_ entry: borrowing OrderEntry) -> Int64 {
    if entry.type.hasLimit { return entry.price.ticks }
    return entry.side == .buy ? .max : 0
  }

  /// How far a reduce-only order still reduces.
  @inline(always)
  private func reducible(_ slot: Int32) -> Int64 {
    let position = tables[pool[slot].entry.account, pool[slot].entry.instrument.i].lots
    return max(0, -position * pool[slot].entry.side.sign)
  }

  /// One trade at the maker's price: money and news of both, then the orders.
  mutating func trade(
    _ taker: Int32, _ maker: Int32, _ price: Int64, _ lots: Int64, _ outbox: inout [ExchangeEvent]
  ) {
    let instrument = pool[taker].entry.instrument
    let value = worth(instrument, price, lots)
    trades &+= 1
    settle(maker, price, lots, value, isMaker: true, &outbox)
    settle(taker, price, lots, value, isMaker: false, &outbox)
    pool[taker].remaining &-= lots
    takeFromResting(maker, lots, &outbox)
    note(price, instrument)
  }

  /// Takes lots off an order in the book: it leaves when nothing remains; an iceberg whose displayed part is gone shows
  /// the next part at the back of the queue (the usual venue rule; ours where Binance is silent).
  mutating func takeFromResting(_ slot: Int32, _ lots: Int64, _ outbox: inout [ExchangeEvent]) {
    let (instrument, side) = (pool[slot].entry.instrument, pool[slot].entry.side)
    let price = pool[slot].entry.price.ticks
    if pool[slot].remaining == lots {
      takeOffBook(slot)
      pool[slot].remaining = 0
      return forget(slot)
    }
    markets[instrument.i].book.reduce(slot, side, price, shown: lots, total: lots, in: &pool)
    guard pool[slot].shown == 0 else { return }
    markets[instrument.i].book.remove(slot, side, price, in: &pool)
    markets[instrument.i].book.append(slot, side, price, shown: pool[slot].nextPart, in: &pool)
    tell(.replenished, slot, &outbox) { $0.quantity = Quantity(lots: pool[slot].shown) }
  }

  /// The last price, and the range that stops look at.
  @inline(always)
  func note(_ price: Int64, _ instrument: InstrumentIndex) {
    markets[instrument.i].lastPrice = price
    markets[instrument.i].highest = max(markets[instrument.i].highest, price)
    markets[instrument.i].lowest = min(markets[instrument.i].lowest, price)
  }
}
