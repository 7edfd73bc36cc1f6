// The documents say what the code says: ring capacities, stages and configuration fields.

import Bot
import Foundation
import Testing

private func document(_ name: String) throws -> String {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
}

@Suite("Documents")
struct DocumentationTests {
  @Test(
    "ARCHITECTURE.md gives each ring the capacity it has",
    arguments: [
      ("| feed → strategy", RingCapacities.marketEvents), ("| strategy → feed", RingCapacities.faults),
      ("| strategy → execution", RingCapacities.intents),
      ("| execution → strategy", RingCapacities.updates),
      ("| execution → gateway, `ApprovedOrder`", RingCapacities.orders),
      ("| execution → gateway, `GatewayRequest`", RingCapacities.requests),
      ("| execution → gateway, amends", RingCapacities.amends),
      ("| execution → gateway, emergency", RingCapacities.emergency),
      ("| gateway → execution", RingCapacities.reports),
      ("| control → execution", RingCapacities.commands), ("| execution → control", RingCapacities.outcomes),
    ])
  func capacities(row: String, capacity: Int) throws {
    let rows = try document("ARCHITECTURE.md").split(separator: "\n").filter { $0.hasPrefix(row) }
    #expect(rows.count == 1)
    let cells = rows.first?.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
    #expect(cells.count > 1 && cells[1].replacing(",", with: "") == String(capacity))
  }

  @Test("ARCHITECTURE.md names files that are there")
  func files() throws {
    let text = try document("ARCHITECTURE.md")
    let names = text.matches(of: #/`((?:Sources|scripts|docs)\/[^`]+)`/#).map { String($0.1) }
    #expect(names.count > 5)
    for name in names { #expect((try? document(name)) != nil || isFolder(name), "\(name) is not there") }
  }

  private func isFolder(_ name: String) -> Bool {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: root.appendingPathComponent(name).path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  @Test("docs/configuration.md names every stage and every field of the demo's configuration")
  func configuration() throws {
    let text = try document("docs/configuration.md")
    for stage in StageNumber.placed { #expect(text.contains("`\(stage)`")) }
    let sample = DemoConfiguration.text(cpus: [0, 1], instrument: "BTCUSDT").split(separator: "\n")
      .filter { !$0.contains("#") }.joined(separator: "\n")
    let fields = Set(sample.matches(of: #/([A-Za-z0-9]+):/#).map { String($0.1) })
    #expect(fields.count > 20)
    for field in fields { #expect(text.contains(field), "\(field) is not documented") }
  }
}
