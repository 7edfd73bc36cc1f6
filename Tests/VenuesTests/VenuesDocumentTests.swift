import Foundation
import Market
import Testing
import Venues

/// docs/venues.md says what the code does: its tables are printed from the code's own.
struct VenuesDocumentTests {
  private var document: String {
    get throws {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      return try String(contentsOf: root.appendingPathComponent("docs/venues.md"), encoding: .utf8)
    }
  }

  @Test func theErrorTableIsTheCodes() throws {
    let lines = BinanceErrors.table.map { rule in
      let message = "\(rule.message)".isEmpty ? "any" : "`\(rule.message)`"
      return "| \(rule.code) | \(message) | `\(rule.reason)` | \(rule.isOutcomeUnknown ? "unknown" : "refused") |"
    }
    let table = lines.joined(separator: "\n")
    #expect(try document.contains(table), "the table has to be:\n\(table)")
  }

  @Test func theDecodeErrorsAreTheCodes() throws {
    let text = try document
    for error in BinanceDecodeError.allCases where error != .none {
      #expect(text.contains("| \(error.rawValue) | `\(error)` |"), "\(error)")
    }
  }
}
