// How an order enters the exchange: rules, funds, a slot; and how it leaves.

import Market

extension Exchange {
  /// Everything that can refuse a new order, cheapest first.
  func check(_ entry: OrderEntry) throws(ExchangeRefusal) {
    guard knows(entry.instrument) else { throw .unknownInstrument }
    guard knows(entry.account) else { throw .unknownAccount }
    try checkFields(entry)
    try checkRules(entry)
    guard entry.account != marketAccount else {
      guard !pool.isFull else { throw .exchangeFull }
      return
    }
    let open = tables[entry.account, entry.instrument.i].openOrders
    guard open < markets[entry.instrument.i].rules.maximumOpenOrders else { throw .tooManyOpenOrders }
    guard !pool.isFull else { throw .exchangeFull }
    try checkFunds(entry)
  }

  /// Fields that contradict each other, and orders that the present book or price forbids.
  private func checkFields(_ entry: OrderEntry) throws(ExchangeRefusal) {
    let state = markets[entry.instrument.i].state
    guard state == .trading || (state == .postOnly && entry.postOnly) else { throw .marketClosed }
    if entry.postOnly {
      guard entry.type == .limit, entry.lifetime == .goodTilCanceled || entry.lifetime == .goodTilDate else {
        throw .badCombination
      }
      guard !wouldTake(entry.instrument, entry.side, entry.price.ticks) else { throw .wouldTake }
    }
    if entry.lifetime == .goodTilDate {
      guard entry.type.hasLimit, entry.expiryNs > timeNs else { throw .badCombination }
    }
    if entry.lifetime == .fillOrKill, !entry.type.hasLimit { throw .badCombination }
    if entry.type.isStop {
      let last = markets[entry.instrument.i].lastPrice
      guard last > 0 else { throw .marketClosed }
      let isReached = entry.side == .buy ? last >= entry.stopPrice.ticks : last <= entry.stopPrice.ticks
      guard !isReached else { throw .wouldTrigger }
    }
    if entry.reduceOnly { try checkReduces(entry) }
  }

  private func checkReduces(_ entry: OrderEntry) throws(ExchangeRefusal) {
    guard !markets[entry.instrument.i].rules.isSpot else { throw .badCombination }
    let lots = tables[entry.account, entry.instrument.i].lots
    guard lots * entry.side.sign < 0 else { throw .reduceOnly }
  }

  /// The filters of the instrument.
  func checkRules(_ entry: OrderEntry) throws(ExchangeRefusal) {
    let rules = markets[entry.instrument.i].rules
    let prices = rules.minimumPrice...rules.maximumPrice
    if entry.type.hasLimit {
      guard prices.contains(entry.price.ticks) else { throw .priceFilter }
    }
    if entry.type.isStop { guard prices.contains(entry.stopPrice.ticks) else { throw .priceFilter } }
    guard (rules.minimumLots...rules.maximumLots).contains(entry.quantity.lots) else { throw .lotSize }
    // A recorded market has passed its own venue's other filters.
    guard entry.account != marketAccount else { return }
    if entry.type.hasLimit { try checkBand(entry.price.ticks, entry.instrument) }
    if entry.displayed.lots != 0 {
      guard entry.type.hasLimit, entry.lifetime == .goodTilCanceled || entry.lifetime == .goodTilDate else {
        throw .badCombination
      }
      guard entry.displayed.lots > 0, entry.displayed < entry.quantity,
        (entry.quantity.lots - 1) / entry.displayed.lots < rules.maximumIcebergParts
      else { throw .icebergParts }
    }
    guard let reference = markets[entry.instrument.i].reference(entry) else { throw .marketClosed }
    try checkNotional(reference, entry.quantity.lots, rules)
  }

  /// NOTIONAL; inverse contracts are worth the same quote amount at any price, and have no such filter.
  func checkNotional(_ price: Int64, _ lots: Int64, _ rules: MarketRules) throws(ExchangeRefusal) {
    guard rules.kind != .inverse else { return }
    guard let value = rules.scale.value(price, lots), value >= rules.minimumNotional, value <= rules.maximumNotional
    else { throw .notional }
  }

  /// PERCENT_PRICE, once there is a last price.
  func checkBand(_ price: Int64, _ instrument: InstrumentIndex) throws(ExchangeRefusal) {
    let (rules, last) = (markets[instrument.i].rules, Int128(markets[instrument.i].lastPrice))
    guard last > 0, rules.bandHigh != .max else { return }
    let scaled = Int128(price) * 10_000
    guard scaled >= last * Int128(rules.bandLow), scaled <= last * Int128(rules.bandHigh) else { throw .priceBand }
  }

  /// Whether a limit order would meet the other side of the book.
  @inline(always)
  func wouldTake(_ instrument: InstrumentIndex, _ side: Side, _ price: Int64) -> Bool {
    guard let best = markets[instrument.i].book.best(side.opposite) else { return false }
    return side == .buy ? best <= price : best >= price
  }

  /// Gives a checked order its slot, funds and expiry.
  mutating func accept(_ entry: OrderEntry, _ outbox: inout [ExchangeEvent]) -> Int32 {
    let slot = pool.insert(entry)
    if entry.account != marketAccount {
      count(entry, orders: 1, lots: entry.quantity.lots)
      relock(slot, entry.quantity.lots)
    }
    if entry.lifetime == .goodTilDate { expiries.insert(slot, in: &pool) }
    tell(.accepted, slot, &outbox) { $0.quantity = entry.quantity }
    return slot
  }

  /// Keeps the counts of an account's open orders and their lots.
  @inline(always)
  func count(_ entry: borrowing OrderEntry, orders: Int32, lots: Int64) {
    let instrument = entry.instrument.i
    tables[entry.account, instrument].openOrders &+= orders
    if entry.side == .buy {
      tables[entry.account, instrument].openBuys &+= lots
    } else {
      tables[entry.account, instrument].openSells &+= lots
    }
  }

  // MARK: Ends

  mutating func expire(_ slot: Int32, _ reason: ExchangeExpiry, _ outbox: inout [ExchangeEvent]) {
    end(slot, .expired, reason, &outbox)
  }

  /// Ends an order wherever it is, frees what it locks, and tells.
  mutating func end(
    _ slot: Int32, _ kind: ExchangeEventKind, _ reason: ExchangeExpiry?, _ outbox: inout [ExchangeEvent]
  ) {
    takeOffBook(slot)
    tell(kind, slot, &outbox) { if let reason { $0.expiry = reason } }
    forget(slot)
  }

  /// Takes an order out of the queue it is in, if it is in one.
  mutating func takeOffBook(_ slot: Int32) {
    let entry = pool[slot].entry
    if pool[slot].isPending {
      let side = entry.side.opposite
      markets[entry.instrument.i].stops.remove(slot, side, entry.stopPrice.ticks, in: &pool)
    } else if pool[slot].shown > 0 {
      markets[entry.instrument.i].book.remove(slot, entry.side, entry.price.ticks, in: &pool)
      if entry.reduceOnly { markets[entry.instrument.i].reduceOnlyOrders -= 1 }
    }
  }

  /// Frees what an order off the book still locks, and its slot.
  mutating func forget(_ slot: Int32) {
    let entry = pool[slot].entry
    if entry.account != marketAccount {
      count(entry, orders: -1, lots: -pool[slot].remaining)
      relock(slot, 0)
    }
    expiries.remove(slot, in: &pool)
    pool.remove(slot)
  }
}
