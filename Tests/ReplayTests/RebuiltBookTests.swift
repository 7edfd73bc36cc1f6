// Books that are rebuilt from snapshot and depth messages: the facts that are known of the recordings.

import Foundation
import Market
import Simulation
import Support
import Testing

struct RebuiltBookTests {
  /// Depth messages that continue the snapshot, counted by readers that share nothing with this one (the recordings'
  /// own description and Tests/conformance/venue_recordings.py).
  @Test(
    .enabled(if: sharedData != nil),
    arguments: [
      (["spot/btcusdt_20240808", "spot/btcusdt_20240809"], 6493),
      (["spot/ethusdt_20240808", "spot/ethusdt_20240809"], 6468),
      (["usdm/btcusdt_20240808"], 6547), (["coinm/btcusd_perp_20240808", "coinm/btcusd_perp_20240809"], 44_772),
    ])
  func isWholeAndNeverCrossed(names: [String], applied: Int) throws {
    let folder = try #require(sharedData).appendingPathComponent("binance")
    var source = try CaptureRows(
      paths: names.map { folder.appendingPathComponent("\($0).gz").path }, touches: false, rebuilds: true)
    var quality = DataQuality()
    var updates: Set<UInt64> = []
    while let row = try source.next() {
      quality.note(row)
      if row.kind == .level { updates.insert(row.number) }
    }
    let report = quality.finish()
    #expect(updates.count == applied)
    #expect(report.rowsByKind[Int(TapeRowKind.gap.rawValue)] == 0)
    #expect(report.crossed == 0 && report.locked == 0)
  }

  @Test func aMissingMessageVoidsTheBook() throws {
    let lines = [
      depth(1, 4, "9.0"), depth(5, 8, "9.1"), snapshot(6, "8"),
      depth(9, 12, "9.2"), depth(15, 16, "9.3"), depth(15, 16, "9.3"), depth(17, 17, "9.4"), snapshot(16, "7"),
      depth(18, 19, "9.5"), snapshot(18, "6"), depth(19, 20, "9.6"),
    ]
    let rows = try rows(lines)
    // The first message is older than the snapshot, the second overlaps it. 13 and 14 are missing: what comes behind waits
    // for the next snapshot, which has 15 and 16 already. A snapshot that is older than the book says nothing new.
    #expect(
      rows.map { "\($0.kind) \($0.price.ticks)" } == [
        "clear 0", "snapshotLevel 80", "clear 0", "snapshotLevel 110", "level 91", "level 92",
        "gap 0", "clear 0", "clear 0",
        "clear 0", "snapshotLevel 70", "clear 0", "snapshotLevel 110", "level 94", "level 95", "level 96",
      ])
    #expect(rows[6].number == 16 && rows[6].localTimeNs == 2_000_000_004)
    // What waited for the snapshot follows it by the exchange's clock too, or the snapshot would undo it.
    #expect(rows[3].exchangeTimeNs == 1_000_000_002)
    #expect(rows[4].exchangeTimeNs == rows[3].exchangeTimeNs && rows[5].exchangeTimeNs == 1_000_000_000)
    #expect(rows[13].localTimeNs == 2_000_000_007)
  }

  @Test func aSnapshotThatIsNotContinuedIsNoBook() throws {
    // Behind the hole come 15 and 17: neither the snapshot of 13 nor that of 15 is continued by all of them.
    let lines = [
      snapshot(8, "8"), depth(9, 12, "9.2"), depth(15, 15, "9.3"), snapshot(13, "7"), depth(17, 17, "9.4"),
      snapshot(15, "6"), depth(18, 18, "9.5"), snapshot(17, "5"),
    ]
    #expect(
      try rows(lines).map { "\($0.kind) \($0.price.ticks)" } == [
        "clear 0", "snapshotLevel 80", "clear 0", "snapshotLevel 110", "level 92", "gap 0", "clear 0", "clear 0",
        "clear 0", "snapshotLevel 50", "clear 0", "snapshotLevel 110", "level 95",
      ])
  }

  /// Contracts say which message they continue: none may be missing, though the numbers themselves have holes.
  @Test func aContractsMessageContinuesExactlyOne() throws {
    let lines = [
      snapshot(8, "8", futures: true), depth(5, 10, "9.1", previous: 4), depth(20, 30, "9.2", previous: 10),
      depth(31, 40, "9.3", previous: 29),
    ]
    #expect(
      try rows(lines).map { "\($0.kind) \($0.price.ticks)" } == [
        "clear 0", "snapshotLevel 80", "clear 0", "snapshotLevel 110", "level 91", "level 92", "gap 0", "clear 0",
        "clear 0",
      ])
  }

  /// While the book is void, too, a message counts once: of a contract, none would continue the other otherwise.
  @Test(arguments: [true, false])
  func aMessageThatComesTwiceWaitsOnce(isFutures: Bool) throws {
    func depth(_ first: Int, _ last: Int, _ price: String) -> String {
      self.depth(first, last, price, previous: isFutures ? first - 1 : nil)
    }
    let lines = [
      snapshot(8, "8", futures: isFutures), depth(9, 12, "9.2"), depth(15, 16, "9.3"), depth(17, 17, "9.4"),
      depth(15, 16, "9.3"), depth(17, 17, "9.4"), snapshot(14, "7", futures: isFutures),
    ]
    #expect(
      try rows(lines).suffix(6).map { "\($0.kind) \($0.price.ticks)" } == [
        "clear 0", "snapshotLevel 70", "clear 0", "snapshotLevel 110", "level 93", "level 94",
      ])
  }

  private func depth(_ first: Int, _ last: Int, _ price: String, previous: Int? = nil) -> String {
    let continued = previous.map { #""T":1000,"pu":\#($0),"# } ?? ""
    return #"{"stream":"abcusdt@depth@100ms","data":{"e":"depthUpdate","E":1000,"s":"ABCUSDT",\#(continued)"#
      + #""U":\#(first),"u":\#(last),"b":[["\#(price)","1"]],"a":[]}}"#
  }

  private func snapshot(_ last: Int, _ bid: String, futures: Bool = false) -> String {
    #"{"lastUpdateId":\#(last),\#(futures ? #""E":1000,"T":1000,"# : "")"bids":[["\#(bid)","1"]],"asks":[["11","1"]]}"#
  }

  private func rows(_ lines: [String]) throws -> [TapeRow] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("capture-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = lines.enumerated().map { "\(2_000_000_000 + $0) \($1)" }.joined(separator: "\n")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return try Tape(capture: [path], rebuilds: true).rows
  }
}
