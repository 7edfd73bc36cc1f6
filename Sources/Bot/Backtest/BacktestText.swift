// A backtest's result as a table for people: each figure from the pessimistic to the optimistic queue.

import Backtest
import Foundation
import Market
import Risk

package struct BacktestText {
  let outcome: BacktestOutcome
  /// Whether lines may carry colours.
  let isColoured: Bool

  package init(outcome: BacktestOutcome, isColoured: Bool) {
    self.outcome = outcome
    self.isColoured = isColoured
  }

  private static let columns = (name: 24, value: 20)

  package var all: String {
    let results = outcome.ends.map(\.result)
    var lines = [heading, ""]
    // A group of one says what its only member says.
    let venues = results[0].scopes.count { $0.kind == .venue }
    let tellsVenues = venues > 1 && venues < results[0].instruments.count
    for (i, scope) in results[0].scopes.enumerated() {
      if scope.kind == .venue, !tellsVenues { continue }
      if scope.kind == .total, results[0].instruments.count == 1 { continue }
      lines += table(results.map { $0.scopes[i] }) + [""]
    }
    return (lines + closing).joined(separator: "\n")
  }

  private var heading: String {
    let result = outcome.pessimistic.result
    let names = result.scopes.filter { $0.kind == .instrument }.map(\.name).joined(separator: ", ")
    let seconds = Double(result.endNs - result.startNs) / 1e9
    return bold("\(result.label) on \(names)") + ", SIMULATED: "
      + String(format: "%.1f s, %d messages", seconds, outcome.messages)
  }

  private func table(_ scopes: [ScopeResult]) -> [String] {
    var lines = [bold(row("\(scopes[0].name), \(scopes[0].asset.text)", outcome.outlooks.map(\.rawValue)))]
    lines.append(row("orders placed", scopes.map { String($0.orders.placed) }))
    lines.append(row("canceled", scopes.map { String($0.orders.canceled) }))
    lines.append(row("rejected, expired", scopes.map { "\($0.orders.rejected), \($0.orders.expired)" }))
    if scopes.contains(where: { $0.liquidation.fills > 0 }) {
      lines.append(row("liquidation fills", scopes.map { String($0.liquidation.fills) }))
      lines.append(row("to insurance fund", scopes.map { Figures.amount($0.liquidation.insurancePaid.units) }))
    }
    for metric in Metric.allCases {
      let values = scopes.map { $0[metric] }
      guard values.contains(where: { $0 != .absent }) else { continue }
      let name = metric.rawValue.replacingOccurrences(of: "_", with: " ")
      let texts = values.map { Self.text($0, metric.unit) }
      lines.append(metric == .profit ? coloured(row(name, texts), values) : row(name, texts))
    }
    for (i, markout) in scopes[0].markouts.enumerated() where markout.kind == .all {
      let texts = scopes.map { scope in scope.markouts[i].meanBps.map { String(format: "%+.3f bps", $0) } ?? "-" }
      lines.append(row("markout \(markout.horizon.text)", texts))
    }
    return lines
  }

  private var closing: [String] {
    refusals + [
      row("feed gaps, crossed", outcome.ends.map { "\($0.gaps), \($0.crossedBooks)" })
    ] + rateRefusals + [
      row("decisions", outcome.ends.map { String($0.decisions, radix: 16) }),
      "What is simulated and what is not: docs/backtesting.md.",
    ]
  }

  private var rateRefusals: [String] {
    guard outcome.ends.contains(where: { !$0.rateRefusals.isEmpty }) else { return [] }
    let texts = outcome.ends.map { end in
      end.rateRefusals.reduce(into: (0, 0)) { $0 = ($0.0 + $1.count, $0.1 + $1.bans) }
    }
    return [row("rate limited, bans", texts.map { "\($0.0), \($0.1)" })]
  }

  /// What the risk gate refused, by reason: a session that may not trade says why.
  private var refusals: [String] {
    let counts = outcome.ends.map { end in
      Dictionary(uniqueKeysWithValues: end.result.refusals.map { ($0.reason, $0.count) })
    }
    let reasons = RefusalReason.allCases.filter { reason in counts.contains { $0[reason] != nil } }
    guard !reasons.isEmpty else { return [] }
    let rows = reasons.map { reason in row("\(reason)", counts.map { String($0[reason] ?? 0) }) }
    return [bold("refused by the risk gate")] + rows + [""]
  }

  private func row(_ name: String, _ values: [String]) -> String {
    let name = name.padding(toLength: Self.columns.name, withPad: " ", startingAt: 0)
    return name
      + values.map { String(repeating: " ", count: max(1, Self.columns.value - $0.count)) + $0 }.joined()
  }

  private static func text(_ value: MetricValue, _ unit: MetricUnit) -> String {
    switch value {
    case .absent: "-"
    case .count(let count): String(count)
    case .amount(let amount): Figures.amount(amount.units)
    case .number(let number):
      switch unit {
      case .share: String(format: "%.1f %%", 100 * number)
      case .bps: String(format: "%+.3f bps", number)
      case .seconds: String(format: "%.1f s", number)
      case .count, .asset, .ratio, .assetPerDay: String(format: "%.2f", number)
      }
    }
  }

  private func bold(_ text: String) -> String { isColoured ? "\u{1b}[1m\(text)\u{1b}[0m" : text }

  /// Green where all sessions won, red where all lost.
  private func coloured(_ text: String, _ values: [MetricValue]) -> String {
    guard isColoured else { return text }
    let reals = values.compactMap(\.real)
    if reals.allSatisfy({ $0 > 0 }) { return "\u{1b}[32m\(text)\u{1b}[0m" }
    return reals.allSatisfy({ $0 < 0 }) ? "\u{1b}[31m\(text)\u{1b}[0m" : text
  }
}
