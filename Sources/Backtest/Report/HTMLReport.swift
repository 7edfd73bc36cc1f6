// The page that shows the result of a backtest.

public import Foundation
import Simulation

/// Writes the report of a result, and of the sweep that it was the best of.
public struct HTMLReport {
  public enum Problem: Error, Equatable {
    /// The installation is not whole: a part of the page is missing.
    case missingPart(String)
  }

  private let result: ResultInterval
  private let rows: [SweepRow]

  /// - Parameter sweep: the jobs of one window; the heatmap is drawn over their settings.
  public init(_ result: ResultInterval, sweep rows: [SweepRow] = []) {
    self.result = result
    self.rows = rows
  }

  /// The page. Equal results give equal pages.
  public func html() throws -> String { try page.html() }

  public func write(to url: URL) throws { try page.write(to: url) }

  private var page: HTMLPage { HTMLPage(data: data, scripts: ["common", "chart", "sweep", "page"]) }

  private var data: JSONValue {
    .fields([
      ("result", result.json),
      ("certain", .bool(result.isCertain)),
      ("metrics", .array(Metric.allCases.map(Self.json))),
      ("sweep", sweep),
    ])
  }

  private var sweep: JSONValue {
    guard rows.count > 1 else { return .null }
    let jobs = rows.map { row in
      JSONValue.fields([
        ("job", .integer(row.number)),
        ("settings", .fields(row.settings.map { ($0.name, .string($0.value)) })),
        ("pessimistic", .fields(zip(Metric.allCases, row.pessimistic).map { ($0.rawValue, .real($1)) })),
      ])
    }
    return .fields([("rows", .array(jobs)), ("analysis", SweepAnalysis(rows)?.json ?? .null)])
  }

  private static func json(_ metric: Metric) -> JSONValue {
    .fields([
      ("name", .string(metric.rawValue)), ("unit", .string(metric.unit.rawValue)),
      ("definition", .string(metric.definition)),
    ])
  }
}
