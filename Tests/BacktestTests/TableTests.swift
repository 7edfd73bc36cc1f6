import Backtest
import Foundation
import Market
import Simulation
import Testing

@Suite struct TableTests {
  private func lines(_ folder: URL, _ name: String) throws -> [String] {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test func everyRowIsWritten() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-tables-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let tables = try ResultTables(folder: folder)
    let scene = Scene(
      [.linear("X")], RecorderConfiguration(sampleNs: 1_000_000_000, maximumSamples: 16, maximumFills: 4),
      tables: tables)
    scene.touch(0, 999, 1001, at: 0)
    for second in 0..<40 {
      let time = Double(second)
      scene.place(UInt64(second), .buy, 999, 2, at: time + 0.25)
      scene.fill(UInt64(second), .buy, 999, 2, at: time + 0.5, maker: true, fee: -7)
      scene.order(.filled, UInt64(second), .buy, 999, 2, at: time + 0.5)
    }
    scene.recorder.funding(InstrumentIndex(0), Amount(units: -150_000_000), timeNs: Scene.ns(40))
    let result = scene.end(at: 60)
    try tables.close()

    let fills = try lines(folder, "fills.csv")
    #expect(fills.count == 41 && result.fills.count <= 4)
    #expect(fills[1] == "0,500000000,X,0,buy,1,0,99.9,0.002,0.19980000,2000,-0.00000007,USDT")
    let equity = try lines(folder, "equity.csv")
    #expect(equity.count == 62 && result.sampleTimesNs.count <= 16)
    #expect(equity[1] == "0,X,0.00000000,0.000,2000")
    #expect(equity[2] == "1000000000,X,0.00020007,0.002,2000")
    #expect(try lines(folder, "orders.csv").count == 81)
    #expect(try lines(folder, "orders.csv")[1] == "250000000,X,0,placed,buy,99.9,0.002")
    #expect(
      try lines(folder, "funding.csv") == [
        "time_ns,instrument,kind,received,asset", "40000000000,X,funding,-1.50000000,USDT",
      ])
    // All at 0.1, 1 and 10 s; at 60 s none, for the run ended after 59.5 s.
    #expect(try lines(folder, "markouts.csv").count == 1 + 40 * 3)
    #expect(try lines(folder, "markouts.csv")[1] == "0,X,0.1,1.0")
  }

  @Test func anIntervalIsOfOneRunTwice() throws {
    let one = Scene([.linear("X")]).end(at: 1)
    let other = Scene([.linear("X")]).end(at: 2)
    #expect(throws: ResultInterval.Problem.differentRuns) { try ResultInterval(pessimistic: one, optimistic: other) }
  }

  /// The queue that fills more may earn less: the range is sorted, its ends keep their names.
  @Test func theRangeIsSorted() throws {
    func run(_ fills: Int) -> BacktestResult {
      let scene = Scene([.linear("X")])
      scene.touch(0, 999, 1001, at: 0)
      for number in 0..<fills { scene.fill(UInt64(number), .buy, 1001, 1, at: 1, maker: true) }
      return scene.end(at: 2)
    }
    let interval = try ResultInterval(pessimistic: run(1), optimistic: run(3))
    let profit = interval.figure(.profit, scope: 0)
    #expect(profit.pessimistic == .amount(Amount(units: -10_000)))
    #expect(profit.range == (-0.0003)...(-0.0001))
    #expect(interval.figure(.hitRate, scope: 0).range == nil)
    let three = try ResultInterval(pessimistic: run(1), expected: run(2), optimistic: run(3)).json
    #expect(three["runs"]?.elements?.compactMap(\.string) == ["pessimistic", "expected", "optimistic"])
    let profits = three["intervals"]?.elements?.first?["figures"]?["profit"]?.elements
    #expect(profits?.compactMap(\.real) == [-0.0001, -0.0002, -0.0003])
    #expect(three["expected"] == run(2).json)
  }
}
