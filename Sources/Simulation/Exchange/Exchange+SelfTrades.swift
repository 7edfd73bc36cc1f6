// Self-trade prevention, and the look ahead of fill-or-kill orders, which must foresee it.

import Market

extension Exchange {
  /// What self-trade prevention does with two orders that meet (stp_faq.md): the taker's mode between orders of one account or
  /// trade group, but for a transfer, which both must ask for and which needs two accounts.
  ///
  /// Orders of the market's account stand for many traders: it never trades with itself in this sense.
  @inline(always)
  func prevention(_ taker: Int32, _ maker: Int32) -> SelfTradePrevention {
    let mode = pool[taker].entry.selfTradePrevention
    let (account, other) = (pool[taker].entry.account, pool[maker].entry.account)
    guard mode != .none, account != marketAccount, tables.isSameClient(account, other) else { return .none }
    let isTransfer = account != other && pool[maker].entry.selfTradePrevention == .transfer
    return mode == .transfer && !isTransfer ? .decrement : mode
  }

  /// What happens instead of a trade, unless it is a transfer.
  ///
  /// - Returns: whether the taker is still open.
  mutating func prevent(
    _ taker: Int32, _ maker: Int32, _ price: Int64, _ mode: SelfTradePrevention, _ outbox: inout [ExchangeEvent]
  ) -> Bool {
    let (takerId, makerId) = (pool[taker].id, pool[maker].id)
    // What each order loses: everything it has left, or, decremented, what would have traded.
    let match = min(pool[taker].remaining, pool[maker].shown)
    let takerLoses = mode == .expireMaker ? 0 : mode == .decrement ? match : pool[taker].remaining
    let makerLoses = mode == .expireTaker ? 0 : mode == .decrement ? match : pool[maker].remaining
    if makerLoses > 0 {
      tellPrevented(maker, makerLoses, counter: takerId, price, &outbox)
      release(maker, makerLoses)
      drop(maker, makerLoses, &outbox)
    }
    guard takerLoses > 0 else { return true }
    tellPrevented(taker, takerLoses, counter: makerId, price, &outbox)
    release(taker, takerLoses)
    return drop(taker, takerLoses, &outbox)
  }

  /// What happens instead of a trade between two accounts of a trade group: lots change hands at the maker's price and are
  /// prevented in both orders. There is no trade: no fees, no volume, no last price.
  ///
  /// - Returns: whether the taker is still open.
  mutating func transfer(
    _ taker: Int32, _ maker: Int32, _ price: Int64, _ lots: Int64, _ outbox: inout [ExchangeEvent]
  ) -> Bool {
    let value = worth(pool[taker].entry.instrument, price, lots)
    handOver(maker, counter: pool[taker].id, price, lots, value, &outbox)
    handOver(taker, counter: pool[maker].id, price, lots, value, &outbox)
    drop(maker, lots, &outbox)
    return drop(taker, lots, &outbox)
  }

  private mutating func handOver(
    _ slot: Int32, counter: OrderId, _ price: Int64, _ lots: Int64, _ value: Int64, _ outbox: inout [ExchangeEvent]
  ) {
    exchange(slot, price, lots, value)
    pool[slot].prevented += lots
    tell(.transferred, slot, &outbox) {
      $0.quantity = Quantity(lots: lots)
      $0.remaining.lots -= lots
      $0.counterOrder = counter
      $0.price = Price(ticks: price)
      $0.amount = Amount(units: value)
    }
  }

  private func tellPrevented(
    _ slot: Int32, _ lots: Int64, counter: OrderId, _ price: Int64, _ outbox: inout [ExchangeEvent]
  ) {
    tell(.prevented, slot, &outbox) {
      $0.quantity = Quantity(lots: lots)
      $0.remaining.lots -= lots
      $0.counterOrder = counter
      $0.price = Price(ticks: price)
    }
  }

  /// Takes prevented lots off an order, which expires with its last.
  ///
  /// - Returns: whether it is still open.
  @discardableResult
  private mutating func drop(_ slot: Int32, _ lots: Int64, _ outbox: inout [ExchangeEvent]) -> Bool {
    if lots == pool[slot].remaining {
      takeOffBook(slot)
      pool[slot].remaining = 0
      expire(slot, .selfTrade, &outbox)
      return false
    }
    if pool[slot].shown > 0 { takeFromResting(slot, lots, &outbox) } else { pool[slot].remaining -= lots }
    return true
  }

  /// Counts prevented lots, and frees what they locked. The caller drops them.
  private mutating func release(_ slot: Int32, _ lots: Int64) {
    pool[slot].prevented += lots
    guard pool[slot].entry.account != marketAccount else { return }
    count(pool[slot].entry, orders: 0, lots: -lots)
    relock(slot, pool[slot].remaining - lots)
  }

  /// Whether a fill-or-kill order would be filled whole. Nothing is changed.
  ///
  /// Our choice where the documents are silent: an order of its own account or trade group in the way ends what it can reach,
  /// except that makers which would expire are passed over; reduce-only makers count for nothing.
  func isFillable(_ slot: Int32) -> Bool {
    let entry = pool[slot].entry
    let side = entry.side.opposite
    if entry.reduceOnly {
      let position = tables[entry.account, entry.instrument.i].lots
      guard -position * entry.side.sign >= pool[slot].remaining else { return false }
    }
    var missing = pool[slot].remaining
    var price = markets[entry.instrument.i].book.best(side)
    let mustLook = entry.selfTradePrevention != .none || markets[entry.instrument.i].reduceOnlyOrders > 0
    while let at = price, entry.side == .buy ? at <= entry.price.ticks : at >= entry.price.ticks {
      if mustLook {
        guard lookThrough(at, side, for: slot, &missing) else { return missing <= 0 }
      } else {
        missing -= markets[entry.instrument.i].book.level(side, at)?.total ?? 0
      }
      if missing <= 0 { return true }
      price = markets[entry.instrument.i].book.next(side, behind: at)
    }
    return false
  }

  /// Takes what one level has for an order off `missing`; false when an order of its own client ends the search.
  private func lookThrough(_ price: Int64, _ side: Side, for taker: Int32, _ missing: inout Int64) -> Bool {
    var slot = markets[pool[taker].entry.instrument.i].book.first(side, price)
    var hidden: Int64 = 0
    while slot >= 0 {
      let mode = prevention(taker, slot)
      if mode != .none {
        if mode != .expireMaker { return false }
      } else if !pool[slot].entry.reduceOnly {
        missing -= pool[slot].shown
        hidden += pool[slot].remaining - pool[slot].shown
      }
      slot = pool[slot].next
    }
    missing -= hidden
    return true
  }
}
