// What `apus ctl status` shows of a running session, read from its counter file. Cold.

import Control
import Market
import Pipeline

/// The state of a session in the control plane's words.
enum SessionStatus {
  /// Reads the state; a counter file that cannot be read gives an empty one, which says so.
  static func read(_ reader: CounterFileReader, _ plan: SessionPlan) -> BotStatus {
    var status = BotStatus()
    guard let counters = try? reader.counters() else {
      status.journal = "the session's counters cannot be read"
      return status
    }
    func value(_ name: String) -> Int64 { counters[name] ?? 0 }
    status.isArmed = value("execution.trading.armed") != 0
    status.openOrders = value("execution.orders.open")
    status.positions = plan.instruments.map { instrument in
      let name = "execution.position.\(instrument.symbol.text)."
      return BotStatus.Position(
        instrument: instrument.symbol.text,
        quantity: DecimalText.string(value(name + "lots"), step: instrument.lot) ?? "",
        unrealised: Figures.amount(value(name + "unrealised")))
    }
    status.journal = value("journal.behind") == 0 ? "keeps up" : "behind: trading is reduce-only"
    return status
  }
}
