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
    var gaps = 0
    while let row = try source.next() {
      quality.note(row)
      if row.kind == .gap { gaps += 1 }
      if row.kind == .level { updates.insert(row.number) }
    }
    let report = quality.finish()
    #expect(updates.count == applied)
    #expect(gaps == 0)
    #expect(report.crossed == 0 && report.locked == 0)
  }

  @Test func aMissingMessageEndsTheBookUntilASnapshot() throws {
    func depth(_ first: Int, _ last: Int, _ price: String) -> String {
      #"{"stream":"abcusdt@depth@100ms","data":{"e":"depthUpdate","E":1000,"s":"ABCUSDT","U":\#(first),"u":\#(last),"#
        + #""b":[["\#(price)","1"]],"a":[]}}"#
    }
    let lines = [
      depth(1, 4, "9.0"), depth(5, 8, "9.1"), #"{"lastUpdateId":6,"bids":[["8","1"]],"asks":[["11","1"]]}"#,
      depth(9, 12, "9.2"), depth(15, 16, "9.3"), depth(15, 16, "9.3"), depth(17, 17, "9.4"),
      #"{"lastUpdateId":15,"bids":[["8","1"]],"asks":[["11","1"]]}"#, depth(18, 18, "9.5"),
    ]
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("capture-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = lines.enumerated().map { "\(2_000_000_000 + $0) \($1)" }.joined(separator: "\n")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    var source = try CaptureRows(paths: [path], rebuilds: true)
    var prices: [String] = []
    var exchangeTimes: [Int64] = []
    while let row = try source.next() {
      prices.append("\(row.kind) \(row.price.ticks)")
      exchangeTimes.append(row.exchangeTimeNs)
    }
    // The first message is older than the snapshot, the second overlaps it; 13 and 14 are missing; one comes twice, and
    // all that came since waits for the snapshot.
    #expect(
      prices == [
        "clear 0", "snapshotLevel 80", "clear 0", "snapshotLevel 110", "level 91", "level 92", "gap 0", "clear 0",
        "clear 0",
        "clear 0", "snapshotLevel 80", "clear 0", "snapshotLevel 110", "level 93", "level 93", "level 94", "level 95",
      ])
    // What waited for the snapshot follows it by the exchange's clock too, or the snapshot would undo it.
    #expect(exchangeTimes[3] == 1_000_000_002)
    #expect(exchangeTimes[4] == exchangeTimes[3] && exchangeTimes[5] == 1_000_000_000)
  }
}
