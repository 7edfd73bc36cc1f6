import Backtest
import Foundation
import Testing

/// docs/results.md names each figure with its unit.
@Suite struct DocumentationTests {
  @Test(arguments: Metric.allCases) func everyFigureIsDocumented(_ metric: Metric) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/results.md"), encoding: .utf8)
    let unit = metric.unit == .count ? "count" : metric.unit.rawValue
    #expect(text.contains("| `\(metric.rawValue)` | \(unit) |"))
  }
}
