// A recorded market order by order, in the same book as the orders of our own: exact places in the queue.

public import Market

/// Feeds the order rows of a tape into one instrument of an exchange, in the name of its market account.
///
/// The recorded market does not know of our orders. Where the two meet (our choice, stated in docs/exchange.md):
/// * a recorded order that joins at a price where ours stands trades with ours first, and its rest joins the queue;
/// * a recorded execution brings its quantity as a taker: ours that stand before the executed order, by price and then
///   by place in the queue, are filled up to that quantity; the recorded order loses it all the same;
/// * what ours have taken from a recorded order is gone: a later row can take away only what is left of it.
public struct OrderReplay: Sendable {
  public let instrument: InstrumentIndex
  /// Rows that named an order which is not in the book (any more): ours took it, or the recording began later.
  public private(set) var unknownRows: UInt64 = 0
  /// Rows that the exchange refused (a price outside of the instrument's range, no room).
  public private(set) var refusedRows: UInt64 = 0
  private var orders: [UInt64: OrderId] = [:]

  /// - Parameter expectedOrders: how many recorded orders are open at once; memory is taken for so many.
  public init(_ instrument: InstrumentIndex, expectedOrders: Int = 65_536) {
    self.instrument = instrument
    orders.reserveCapacity(expectedOrders)
  }

  /// Applies a row at its exchange time, or at the exchange's time when that is later; rows of other kinds do nothing.
  public mutating func apply(_ row: TapeRow, to exchange: inout Exchange, outbox: inout [ExchangeEvent]) {
    let timeNs = max(row.exchangeTimeNs, exchange.timeNs)
    switch row.kind {
    case .orderAdded: add(row, timeNs, &exchange, &outbox)
    case .orderChanged: change(row, timeNs, &exchange, &outbox)
    case .orderRemoved:
      guard let id = orders.removeValue(forKey: row.number), exchange.find(id) != nil else {
        unknownRows += 1
        return
      }
      exchange.cancel(id, account: exchange.marketAccount, timeNs: timeNs, outbox: &outbox)
    case .orderExecuted:
      guard let id = orders[row.number], exchange.find(id) != nil else {
        unknownRows += 1
        return
      }
      if exchange.execute(id, lots: row.quantity.lots, timeNs: timeNs, outbox: &outbox) {
        orders.removeValue(forKey: row.number)
      }
    case .level, .clear, .snapshotLevel, .trade, .touch: return
    }
  }

  private mutating func add(
    _ row: TapeRow, _ timeNs: Int64, _ exchange: inout Exchange, _ outbox: inout [ExchangeEvent]
  ) {
    let entry = OrderEntry(
      account: exchange.marketAccount, instrument: instrument, side: row.side, selfTradePrevention: .none,
      price: row.price, quantity: row.quantity)
    let id = exchange.place(entry, timeNs: timeNs, outbox: &outbox)
    guard id != .none else {
      refusedRows += 1
      return
    }
    if exchange.find(id) != nil { orders[row.number] = id }
  }

  /// Less quantity keeps the place; more, or another price, goes to the back.
  private mutating func change(
    _ row: TapeRow, _ timeNs: Int64, _ exchange: inout Exchange, _ outbox: inout [ExchangeEvent]
  ) {
    guard let id = orders[row.number], let open = exchange.find(id) else {
      unknownRows += 1
      return
    }
    guard row.price != open.entry.price || row.quantity != open.remaining else { return }
    let gone = open.entry.quantity.lots - open.remaining.lots
    let (whole, overflow) = gone.addingReportingOverflow(row.quantity.lots)
    guard !overflow else {
      refusedRows += 1
      return
    }
    let before = outbox.count
    exchange.amend(
      id, account: exchange.marketAccount, price: row.price, quantity: Quantity(lots: whole), timeNs: timeNs,
      outbox: &outbox)
    if outbox[before...].contains(where: { $0.kind == .refused }) { refusedRows += 1 }
    if exchange.find(id) == nil { orders.removeValue(forKey: row.number) }
  }
}

extension Exchange {
  /// A recorded execution of one of the market's own orders, as `OrderReplay` describes it.
  ///
  /// - Returns: whether the order is gone.
  mutating func execute(_ id: OrderId, lots: Int64, timeNs: Int64, outbox: inout [ExchangeEvent]) -> Bool {
    begin(timeNs, &outbox)
    guard lots > 0, let maker = pool.find(id) else { return false }
    let entry = pool[maker].entry
    if markets[entry.instrument.i].state == .trading, !pool.isFull {
      // The taker is nobody's order: it is in the pool only while it trades, and no `accepted` tells of it.
      let taker = pool.insert(
        OrderEntry(
          account: marketAccount, instrument: entry.instrument, side: entry.side.opposite,
          lifetime: .immediateOrCancel, selfTradePrevention: .none, price: entry.price,
          quantity: Quantity(lots: lots)))
      while pool[taker].remaining > 0, let client = clientBefore(maker) { meet(taker, client, &outbox) }
      forget(taker)
    }
    note(entry.price.ticks, entry.instrument)
    takeFromResting(maker, min(lots, pool[maker].remaining), &outbox)
    triggerStops(entry.instrument, &outbox)
    return pool.find(id) == nil
  }

  /// The first client's order that stands before an order of the market, by price, then by place in the queue.
  private func clientBefore(_ end: Int32) -> Int32? {
    let (instrument, side) = (pool[end].entry.instrument.i, pool[end].entry.side)
    var price = markets[instrument].book.best(side)
    while let at = price {
      var slot = markets[instrument].book.first(side, at)
      while slot >= 0 {
        if slot == end { return nil }
        if pool[slot].entry.account != marketAccount { return slot }
        slot = pool[slot].next
      }
      price = markets[instrument].book.next(side, behind: at)
    }
    return nil
  }
}
