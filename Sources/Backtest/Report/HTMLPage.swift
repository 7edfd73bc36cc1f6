// One page that shows its data: it needs no network and no server, only a browser.

import Foundation
import Simulation

/// The page's frame with data and scripts put into it.
struct HTMLPage {
  let data: JSONValue
  /// Parts of the page by name, in the order in which they run.
  let scripts: [String]

  /// Equal data give equal pages.
  func html() throws -> String {
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

  func write(to url: URL) throws { try Data(try html().utf8).write(to: url, options: .atomic) }

  private func content(_ name: String) throws -> String {
    switch name {
    case "data": Self.insideScript(data.text)
    case "style": try Self.part("page.css")
    default: try scripts.map { "<script>\(try Self.part("\($0).js"))</script>" }.joined(separator: "\n")
    }
  }

  /// Nothing in the data may end the script that holds it (HTML, 4.12.1.3): `<` is in strings alone, where JSON can
  /// escape it.
  private static func insideScript(_ json: String) -> String { json.replacing("<", with: "\\u003c") }

  private static func part(_ name: String) throws -> String {
    guard let url = Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Page") else {
      throw HTMLReport.Problem.missingPart(name)
    }
    return try String(contentsOf: url, encoding: .utf8)
  }
}
