// A hole in a recording: nothing is known of the book until the next snapshot, in a backtest as live.

import Bot
import Foundation
import Market
import Simulation
import Support
import Testing

@Suite("Holes in recordings")
struct BacktestGapTests {
  /// Half a minute of a recording without the depth messages of a second, and a snapshot four seconds behind them.
  private func cut(_ capture: String) throws -> CutCapture {
    var reader = try CaptureReader(paths: [capture])
    var lines: [CutCapture.Line] = []
    while let line = try reader.next(), line.timeNs <= (lines.first?.timeNs ?? line.timeNs) + 30_000_000_000 {
      lines.append((line.timeNs, line.text))
    }
    return CutCapture(lines, missing: 120..<130, waiting: 40, lag: 0)
  }

  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")

  private func run(_ input: String, toSeconds: Int = 30) throws -> BacktestEnd {
    try runBacktest(
      backtestConfiguration(
        """
          \(input)
          window: {toSeconds: \(toSeconds)}
          balances: {USDT: 100000, BTC: 2}
        \(backtestEdges)
        """, instruments: "BTCUSDT")
    ).pessimistic
  }

  @Test(
    "void the book of venue and bot until the next snapshot, on the recording and on its tape",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
  func hole() throws {
    let whole = try #require(sharedData).appendingPathComponent("binance/spot/btcusdt_20240808.gz").path
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func file(_ name: String, _ lines: [CutCapture.Line]) throws -> String {
      let file = folder.appendingPathComponent(name)
      let text = lines.map { "\($0.timeNs) \(String(decoding: $0.text, as: UTF8.self))\n" }.joined()
      try Data(text.utf8).write(to: file)
      return file.path
    }
    let cut = try cut(whole)
    let resumed = try file("resumed", cut.lines)
    let isBehind: (CutCapture.Line) -> Bool = { line in
      line.timeNs >= cut.holeNs.lowerBound && line.text.starts(with: Array(#"{"lastUpdateId""#.utf8))
    }
    let before = try run("captures: [\(resumed)]", toSeconds: 11)
    let after = try run("captures: [\(resumed)]")
    let never = try run("captures: [\(try file("never", cut.lines.filter { !isBehind($0) }))]")
    #expect(before.gaps == 0 && after.gaps == 1 && never.gaps == 1)
    #expect(before.ordersAccepted > 0 && before.ordersAccepted <= never.ordersAccepted)
    #expect(never.ordersAccepted < after.ordersAccepted)
    #expect(try run("captures: [\(whole)]").gaps == 0)
    #expect(try run("tapes: [\(try makeTape(of: resumed, in: folder))]") == after)
  }
}
