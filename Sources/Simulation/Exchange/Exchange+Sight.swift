// What anybody may see of the exchange: prices, levels, open orders.

public import Market

/// An open order, as its account sees it.
public struct OpenOrderView: BitwiseCopyable, Equatable, Sendable {
  public var id: OrderId
  public var entry: OrderEntry
  public var remaining: Quantity
  public var displayed: Quantity
  public var prevented: Quantity
  /// A stop order that waits.
  public var isPending: Bool
}

extension Exchange {
  /// The best displayed level of a side; `.none` when it is empty.
  public func best(_ instrument: InstrumentIndex, _ side: Side) -> BookLevel {
    guard let price = markets[instrument.i].book.best(side) else { return .none }
    return level(instrument, side, Price(ticks: price))
  }

  /// What is displayed at a price; a quantity of zero when nothing is.
  public func level(_ instrument: InstrumentIndex, _ side: Side, _ price: Price) -> BookLevel {
    let lots = markets[instrument.i].book.level(side, price.ticks)?.displayed ?? 0
    return BookLevel(price: price, quantity: Quantity(lots: lots))
  }

  /// The next level behind a price; nil when there is none.
  public func level(_ instrument: InstrumentIndex, _ side: Side, behind price: Price) -> BookLevel? {
    markets[instrument.i].book.next(side, behind: price.ticks)
      .map { level(instrument, side, Price(ticks: $0)) }
  }

  /// Displayed and hidden lots, and orders, at a price.
  public func depth(
    _ instrument: InstrumentIndex, _ side: Side, _ price: Price
  ) -> (displayed: Int64, total: Int64, orders: Int64) {
    let level = markets[instrument.i].book.level(side, price.ticks) ?? PriceLevel()
    return (level.displayed, level.total, level.orders)
  }

  /// The price of the last trade; nil before the first.
  public func lastPrice(_ instrument: InstrumentIndex) -> Price? {
    let last = markets[instrument.i].lastPrice
    return last > 0 ? Price(ticks: last) : nil
  }

  public func state(_ instrument: InstrumentIndex) -> InstrumentState { markets[instrument.i].state }

  public var openOrderCount: Int { pool.count }

  /// - Returns: nil when the order is not open.
  public func find(_ id: OrderId) -> OpenOrderView? {
    pool.find(id).map { slot in
      let open = pool[slot]
      return OpenOrderView(
        id: id, entry: open.entry, remaining: Quantity(lots: open.remaining), displayed: Quantity(lots: open.shown),
        prevented: Quantity(lots: open.prevented), isPending: open.isPending)
    }
  }

  /// The orders at a price in the order of their queue.
  public func queue(_ instrument: InstrumentIndex, _ side: Side, _ price: Price) -> [OrderId] {
    guard let level = markets[instrument.i].book.level(side, price.ticks) else { return [] }
    var queue: [OrderId] = []
    var slot = level.first
    while slot >= 0 {
      queue.append(pool[slot].id)
      slot = pool[slot].next
    }
    return queue
  }
}
