// From orders to levels: what a market by order displays by price.

import Market

/// Turns the rows of a market by order into those of the same market by price: a trade for each execution, and the new
/// quantity of each level that changed. Rows of other kinds say the same again and are left out, but for clears of a side.
///
/// A row about an order that was never added is left out. One owner.
struct OrderLevels {
  private struct Order {
    var side: Side
    var price: Price
    var lots: Int64
  }

  private var orders: [UInt64: Order] = [:]
  private var bids: [Price: Int64] = [:]
  private var asks: [Price: Int64] = [:]

  /// Appends what `row` makes of the levels, at the row's times.
  mutating func append(_ row: TapeRow, to rows: inout [TapeRow]) {
    let start = rows.count
    switch row.kind {
    case .orderAdded:
      take(row.number, .max, row, &rows)
      orders[row.number] = Order(side: row.side, price: row.price, lots: row.quantity.lots)
      change(row.side, row.price, by: row.quantity.lots, row, &rows)
    case .orderChanged:
      guard let order = orders[row.number] else { break }
      orders[row.number] = Order(side: order.side, price: row.price, lots: row.quantity.lots)
      guard row.price != order.price else {
        change(order.side, row.price, by: row.quantity.lots - order.lots, row, &rows)
        break
      }
      change(order.side, order.price, by: -order.lots, row, &rows)
      change(order.side, row.price, by: row.quantity.lots, row, &rows)
    case .orderRemoved: take(row.number, .max, row, &rows)
    case .orderExecuted:
      guard let order = orders[row.number] else { break }
      rows.append(Self.row(.trade, order.side.opposite, order.price, row.quantity.lots, row))
      take(row.number, row.quantity.lots, row, &rows)
    case .clear where row.price.ticks == 0:
      orders = orders.filter { $0.value.side != row.side }
      if row.side == .buy { bids = [:] } else { asks = [:] }
      rows.append(row)
    case .clear, .level, .snapshotLevel, .trade, .touch, .gap: break
    }
    if rows.count > start { rows[rows.count - 1].endsMessage = row.endsMessage }
  }

  /// Takes lots, as far as it has them, off an order that may be there.
  private mutating func take(_ number: UInt64, _ lots: Int64, _ cause: TapeRow, _ rows: inout [TapeRow]) {
    guard let order = orders[number] else { return }
    let taken = min(lots, order.lots)
    orders[number] = taken == order.lots ? nil : Order(side: order.side, price: order.price, lots: order.lots - taken)
    change(order.side, order.price, by: -taken, cause, &rows)
  }

  private mutating func change(
    _ side: Side, _ price: Price, by lots: Int64, _ cause: TapeRow, _ rows: inout [TapeRow]
  ) {
    let before = (side == .buy ? bids[price] : asks[price]) ?? 0
    // Files of others may say anything: a level that no number holds stays as large as one can be.
    let (sum, overflow) = before.addingReportingOverflow(lots)
    let after = overflow ? Int64.max : sum
    if side == .buy { bids[price] = after == 0 ? nil : after } else { asks[price] = after == 0 ? nil : after }
    rows.append(Self.row(.level, side, price, after, cause))
  }

  private static func row(_ kind: TapeRowKind, _ side: Side, _ price: Price, _ lots: Int64, _ cause: TapeRow) -> TapeRow
  {
    TapeRow(
      kind: kind, side: side, exchangeTimeNs: cause.exchangeTimeNs, localTimeNs: cause.localTimeNs, price: price,
      quantity: Quantity(lots: lots), number: cause.number, endsMessage: false)
  }
}
