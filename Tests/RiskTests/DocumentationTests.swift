// The table of reason codes in docs/risk.md names exactly the codes of the source.

import Foundation
import Risk
import Testing

@Suite struct DocumentationTests {
  @Test func everyReasonIsDocumented() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/risk.md"), encoding: .utf8)
    var documented: [UInt16: String] = [:]
    for line in text.split(separator: "\n") {
      // | 42 | `priceBelowCollar` | …
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count >= 3, let code = UInt16(cells[0]), cells[1].hasPrefix("`") else { continue }
      #expect(documented[code] == nil, "\(code) twice")
      documented[code] = cells[1].trimmingCharacters(in: CharacterSet(charactersIn: "`"))
    }
    for reason in RefusalReason.allCases {
      #expect(documented[reason.rawValue] == "\(reason)")
      #expect(Int(reason.rawValue) < RefusalReason.codeCount)
    }
    #expect(documented.count == RefusalReason.allCases.count)
  }
}
