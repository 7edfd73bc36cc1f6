// A recorded market order by order, in the same book as the orders of our own: exact places in the queue.

public import Market

/// Feeds the order rows of a tape into one instrument of an exchange, in the name of its market account.
///
/// The recorded market does not know of our orders. Where the two meet (our choice, stated in docs/exchange.md):
/// * a recorded order that joins at a price where ours stands trades with ours first, and its rest joins the queue;
/// * a recorded execution brings its quantity as a taker: ours that stand before the executed order, by price and then
///   by place in the queue, are filled up to that quantity; the recorded order loses it all the same;
/// * what ours have taken from a recorded order is gone until the market replaces it: a later row takes away what is left
///   of the order, and only an amendment that gives up its place brings the whole of it back.
public struct OrderReplay: Sendable {
  /// An order as it was recorded, whatever ours have taken from it.
  private struct Recorded {
    var id: OrderId
    var side: Side
    var price: Price
    var lots: Int64
  }

  public let instrument: InstrumentIndex
  /// Rows that name an order which the recording did not add: it began later, or a row is missing.
  public private(set) var unknownRows: UInt64 = 0
  /// Rows that the exchange refused (a price outside of the instrument's range, no room).
  public private(set) var refusedRows: UInt64 = 0
  private var orders: [UInt64: Recorded] = [:]

  /// - Parameter expectedOrders: how many recorded orders are open at once; memory is taken for so many.
  public init(_ instrument: InstrumentIndex, expectedOrders: Int = 65_536) {
    self.instrument = instrument
    orders.reserveCapacity(expectedOrders)
  }

  /// Applies a row at its exchange time, or at the exchange's time when that is later. Rows of other kinds do nothing,
  /// but for the clear of a whole side, with which a snapshot begins.
  public mutating func apply(_ row: TapeRow, to exchange: inout Exchange, outbox: inout [ExchangeEvent]) {
    let timeNs = max(row.exchangeTimeNs, exchange.timeNs)
    switch row.kind {
    case .orderAdded: add(row, timeNs, &exchange, &outbox)
    case .orderChanged: change(row, timeNs, &exchange, &outbox)
    case .orderExecuted: execute(row, timeNs, &exchange, &outbox)
    case .orderRemoved:
      guard let recorded = orders.removeValue(forKey: row.number) else {
        unknownRows += 1
        return
      }
      remove(recorded, timeNs, &exchange, &outbox)
    case .clear where row.price.ticks == 0:
      for (number, recorded) in orders.filter({ $0.value.side == row.side }).sorted(by: { $0.key < $1.key }) {
        remove(recorded, timeNs, &exchange, &outbox)
        orders[number] = nil
      }
    case .level, .clear, .snapshotLevel, .trade, .touch, .gap: return
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
    orders[row.number] = Recorded(id: id, side: row.side, price: row.price, lots: row.quantity.lots)
  }

  /// Takes what is left of an order out of the book, if anything is.
  private func remove(
    _ recorded: Recorded, _ timeNs: Int64, _ exchange: inout Exchange, _ outbox: inout [ExchangeEvent]
  ) {
    guard exchange.find(recorded.id) != nil else { return }
    exchange.cancel(recorded.id, account: exchange.marketAccount, timeNs: timeNs, outbox: &outbox)
  }

  /// Less quantity keeps the place; more, or another price, goes to the back.
  private mutating func change(
    _ row: TapeRow, _ timeNs: Int64, _ exchange: inout Exchange, _ outbox: inout [ExchangeEvent]
  ) {
    guard let recorded = orders[row.number] else {
      unknownRows += 1
      return
    }
    orders[row.number]?.price = row.price
    orders[row.number]?.lots = row.quantity.lots
    let keepsPlace = row.price == recorded.price && row.quantity.lots <= recorded.lots
    guard let open = exchange.find(recorded.id), row.price != recorded.price || row.quantity.lots != recorded.lots
    else {
      return
    }
    // What an order has executed is part of its whole quantity.
    let executed = open.entry.quantity.lots - open.remaining.lots
    let remaining = keepsPlace ? open.remaining.lots - (recorded.lots - row.quantity.lots) : row.quantity.lots
    guard remaining > 0 else { return remove(recorded, timeNs, &exchange, &outbox) }
    let (whole, overflow) = executed.addingReportingOverflow(remaining)
    guard !overflow else {
      refusedRows += 1
      return
    }
    let before = outbox.count
    exchange.amend(
      recorded.id, account: exchange.marketAccount, price: row.price, quantity: Quantity(lots: whole), timeNs: timeNs,
      outbox: &outbox)
    if outbox[before...].contains(where: { $0.kind == .refused && $0.account == exchange.marketAccount }) {
      refusedRows += 1
    }
  }

  private mutating func execute(
    _ row: TapeRow, _ timeNs: Int64, _ exchange: inout Exchange, _ outbox: inout [ExchangeEvent]
  ) {
    guard let recorded = orders[row.number] else {
      unknownRows += 1
      return
    }
    let left = recorded.lots - row.quantity.lots
    if left > 0 { orders[row.number]?.lots = left } else { orders[row.number] = nil }
    exchange.execute(
      recorded.id, instrument, recorded.side, recorded.price, lots: row.quantity.lots, timeNs: timeNs, outbox: &outbox)
  }
}

extension Exchange {
  /// A recorded execution of one of the market's own orders, as `OrderReplay` describes it. Of an order that ours have
  /// taken whole, only ours at better prices are reached: at its own price none of ours can stand before it, or they would
  /// have met the order of ours that took it.
  mutating func execute(
    _ id: OrderId, _ instrument: InstrumentIndex, _ side: Side, _ price: Price, lots: Int64, timeNs: Int64,
    outbox: inout [ExchangeEvent]
  ) {
    begin(timeNs, &outbox)
    guard lots > 0 else { return }
    let maker = pool.find(id)
    if markets[instrument.i].state == .trading, !pool.isFull {
      // The taker is nobody's order: it is in the pool only while it trades, and no `accepted` tells of it.
      let taker = pool.insert(
        OrderEntry(
          account: marketAccount, instrument: instrument, side: side.opposite, lifetime: .immediateOrCancel,
          selfTradePrevention: .none, price: price, quantity: Quantity(lots: lots)))
      while pool[taker].remaining > 0, let client = client(before: maker, instrument.i, side, price.ticks) {
        meet(taker, client, &outbox)
      }
      forget(taker)
    }
    note(price.ticks, instrument)
    if let maker { takeFromResting(maker, min(lots, pool[maker].remaining), &outbox) }
    triggerStops(instrument, &outbox)
  }

  /// The first client's order at a price better than `end`, or at `end` before `maker`.
  private func client(before maker: Int32?, _ instrument: Int, _ side: Side, _ end: Int64) -> Int32? {
    var price = markets[instrument].book.best(side)
    while let at = price, side == .buy ? at >= end : at <= end {
      guard at != end || maker != nil else { return nil }
      var slot = markets[instrument].book.first(side, at)
      while slot >= 0, slot != maker {
        if pool[slot].entry.account != marketAccount { return slot }
        slot = pool[slot].next
      }
      price = markets[instrument].book.next(side, behind: at)
    }
    return nil
  }
}
