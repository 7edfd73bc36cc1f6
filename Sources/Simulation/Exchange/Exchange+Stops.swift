// Stop orders: they wait outside the book until the last price reaches them.

import Market

extension Exchange {
  /// Lets a stop order wait.
  mutating func wait(_ slot: Int32) {
    let entry = pool[slot].entry
    pool[slot].isPending = true
    markets[entry.instrument.i].stops.append(slot, entry.side.opposite, entry.stopPrice.ticks, shown: 0, in: &pool)
  }

  /// Activates every stop that a trade of this request reached, one after the other, with those that their own trades
  /// reach: buy stops by rising stop price, then sell stops by falling one, each price in the order of acceptance.
  ///
  /// A stop is reached by a trade at or through its price (STOP_LOSS, rest-api.md); the sequence is our choice.
  mutating func triggerStops(_ instrument: InstrumentIndex, _ outbox: inout [ExchangeEvent]) {
    while let slot = reachedStop(instrument) {
      takeOffBook(slot)
      pool[slot].isPending = false
      tell(.triggered, slot, &outbox) { $0.price = pool[slot].entry.stopPrice }
      enter(slot, &outbox)
    }
    markets[instrument.i].highest = 0
    markets[instrument.i].lowest = .max
  }

  private func reachedStop(_ instrument: InstrumentIndex) -> Int32? {
    if let price = markets[instrument.i].stops.best(.sell), price <= markets[instrument.i].highest {
      return markets[instrument.i].stops.first(.sell, price)
    }
    if let price = markets[instrument.i].stops.best(.buy), price >= markets[instrument.i].lowest {
      return markets[instrument.i].stops.first(.buy, price)
    }
    return nil
  }
}
