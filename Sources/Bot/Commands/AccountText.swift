// The account of a journal as people read it.

/// The lines of `apus replay --account`.
package struct AccountText {
  let report: AccountReport

  package init(_ report: AccountReport) { self.report = report }

  package var all: String {
    var lines = [
      row("session", "\(report.bootEpoch), \(report.end)"),
      row("as of", "\(report.time), record \(report.lastRecord) of execution"),
      row("trading", trading),
    ]
    lines += report.limits.map {
      row("limit", [$0.instrument, $0.name, $0.value].compactMap(\.self).joined(separator: " "))
    }
    lines += report.positions.map { position in
      row(
        "position",
        "\(position.instrument) \(position.quantity), cost \(position.cost), realised \(position.realised), fees "
          + "\(position.fees) \(position.quote); verified to trade \(position.verifiedTrade), "
          + "\(position.tradesSince) since")
    }
    lines += report.balances.map { row("balance", "\($0.venue) \($0.amount) \($0.asset), fees \($0.fees)") }
    lines += report.orders.map { order in
      row(
        "order",
        "\(order.clientOrder) \(order.instrument) \(order.side) \(order.quantity) at \(order.price), filled "
          + "\(order.filled), \(order.state)" + (order.venueOrder == 0 ? "" : ", venue's \(order.venueOrder)"))
    }
    if report.orders.isEmpty { lines.append(row("order", "none that may still fill or has trades to come")) }
    return lines.joined(separator: "\n")
  }

  private var trading: String {
    guard let state = report.trading else { return "as the configuration says" }
    var parts = [state.isArmed ? "armed" : "not armed"]
    if !state.halts.isEmpty { parts.append("halted: " + state.halts.joined(separator: ", ")) }
    if !state.reduceOnly.isEmpty { parts.append("reduce-only: " + state.reduceOnly.joined(separator: ", ")) }
    if state.lossDay != nil { parts.append("the day's loss is used up") }
    return parts.joined(separator: "; ")
  }

  private func row(_ label: String, _ text: String) -> String {
    label + String(repeating: " ", count: max(1, 13 - label.count)) + text
  }
}
