// A status report as people read it.

import CShims
import Control

/// The lines of `apus ctl status` and `apus ctl limits`.
struct StatusText {
  let report: StatusReport

  init(_ report: StatusReport) { self.report = report }

  var all: String {
    let bot = report.bot
    var lines = [
      row(
        "mode",
        "\(bot.mode == TradingMode.paper.rawValue ? "PAPER" : bot.mode), \(bot.isArmed ? Ink.green("armed") : Ink.red("not armed"))"
      ),
      row("reconciled", bot.waitsFor.isEmpty ? "yes" : Ink.red("waits for ") + bot.waitsFor.joined(separator: "; ")),
      row("halted", bot.halts.isEmpty ? "nothing" : Ink.red(bot.halts.joined(separator: ", "))),
      row("paused", bot.pauses.isEmpty ? "nothing" : bot.pauses.joined(separator: ", ")),
      row("reduce-only", bot.reduceOnly.isEmpty ? "nothing" : bot.reduceOnly.joined(separator: ", ")),
    ]
    if let ramp = bot.ramp { lines.append(row("ramp", ramp)) }
    lines += [
      row("orders", "\(bot.openOrders) open"), row("today", bot.dailyProfit), row("journal", bot.journal),
    ]
    for position in bot.positions {
      lines.append(
        row("position", "\(position.instrument) \(position.quantity), unrealised \(position.unrealised)"))
    }
    for (name, state) in bot.streams.sorted(by: { $0.key < $1.key }) { lines.append(row("stream", "\(name) \(state)")) }
    return (lines + limits).joined(separator: "\n")
  }

  var limits: [String] {
    report.limits.map { row("limit", "\(name($0.name, $0.instrument)) \($0.value ?? "none")") }
      + report.pending.map { change in
        row(
          "pending",
          Ink.bold("\(change.number)") + ": \(name(change.name, change.instrument)) to \(change.value), asked by "
            + "\(user(change.user)) (\(change.reason)), \(change.secondsLeft) s left")
      }
  }

  private func row(_ label: String, _ text: String) -> String {
    label + String(repeating: " ", count: max(1, 13 - label.count)) + text
  }

  private func name(_ limit: String, _ instrument: String?) -> String { instrument.map { "\($0) \(limit)" } ?? limit }

  /// A user's name on this machine, or the number.
  private func user(_ number: UInt32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { name in
      apus_user_name(number, name.baseAddress, name.count) == 0 ? String(cString: name.baseAddress!) : "user \(number)"
    }
  }
}
