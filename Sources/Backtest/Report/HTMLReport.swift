// One page that shows a result: it needs no network and no server, only a browser.

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
  public func html() throws -> String {
    // The placeholders are looked for in the frame alone: a text in the data may look like one.
    var page = ""
    var rest = try Self.part("page.html")[...]
    while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
      page += rest[..<open.lowerBound]
      page += try content(String(rest[open.upperBound..<close.lowerBound]))
      rest = rest[close.upperBound...]
    }
    return page + rest
  }

  public func write(to url: URL) throws { try Data(try html().utf8).write(to: url, options: .atomic) }

  private func content(_ name: String) throws -> String {
    switch name {
    case "data": Self.insideScript(data.text)
    case "style": try Self.part("page.css")
    default: try Self.part("\(name).js")
    }
  }

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

  /// Nothing in the data may end the script that holds it (HTML, 4.12.1.3): `<` is in strings alone, where JSON can
  /// escape it.
  private static func insideScript(_ json: String) -> String { json.replacing("<", with: "\\u003c") }

  private static func part(_ name: String) throws -> String {
    guard let url = Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Page") else {
      throw Problem.missingPart(name)
    }
    return try String(contentsOf: url, encoding: .utf8)
  }
}
