// How the exchange fills its events.

import Market

extension Exchange {
  /// Appends an event of an order.
  @inline(always)
  func tell(
    _ kind: ExchangeEventKind, _ slot: Int32, _ outbox: inout [ExchangeEvent],
    _ fill: (inout ExchangeEvent) -> Void = { _ in }
  ) {
    var event = ExchangeEvent(kind, timeNs: timeNs)
    event.id = pool[slot].id
    event.account = pool[slot].entry.account
    event.instrument = pool[slot].entry.instrument
    event.side = pool[slot].entry.side
    event.price = pool[slot].entry.price
    event.clientNumber = pool[slot].entry.clientNumber
    event.remaining = Quantity(lots: pool[slot].remaining)
    fill(&event)
    outbox.append(event)
  }

  func refuse(_ entry: OrderEntry, _ reason: ExchangeRefusal, _ outbox: inout [ExchangeEvent]) {
    var event = ExchangeEvent(.refused, timeNs: timeNs)
    event.account = entry.account
    event.instrument = entry.instrument
    event.side = entry.side
    event.price = entry.price
    event.quantity = entry.quantity
    event.clientNumber = entry.clientNumber
    event.refusal = reason
    outbox.append(event)
  }

  func refuse(_ id: OrderId, _ account: AccountIndex, _ reason: ExchangeRefusal, _ outbox: inout [ExchangeEvent]) {
    var event = ExchangeEvent(.refused, timeNs: timeNs)
    event.account = account
    event.id = id
    event.refusal = reason
    outbox.append(event)
  }
}
