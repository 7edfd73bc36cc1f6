// The replay engine against its reference on random markets, latencies and orders.

import Foundation
import Market
import Simulation
import Support
import Testing

struct ReplayPropertyTests {
  /// Crossed books, empty sides, snapshots with clears, late and early rows: everything in a few ticks.
  private func market(_ random: inout SeededRandom, rows count: Int) throws -> Tape {
    var localNs: Int64 = 1_000_000
    var middle: Int64 = 200
    let rows = (0..<count).map { _ -> TapeRow in
      localNs += Int64.random(in: 0...4, using: &random) * 100
      if Int.random(in: 0..<20, using: &random) == 0 { middle += Int64.random(in: -3...3, using: &random) }
      let kinds: [TapeRowKind] = [
        .level, .level, .level, .level, .level, .snapshotLevel, .trade, .trade, .touch, .clear,
      ]
      var kind = kinds.randomElement(using: &random)!
      if kind == .clear, Int.random(in: 0..<10, using: &random) > 0 { kind = .level }
      let side: Side = Bool.random(using: &random) ? .buy : .sell
      let away = Int64.random(in: -1...12, using: &random)
      let ticks = kind == .clear && Bool.random(using: &random) ? 0 : middle - side.sign * away
      let lots = kind == .clear ? 0 : max(kind == .trade ? 1 : 0, Int64.random(in: -5...9, using: &random))
      return TapeRow(
        kind: kind, side: side, exchangeTimeNs: localNs - Int64.random(in: 0...8, using: &random) * 100,
        localTimeNs: localNs, price: Price(ticks: ticks), quantity: Quantity(lots: lots), endsMessage: true)
    }
    return try Tape(instrument: testInstrument, rows: rows)
  }

  private func script(_ random: inout SeededRandom, wakes: Int) -> [[ScriptedAction]] {
    var nextId: UInt64 = 1
    let lives: [ReplayTimeInForce] = [.goodTillCancel, .goodTillCancel, .postOnly, .fillOrKill, .immediateOrCancel]
    return (0..<wakes).map { _ in
      (0..<Int.random(in: 0...3, using: &random)).map { _ in
        if Int.random(in: 0..<3, using: &random) == 0 {
          return .cancel(id: UInt64.random(in: 1...nextId, using: &random))
        }
        nextId += 1
        return .submit(
          id: nextId, side: Bool.random(using: &random) ? .buy : .sell,
          ticks: Int64.random(in: 185...215, using: &random), lots: Int64.random(in: 1...8, using: &random),
          timeInForce: lives.randomElement(using: &random)!)
      }
    }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func agreesWithTheReference(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let tape = try market(&random, rows: 1200)
    let actions = script(&random, wakes: 300)
    let entryNs = [0, 100, 250, 1000, -300].randomElement(using: &random)!
    let responseNs = Int64.random(in: 0...10, using: &random) * 100
    let intervalNs = Int64.random(in: 3...10, using: &random) * 100
    let isPartial = seed % 2 == 1

    let reference = ReferenceReplay(entryNs: Int64(entryNs), responseNs: responseNs, isPartial: isPartial)
    reference.run(tape.rows, intervalNs: intervalNs, actions: actions)
    let settings = ReplaySettings(
      latency: .constant(ConstantLatency(entryNs: Int64(entryNs), responseNs: responseNs)), queue: .riskAverse,
      fees: ReplayFees(maker: 0, taker: 0), fills: isPartial ? .partial : .whole)
    let replay = try AnyReplay.make(ReplayTape(tape), settings)
    var strategy = ScriptedStrategy(intervalNs: intervalNs, actions: actions)
    try replay.run(&strategy)

    #expect(sorted(replay.fills) == sorted(reference.fills))
    #expect(strategy.positions == reference.positions)
    if entryNs >= 0 { #expect(replay.fills.count > 20) }
  }

  /// A file that is read a piece at a time gives what the same rows in memory give, in less memory than they have.
  @Test(arguments: 0..<6 as Range<UInt64>)
  func aStreamedTapeGivesTheSame(seed: UInt64) throws {
    var random = SeededRandom(1000 + seed)
    let tape = try market(&random, rows: 3000)
    let actions = script(&random, wakes: 800)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).tape").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var writer = try TapeWriter(path: path, instrument: testInstrument, rowsPerBlock: 100)
    for row in tape.rows { try writer.append(row) }
    _ = try writer.finish()
    let settings = ReplaySettings(
      latency: .constant(ConstantLatency(entryNs: 300, responseNs: 200)), queue: .power(2),
      fees: ReplayFees(maker: 0.001, taker: 0.002), fills: .partial)
    let markets: [any ReplayMarket] = [try ReplayTape(tape), try TapeStream(path: path, rowsInMemory: 64)]
    let results = try markets.map { market -> AnyReplay in
      let replay = try AnyReplay.make(market, settings)
      var strategy = ScriptedStrategy(intervalNs: 500, actions: actions)
      try replay.run(&strategy)
      return replay
    }
    #expect(results[0].fills == results[1].fills)
    #expect(results[0].fills.count > 100)
    #expect(results[0].account.fee.bitPattern == results[1].account.fee.bitPattern)
    #expect(throws: TapeError.self) {
      let replay = try AnyReplay.make(try TapeStream(path: path, rowsInMemory: 3), settings)
      var strategy = ScriptedStrategy(intervalNs: 500, actions: [])
      try replay.run(&strategy)
    }
  }

  /// The order within one time is nobody's promise.
  private func sorted(_ fills: [ReplayFill]) -> [ReplayFill] {
    fills.sorted {
      ($0.exchangeTimeNs, $0.order, $0.price.ticks, $0.quantity.lots)
        < ($1.exchangeTimeNs, $1.order, $1.price.ticks, $1.quantity.lots)
    }
  }

  @Test(.enabled(if: sharedData != nil)) func twoRunsAreEqual() throws {
    let tape = try ReplayTape(try recordedTape("coinm/btcusd_perp_20240809"))
    var random = SeededRandom(77)
    let middle = try #require(recordedTape("coinm/btcusd_perp_20240809").rows.first { $0.kind == .trade }).price.ticks
    let actions = (0..<2000).map { wake -> [ScriptedAction] in
      [
        .submit(
          id: UInt64(wake + 1), side: wake % 2 == 0 ? .buy : .sell,
          ticks: middle + Int64.random(in: -60...60, using: &random), lots: 3, timeInForce: .goodTillCancel)
      ]
    }
    let parameters = HeavyTailedLatency.Parameters(
      medianNs: 8e6, sigma: 0.7, memoryNs: 5e9, tailProbability: 0.02, tailIndex: 1.5, greatestNs: 5e9)
    let settings = ReplaySettings(
      latency: .heavyTailed(
        HeavyTailedLatency(entry: parameters, response: parameters, lossProbability: 0.01, seed: 5)),
      queue: .log, fees: ReplayFees(maker: -0.0001, taker: 0.0005))
    let runs = try (0..<2).map { _ -> AnyReplay in
      let replay = try AnyReplay.make(tape, settings)
      var strategy = ScriptedStrategy(intervalNs: 100_000_000, actions: actions)
      try replay.run(&strategy)
      return replay
    }
    #expect(runs[0].fills == runs[1].fills)
    #expect(runs[0].fills.count > 500)
    #expect(runs[0].account.balance.bitPattern == runs[1].account.balance.bitPattern)
    #expect(runs[0].account.fee.bitPattern == runs[1].account.fee.bitPattern)
  }
}

let testInstrument = TapeInstrument(
  symbol: ShortName("TEST")!, kind: .linear, tick: DecimalStep(mantissa: 1, exponent: 0),
  lot: DecimalStep(mantissa: 1, exponent: 0))
