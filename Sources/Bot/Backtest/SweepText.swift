// A sweep's outcome for people: a line for each job, and what its best is worth.

import Backtest
import Foundation

struct SweepText {
  let outcome: SweepOutcome

  var all: String {
    var lines = ["SIMULATED, \(outcome.rows.count) jobs, from the pessimistic to the optimistic queue", ""]
    lines += outcome.rows.map(line) + outcome.failures.map { "job \($0.job.number) failed: \($0.reason)" }
    if let verdict = SweepAnalysis(outcome.rows) {
      lines += [
        "", "best by the pessimistic Sharpe ratio: job \(verdict.best)",
        "deflated Sharpe ratio \(share(verdict.deflated)) (probability of any skill)",
        "probability of backtest overfitting \(share(verdict.overfitting))",
      ]
    }
    return (lines + ["", "What these mean: docs/results.md."]).joined(separator: "\n")
  }

  /// Of a walk-forward: each test with the settings that its training chose, and all of them together.
  static func walkForward(_ tests: SweepOutcome) -> String {
    let text = SweepText(outcome: tests)
    let whole = OutOfSample(tests.rows)
    func number(_ value: Double?) -> String { value.map { String(format: "%+.2f", $0) } ?? "not defined" }
    let lines =
      ["SIMULATED, \(whole.tests) tests, each with what was best in the training before it", ""]
      + tests.rows.map(text.line) + tests.failures.map { "test \($0.job.number) failed: \($0.reason)" } + [
        "",
        "out of sample: profit \(number(whole.pessimisticProfit)) to \(number(whole.optimisticProfit)), "
          + "Sharpe \(number(whole.sharpe)), profitable tests \(text.share(whole.profitable))",
        "", "What these mean: docs/results.md.",
      ]
    return lines.joined(separator: "\n")
  }

  private func line(_ row: SweepRow) -> String {
    let settings = row.settings.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    return "job \(row.number) \(settings): profit \(range(row, .profit)), fills \(range(row, .fills, "%.0f")), Sharpe "
      + range(row, .sharpe)
  }

  private func range(_ row: SweepRow, _ metric: Metric, _ format: String = "%+.2f") -> String {
    let (pessimistic, optimistic) = row.figure(metric)
    func text(_ value: Double?) -> String { value.map { String(format: format, $0) } ?? "-" }
    return text(pessimistic) + " to " + text(optimistic)
  }

  private func share(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "not defined" }
}
