// A hole in a recording: nothing is known of the book until the next snapshot, in a backtest as live.

import Bot
import Foundation
import Market
import Simulation
import Support
import Testing

@Suite("Holes in recordings")
struct BacktestGapTests {
  /// A recording of BTCUSDT without the depth messages of a second, and a snapshot of the whole book four seconds later.
  private struct CutRecording {
    static let lostNs: Range<Int64> = 12_000_000_000..<13_000_000_000
    static let snapshotNs: Int64 = 17_000_000_000
    static let lengthNs: Int64 = 30_000_000_000

    private(set) var lines: [String] = []
    private var book: MatchingEngine
    private var isSnapshotDue: Bool

    init(_ capture: String, hasSnapshot: Bool) throws {
      let instruments = try #require(DerivedRules.instruments(symbols: ["BTCUSDT"]))
      book = try #require(MatchingEngine(instruments: instruments, balances: []))
      isSnapshotDue = hasSnapshot
      var reader = try CaptureReader(paths: [capture])
      var startNs: Int64?
      var events: [VenueEvent] = []
      while let line = try reader.next() {
        startNs = startNs ?? line.timeNs
        let elapsedNs = line.timeNs - (startNs ?? 0)
        if elapsedNs > Self.lengthNs { break }
        let message = try #require(MarketMessage(line, instrument: instruments[0]))
        book.apply(.market(instruments[0].index, message), timeNs: line.timeNs, outbox: &events)
        if case .depth = message, Self.lostNs.contains(elapsedNs) { continue }
        lines.append("\(line.timeNs) \(String(decoding: line.text, as: UTF8.self))\n")
        guard isSnapshotDue, elapsedNs > Self.snapshotNs else { continue }
        isSnapshotDue = false
        lines.append("\(line.timeNs) \(try snapshot(instruments[0]))\n")
      }
    }

    private func snapshot(_ instrument: Instrument) throws -> String {
      let market = book.markets[0]
      func text(_ levels: [DisplayedLevel]) -> String {
        levels.reversed().map { level in
          let price = DecimalText.string(level.price.ticks, step: instrument.tick) ?? ""
          let quantity = DecimalText.string(level.displayed.lots, step: instrument.lot) ?? ""
          return "[\"\(price)\",\"\(quantity)\"]"
        }.joined(separator: ",")
      }
      let number = try #require(market.depthUpdateId)
      return #"{"lastUpdateId":\#(number),"bids":[\#(text(market.depth.bids))],"asks":[\#(text(market.depth.asks))]}"#
    }
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
    func cut(_ name: String, hasSnapshot: Bool) throws -> String {
      let file = folder.appendingPathComponent(name)
      let lines = try CutRecording(whole, hasSnapshot: hasSnapshot).lines
      try Data(lines.joined().utf8).write(to: file)
      return file.path
    }
    let resumed = try cut("resumed", hasSnapshot: true)
    let before = try run("captures: [\(resumed)]", toSeconds: 12)
    let after = try run("captures: [\(resumed)]")
    let never = try run("captures: [\(try cut("never", hasSnapshot: false))]")
    #expect(before.gaps == 0 && after.gaps == 1 && never.gaps == 1)
    #expect(before.ordersAccepted > 0 && before.ordersAccepted <= never.ordersAccepted)
    #expect(never.ordersAccepted < after.ordersAccepted)
    #expect(try run("captures: [\(whole)]").gaps == 0)
    #expect(try run("tapes: [\(try makeTape(of: resumed, in: folder))]") == after)
  }
}
