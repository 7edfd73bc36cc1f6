// Amending an order in the book, with its place in the queue or without.

import Market

extension Exchange {
  mutating func amend(
    _ slot: Int32, price: Int64, quantity: Int64, _ outbox: inout [ExchangeEvent]
  ) throws(ExchangeRefusal) {
    let open = pool[slot]
    var entry = open.entry
    let state = markets[entry.instrument.i].state
    guard state == .trading || (state == .postOnly && entry.postOnly) else { throw .marketClosed }
    let remaining = quantity.subtractingReportingOverflow(open.entry.quantity.lots - open.remaining)
    guard !remaining.overflow, remaining.partialValue > 0,
      price != entry.price.ticks || quantity != entry.quantity.lots
    else { throw .amendChangesNothing }
    entry.price = Price(ticks: price)
    entry.quantity = Quantity(lots: quantity)
    if entry.displayed.lots >= quantity { entry.displayed = .zero }
    try checkRules(entry)
    let keepsPriority = price == open.entry.price.ticks && quantity < open.entry.quantity.lots
    if !keepsPriority, entry.postOnly, wouldTake(entry.instrument, entry.side, price) { throw .wouldTake }
    if entry.account != marketAccount { try checkAmendedFunds(slot, entry, remaining: remaining.partialValue) }

    if keepsPriority {
      cut(slot, to: entry, remaining: remaining.partialValue)
    } else {
      takeOffBook(slot)
      change(slot, to: entry, remaining: remaining.partialValue)
    }
    tell(.amended, slot, &outbox) {
      $0.quantity = entry.quantity
      $0.keptPriority = keepsPriority
    }
    if !keepsPriority { enter(slot, &outbox) }
  }

  /// Takes lots off an order where it stands; an iceberg loses hidden lots first.
  private mutating func cut(_ slot: Int32, to entry: OrderEntry, remaining: Int64) {
    let lots = pool[slot].remaining - remaining
    let shown = max(0, pool[slot].shown - remaining)
    markets[entry.instrument.i].book.reduce(
      slot, entry.side, entry.price.ticks, shown: shown, total: lots, in: &pool)
    pool[slot].remaining += lots
    change(slot, to: entry, remaining: remaining)
  }

  /// Puts the new terms into the order, its counts and its locked funds.
  private mutating func change(_ slot: Int32, to entry: OrderEntry, remaining: Int64) {
    let more = remaining - pool[slot].remaining
    pool[slot].entry = entry
    pool[slot].remaining = remaining
    guard entry.account != marketAccount else { return }
    count(entry, orders: 0, lots: more)
    relock(slot, remaining)
  }
}
