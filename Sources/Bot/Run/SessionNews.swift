// What changes in a running session, a line for each change: for whoever looks at the terminal or the service's log.

import Control

/// Tells what is waited for, and what may be traded, when it changes.
struct SessionNews {
  private var last = ""

  /// The line to print; nil when nothing changed.
  mutating func line(_ status: BotStatus) -> String? {
    let line = Self.text(status)
    guard line != last else { return nil }
    last = line
    return line
  }

  private static func text(_ status: BotStatus) -> String {
    if !status.waitsFor.isEmpty { return "not trading: waiting for " + status.waitsFor.joined(separator: "; ") }
    if !status.halts.isEmpty { return "halted: " + status.halts.joined(separator: ", ") }
    if !status.isArmed { return "reconciled with the venue; not armed: apus ctl arm" }
    let parts = [("paused", status.pauses), ("reduce-only", status.reduceOnly)].filter { !$1.isEmpty }
      .map { "\($0): " + $1.joined(separator: ", ") }
    guard !parts.isEmpty else { return "trading" }
    let hint = status.reduceOnly.contains("all") ? ": apus ctl arm allows all" : ""
    return "reconciled with the venue; " + parts.joined(separator: "; ") + hint
  }
}
