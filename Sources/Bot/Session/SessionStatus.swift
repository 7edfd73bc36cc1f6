// What `apus ctl status` shows of a running session, read from its counter file. Cold.

import Control
import Execution
import Market
import Pipeline
import Risk

/// The state of a session in the control plane's words.
enum SessionStatus {
  /// Reads the state; a counter file that cannot be read gives an empty one, which says so.
  static func read(_ reader: CounterFileReader, _ plan: SessionPlan) -> BotStatus {
    var status = BotStatus()
    status.mode = plan.start.mode?.rawValue ?? "demo"
    guard let counters = try? reader.counters() else {
      status.journal = "the session's counters cannot be read"
      return status
    }
    let values = Values(counters)
    status.isArmed = values["execution.trading.armed"] != 0
    status.waitsFor = waits(values)
    func words(_ gauges: String) -> [String] {
      plan.names.words(ScopeSet(gauges: "execution.trading." + gauges) { values[$0] })
    }
    status.halts = words("halted")
    status.pauses = words("paused")
    status.reduceOnly = words("reduce_only")
    let ramp = values["execution.trading.ramp_percent"]
    if status.isArmed, (1..<100).contains(ramp) { status.ramp = "\(ramp) % of the size limits" }
    status.openOrders = values["execution.orders.open"]
    status.positions = plan.instruments.map { position($0, values) }
    status.dailyProfit = Set(plan.instruments.map(\.quote.text)).sorted()
      .map { Figures.amount(values["execution.day_profit.\($0)"]) + " " + $0 }.joined(separator: ", ")
    for instrument in plan.instruments { status.streams[instrument.symbol.text] = stream(instrument, values) }
    status.journal = values["journal.behind"] == 0 ? "keeps up" : "behind: trading is reduce-only"
    return status
  }

  /// What has to happen before all agrees with the venue, in words; empty when it does.
  private static func waits(_ values: Values) -> [String] {
    guard values["execution.reconciliation.green"] == 0 else { return [] }
    let phase = ReconciliationPhase(rawValue: UInt8(clamping: values["execution.reconciliation.phase"])) ?? .down
    var waits = [wait(phase)]
    for (name, what) in [
      ("waiting_orders", "orders whose outcome the venue has still to tell"),
      ("waiting_lists", "lists asked for and not answered"),
      ("foreign_orders", "open orders that are not this bot's: cancel them, or use another account"),
    ] {
      let count = values["execution.reconciliation." + name]
      if count != 0 { waits.append("\(count) \(what)") }
    }
    return waits
  }

  private static func wait(_ phase: ReconciliationPhase) -> String {
    switch phase {
    case .down: "the order session with the venue"
    case .orders: "the state of each order of unknown outcome"
    case .openOrders: "the venue's open orders to be none but ours"
    case .trades: "the venue's trades"
    case .balances: "the venue's balances to agree"
    case .done: "a finding to be resolved"
    }
  }

  private static func position(_ instrument: Instrument, _ values: Values) -> BotStatus.Position {
    let name = "execution.position.\(instrument.symbol.text)."
    return BotStatus.Position(
      instrument: instrument.symbol.text,
      quantity: DecimalText.string(values[name + "lots"], step: instrument.lot) ?? "",
      unrealised: Figures.amount(values[name + "unrealised"]))
  }

  /// The touch, or that there is none.
  private static func stream(_ instrument: Instrument, _ values: Values) -> String {
    let name = "book.\(instrument.symbol.text)."
    let sides = ["best_bid_ticks", "best_ask_ticks"].map { values[name + $0] }
    guard !sides.contains(0) else { return "no book" }
    return sides.map { DecimalText.string($0, step: instrument.tick) ?? "" }.joined(separator: " / ")
  }

  /// Counters by name; 0 for one that is not there.
  private struct Values {
    private let counters: [String: Int64]
    init(_ counters: [String: Int64]) { self.counters = counters }
    subscript(name: String) -> Int64 { counters[name] ?? 0 }
  }
}
