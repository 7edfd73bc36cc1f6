// What is true of the recordings, and how a file that is none is refused.

import Foundation
import Market
import Simulation
import Support
import Testing

struct CaptureReaderTests {
  private func spot(_ name: String) throws -> String {
    try #require(sharedData).appendingPathComponent("binance/spot/\(name).gz").path
  }

  @Test(
    .enabled(if: sharedData != nil),
    arguments: [
      ("btcusdt_20240808", [3451, 28040, 9757, 1]), ("btcusdt_20240809", [3044, 45134, 10147, 0]),
      ("ethusdt_20240808", [3434, 24077, 6106, 1]), ("ethusdt_20240809", [3036, 34681, 8409, 0]),
    ])
  func countsWhatWasRecorded(name: String, counts: [Int]) throws {
    let summary = try CaptureReader(paths: [spot(name)]).summary
    let pair = String(name.prefix(7))
    #expect(summary.streams["\(pair)@depth@100ms"] == counts[0])
    #expect(summary.streams["\(pair)@bookTicker"] == counts[1])
    #expect(summary.streams["\(pair)@trade"] == counts[2])
    #expect(summary.snapshots[pair.uppercased()] ?? 0 == counts[3])
    #expect(summary.lines == counts.reduce(0, +))
  }

  @Test(.enabled(if: sharedData != nil)) func joinsAndMergesByTime() throws {
    var reader = try CaptureReader(paths: [spot("btcusdt_20240809"), spot("ethusdt_20240809")])
    #expect(reader.summary.symbols == ["BTCUSDT", "ETHUSDT"])
    var lastNs: Int64 = 0
    var lines = 0
    while let line = try reader.next() {
      #expect(line.timeNs >= lastNs)
      lastNs = line.timeNs
      lines += 1
    }
    #expect(lines == reader.summary.lines)
    #expect(lastNs == reader.summary.lastTimeNs)
  }

  @Test(arguments: [
    ("no stamp\n", 1, "does not start with a receive time in nanoseconds and a space"),
    (
      "1 {\"stream\":\"a@trade\",\"data\":{}}\n2 nothing\n", 2,
      "is neither a combined-stream message nor a depth snapshot"
    ),
    (
      "5 {\"stream\":\"a@trade\",\"data\":{}}\n4 {\"stream\":\"a@trade\",\"data\":{}}\n", 2,
      "is older than the line before it"
    ),
  ])
  func namesFileAndLine(text: String, line: Int, reason: String) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("capture-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: CaptureError(file: path, line: line, reason: reason)) { try CaptureReader(paths: [path]) }
  }

  @Test func refusesAMissingAndACutOffFile() throws {
    #expect(throws: CaptureError.self) { try CaptureReader(paths: ["/nowhere/capture.gz"]) }
    guard sharedData != nil else { return }
    let whole = try Data(contentsOf: URL(fileURLWithPath: spot("ethusdt_20240808")))
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("capture-\(UUID()).gz").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: CaptureError.self) { try CaptureReader(paths: [path]) }
    #expect(error?.reason == "the gzip data is damaged")
  }
}
