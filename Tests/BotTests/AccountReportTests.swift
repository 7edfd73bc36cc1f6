// `apus replay --account`: what a journal's records come to, against the session that wrote them.

import Bot
import Foundation
import Journal
import Market
import Pipeline
import Simulation
import Testing
import VenueServer

@Suite("Account of a journal", .serialized)
struct AccountReportTests {
  @Test("an ended session: its position, balances and trades; and, cut off earlier, the order that was open then")
  func session() throws {
    let folder = try DemoFolder(kept: nil)
    defer { folder.remove() }
    let venue = try TestVenue(folder)
    let session = try TestSession.run(venue) { session in
      try session.wait(for: "a fill") {
        try session.count("execution.fills.maker") + session.count("execution.fills.taker") > 0
      }
      session.live.beginStop()
      try session.wait(for: "the last cancel") { try session.count("execution.orders.open") == 0 }
    }
    _ = try venue.server.stop()
    let symbol = DerivedRules.syntheticSymbol
    let instrument = try #require(DerivedRules.instruments(symbols: [symbol])?.first)
    let ended = try AccountReport(try JournalFiles(directory: folder.journalDirectory))
    #expect(ended.orders.isEmpty && ended.end == "finished" && ended.bootEpoch == 1)
    #expect(ended.trading?.isArmed == true && ended.trading?.halts == [] && ended.limits.isEmpty)
    let position = try #require(ended.positions.first)
    let lots = try session.count("execution.position.\(symbol).lots")
    #expect(ended.positions.count == 1 && position.instrument == symbol)
    #expect(position.quantity == DecimalText.string(lots, step: instrument.lot))
    #expect(position.tradesSince > 0 || position.verifiedTrade > 0)
    #expect(Set(ended.balances.map(\.asset)).isSuperset(of: [instrument.base.text, instrument.quote.text]))

    let cut = try AccountReport(try journal(folder.journalDirectory, endingWithFirst: .order))
    let order = try #require(cut.orders.first)
    #expect(cut.orders.count == 1 && order.instrument == symbol && order.state == "pendingNew")
    #expect(order.clientOrder == "ap0000010000000001" && order.venueOrder == 0)
    #expect(cut.end.hasPrefix("unfinished"))
    let lines = AccountText(cut).all.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("order ") && $0.contains("ap0000010000000001 \(symbol)") })

    let text = try Program(["replay", folder.journalDirectory, "--account"])
    #expect(text.status == 0 && text.output == AccountText(ended).all + "\n")
    let json = try Program(["replay", "--account", "--json", folder.journalDirectory])
    let object = try #require(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect((object["positions"] as? [[String: Any]])?.first?["quantity"] as? String == position.quantity)
    let both = try Program(["replay", "--account", "--verify", folder.journalDirectory])
    #expect(both.status == 2 && both.errors.contains("--verify or --account"))
  }

  /// The journal as it stood behind its first record of a type.
  private func journal(_ directory: String, endingWithFirst type: RecordType) throws -> JournalFiles {
    var reader = try JournalReader(directory: directory)
    while let record = try reader.next() {
      guard record.header.type == type.rawValue else { continue }
      let bytes = try Data(
        contentsOf: URL(fileURLWithPath: record.file.contains("/") ? record.file : directory + "/" + record.file))
      return JournalFiles([Array(bytes.prefix(record.offset + record.bytes.count))])
    }
    throw NoRecord(type: type)
  }

  private struct NoRecord: Error { var type: RecordType }
}
