// The preset's partial fills on the cases that hftbacktest itself is held to, without its two defects.

import Foundation
import Market
import Simulation
import Testing

struct PartialFillTests {
  private struct Case: Decodable {
    var name: String
    var rows: [Row]
    var order: Row
    /// Time in ms, price, quantity.
    var fills: [[Int64]]
  }

  /// Time in ms, side or kind, price, quantity.
  private struct Row: Decodable {
    var timeMs: Int64
    var kind: String
    var ticks: Int64
    var lots: Int64

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      timeMs = try values.decode(Int64.self)
      kind = try values.decode(String.self)
      ticks = try values.decode(Int64.self)
      lots = try values.decode(Int64.self)
    }
  }

  /// `Tests/parity/test_peer.py` holds hftbacktest 2.4.4 to the same file.
  private static let cases: [Case] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("parity/partial_cases.json")
    return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
  }()

  private func play(_ one: Case, then more: [(Int64, Side, Int64, Int64)] = []) throws -> AnyReplay {
    var rows = one.rows.map { row in
      tapeRow(
        ["bid", "ask"].contains(row.kind) ? .level : .trade, ["bid", "buy"].contains(row.kind) ? .buy : .sell,
        row.timeMs, row.ticks, row.lots)
    }
    rows += more.map { tapeRow(.trade, $1, $0, $2, $3) }
    rows.append(tapeRow(.level, .buy, 99, 1, 1))
    let settings = ReplaySettings(
      latency: .constant(ConstantLatency(entryNs: 0, responseNs: 0)), queue: .riskAverse,
      fees: ReplayFees(maker: 0, taker: 0), fills: .partial)
    let replay = try AnyReplay.make(ReplayTape(try Tape(instrument: testInstrument, rows: rows)), settings)
    let order = ScriptedAction.submit(
      id: 1, side: one.order.kind == "buy" ? .buy : .sell, ticks: one.order.ticks, lots: one.order.lots,
      timeInForce: .goodTillCancel)
    // The first event is at 1 ms, so that the ninth wake is at 10 ms.
    var strategy = ScriptedStrategy(intervalNs: 1_000_000, actions: Array(repeating: [], count: 8) + [[order]])
    try replay.run(&strategy)
    return replay
  }

  private func tapeRow(_ kind: TapeRowKind, _ side: Side, _ timeMs: Int64, _ ticks: Int64, _ lots: Int64) -> TapeRow {
    TapeRow(
      kind: kind, side: side, exchangeTimeNs: timeMs * 1_000_000, localTimeNs: timeMs * 1_000_000,
      price: Price(ticks: ticks), quantity: Quantity(lots: lots), endsMessage: true)
  }

  private func fills(_ replay: AnyReplay) -> [[Int64]] {
    replay.fills.map { [$0.exchangeTimeNs / 1_000_000, $0.price.ticks, $0.quantity.lots] }
  }

  @Test(arguments: cases) private func fillsInPartsAsThePeersExchange(one: Case) throws {
    let replay = try play(one)
    #expect(fills(replay) == one.fills, "\(one.name)")
  }

  /// hftbacktest 2.4.4 knows the last part only.
  @Test(arguments: cases) private func everyPartReachesThePosition(one: Case) throws {
    let sign: Int64 = one.order.kind == "buy" ? 1 : -1
    #expect(try play(one).account.positionLots == sign * one.fills.map { $0[2] }.reduce(0, +), "\(one.name)")
  }

  /// hftbacktest 2.4.4 ends here with error 14.
  @Test func anOrderFilledToNothingIsGone() throws {
    #expect(fills(try play(Self.cases[0], then: [(50, .sell, 99, 1)])) == Self.cases[0].fills)
  }
}
