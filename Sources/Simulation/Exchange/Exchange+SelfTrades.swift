// Self-trade prevention, and the look ahead of fill-or-kill orders, which must foresee it.

import Market

extension Exchange {
  /// What happens instead of a trade with an order of the same account (stp_faq.md). The taker's mode decides.
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
      if makerLoses == pool[maker].remaining {
        expirePrevented(maker, &outbox)
      } else {
        release(maker, makerLoses)
        takeFromResting(maker, makerLoses, &outbox)
      }
    }
    guard takerLoses > 0 else { return true }
    tellPrevented(taker, takerLoses, counter: makerId, price, &outbox)
    if takerLoses == pool[taker].remaining {
      expirePrevented(taker, &outbox)
      return false
    }
    release(taker, takerLoses)
    pool[taker].remaining -= takerLoses
    return true
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

  /// Ends an order whose whole rest was prevented.
  private mutating func expirePrevented(_ slot: Int32, _ outbox: inout [ExchangeEvent]) {
    takeOffBook(slot)
    release(slot, pool[slot].remaining)
    pool[slot].remaining = 0
    tell(.expired, slot, &outbox) { $0.expiry = .selfTrade }
    forget(slot)
  }

  /// Counts prevented lots, and frees what they locked. The caller takes them off `remaining`.
  private mutating func release(_ slot: Int32, _ lots: Int64) {
    pool[slot].prevented += lots
    guard pool[slot].entry.account != marketAccount else { return }
    count(pool[slot].entry, orders: 0, lots: -lots)
    relock(slot, pool[slot].remaining - lots)
    // `forget` counts what remains: for an order that ends here that is nothing.
  }

  /// Whether a fill-or-kill order would be filled whole. Nothing is changed.
  ///
  /// Our choice where the documents are silent: an order of its own account in the way ends what it can reach, except
  /// that makers which would expire are passed over; reduce-only makers count for nothing.
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
        guard lookThrough(at, side, for: entry, &missing) else { return missing <= 0 }
      } else {
        missing -= markets[entry.instrument.i].book.level(side, at)?.total ?? 0
      }
      if missing <= 0 { return true }
      price = markets[entry.instrument.i].book.next(side, behind: at)
    }
    return false
  }

  /// Takes what one level has for an order off `missing`; false when an order of its own account ends the search.
  private func lookThrough(_ price: Int64, _ side: Side, for entry: OrderEntry, _ missing: inout Int64) -> Bool {
    var slot = markets[entry.instrument.i].book.first(side, price)
    var hidden: Int64 = 0
    while slot >= 0 {
      let isOwn = entry.selfTradePrevention != .none && pool[slot].entry.account == entry.account
      if isOwn, entry.account != marketAccount {
        if entry.selfTradePrevention != .expireMaker { return false }
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
