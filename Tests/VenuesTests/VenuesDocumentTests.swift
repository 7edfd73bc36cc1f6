import Foundation
import Market
import Testing
import Venues

/// docs/venues.md says what the code does: its tables are printed from the code's own. With `APUS_WRITE_DOCS` set the
/// test writes them into the document; otherwise it compares.
struct VenuesDocumentTests {
  private var file: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/venues.md")
  }

  @Test func theTablesOfAnswersAreTheCodes() throws {
    let begin = "<!-- answers: printed from BinanceErrorTables.swift by VenuesDocumentTests -->\n"
    let end = "<!-- answers: end -->"
    let text = try String(contentsOf: file, encoding: .utf8)
    let start = try #require(text.range(of: begin)?.upperBound)
    let stop = try #require(text.range(of: end, range: start..<text.endIndex)?.lowerBound)
    let tables = Self.statuses + "\n" + Self.codes + "\n" + Self.messages
    if ProcessInfo.processInfo.environment["APUS_WRITE_DOCS"] != nil {
      try text.replacingCharacters(in: start..<stop, with: tables).write(to: file, atomically: true, encoding: .utf8)
    } else {
      let isEqual = text[start..<stop] == tables
      #expect(isEqual, "run this test with APUS_WRITE_DOCS=1 and look at the difference")
    }
  }

  @Test func theDecodeErrorsAreTheCodes() throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    for error in BinanceDecodeError.allCases where error != .none {
      #expect(text.contains("| \(error.rawValue) | `\(error)` |"), "\(error)")
    }
  }

  private static var statuses: String {
    let rows = BinanceErrors.statusTable.map { rule in
      let status = rule.lowest == rule.highest ? "\(rule.lowest)" : "\(rule.lowest) to \(rule.highest)"
      return [status, "\(rule.meaning)"] + (rule.lowest == 200 ? ["", ""] : outcome(rule.reason, rule.outcome))
    }
    return table(["HTTP and WebSocket API status", "meaning", "reason", "outcome"], rows)
  }

  private static var codes: String {
    table(
      ["code", "name", "reason", "outcome"],
      BinanceErrors.codeTable.map { rule in
        let outcome = outcome(rule.reason, rule.outcome)
        return ["\(rule.code)", "`\(rule.name)`"]
          + (rule.hasMessages ? ["by message, else " + outcome[0]] : [outcome[0]])
          + [outcome[1]]
      })
  }

  private static var messages: String {
    table(
      ["message begins with", "reason", "outcome"],
      BinanceErrors.messageTable.map { ["`\($0.message)`"] + outcome($0.reason, $0.outcome) })
  }

  private static func outcome(_ reason: ReportReason, _ outcome: BinanceOutcome) -> [String] {
    ["`\(reason)`", "\(outcome)"]
  }

  private static func table(_ head: [String], _ rows: [[String]]) -> String {
    let lines = [head, head.map { _ in "---" }] + rows
    return lines.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
  }
}
