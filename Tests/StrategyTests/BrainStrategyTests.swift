// The brain as a strategy: its clock does not see the load, the same inputs give the same bytes, nothing allocates.

import Brain
import Foundation
import MallocCounter
import Market
import Pipeline
import Strategy
import Testing

@Suite struct BrainStrategyTests {
  private static let modelPath = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Sources/Bot/Models/btcusdt-2s.safetensors").path

  private static func brain() throws -> BrainStrategy {
    let amount = Amount(units: 100 * Amount.unitsPerCoin)
    return BrainStrategy(try BrainModel(path: modelPath), BrainStrategy.Parameters(orderAmount: amount))
  }

  private static func combined() throws -> CombinedStrategy {
    let amount = Amount(units: 100 * Amount.unitsPerCoin)
    return CombinedStrategy(
      quoting: AvellanedaStoikov.Parameters(orderAmount: amount), brain: try brain(), turnNs: 5_000_000_000)
  }

  /// A market that walks: depth messages every few milliseconds, trades between them.
  private static func push<S: TradingStrategy & ~Copyable>(
    _ bench: Bench<S>, messages: Range<Int>, bid: inout Int64, random: inout SplitMix
  ) {
    for i in messages {
      let timeNs = Int64(i) * 7_000_000
      if i % 3 == 2 {
        bench.push(.trade, random.coin() ? .buy : .sell, price: bid, lots: 3, atNs: timeNs)
        continue
      }
      if random.coin() {
        bench.pushDepth(.buy, price: bid, lots: 0, atNs: timeNs)
        bid -= 1
        bench.pushDepth(.sell, price: bid + 1, lots: Int64(random.below(200)) + 1, atNs: timeNs)
        bench.pushDepth(.buy, price: bid, lots: Int64(random.below(200)) + 1, atNs: timeNs)
      } else {
        bench.pushDepth(.sell, price: bid + 1, lots: 0, atNs: timeNs)
        bid += 1
        bench.pushDepth(.buy, price: bid, lots: Int64(random.below(200)) + 1, atNs: timeNs)
        bench.pushDepth(.sell, price: bid + 1, lots: Int64(random.below(200)) + 1, atNs: timeNs)
      }
    }
  }

  /// Plays the same market in steps of `batch` messages.
  private static func play<S: TradingStrategy & ~Copyable>(_ bench: Bench<S>, batch: Int) -> [[UInt8]] {
    var random = SplitMix(state: 99)
    var bid: Int64 = 6_000_000
    bench.pushSnapshot(bid: bid, ask: bid + 1, atNs: 1)
    var records: [[UInt8]] = []
    for start in stride(from: 1, to: 3000, by: batch) {
      push(bench, messages: start..<min(start + batch, 3000), bid: &bid, random: &random)
      bench.step(atNs: Int64(start + batch) * 7_000_000)
      _ = bench.drainIntents()
      records += bench.drainRecords()
    }
    return records
  }

  @Test func recurrenceDoesNotDependOnLoad() throws {
    var forecasts: [[ForecastRecord]] = []
    for batch in [1, 10, 100] {
      let bench = try Bench<BrainStrategy> { _ in try! Self.brain() }
      let records = Self.play(bench, batch: batch).filter { $0.recordType == RecordType.forecast.rawValue }
      forecasts.append(records.map { $0.payload(as: ForecastRecord.self) })
      #expect(try bench.counters.reader().counters()["strategy0.samples"] == 209)
    }
    // A step records the forecast that its decision rests on: the coarser plays' are among the finest one's.
    #expect(forecasts[0].count == 209)
    for coarse in forecasts[1...] {
      #expect(coarse.count > 10)
      #expect(coarse.allSatisfy { forecasts[0].contains($0) })
    }
  }

  @Test func sameInputsGiveTheSameBytes() throws {
    let records = try (0..<2).map { _ in
      Self.play(try Bench<CombinedStrategy> { _ in try! Self.combined() }, batch: 5)
    }
    #expect(records[0] == records[1])
    #expect(records[0].contains { $0.recordType == RecordType.forecast.rawValue })
  }

  @Test func turnsHandOverWithoutOrdersLeft() throws {
    let bench = try Bench<CombinedStrategy> { _ in try! Self.combined() }
    bench.pushSnapshot(bid: 6_000_000, ask: 6_000_001, atNs: 1)
    bench.step(atNs: 2)
    let quotes = bench.drainIntents().filter { $0.kind == .place }
    #expect(quotes.map(\.type) == [.limitMaker, .limitMaker])
    for quote in quotes { bench.push(.working, quote.intent.rawValue) }
    bench.pushDepth(.buy, price: 6_000_000, lots: 7, atNs: 5_000_000_000)
    bench.step(atNs: 5_000_000_000)
    #expect(bench.drainIntents().map(\.kind) == [.touch, .cancelAll])
    bench.pushDepth(.buy, price: 6_000_000, lots: 8, atNs: 5_000_000_001)
    bench.step(atNs: 5_000_000_001)
    #expect(bench.drainIntents().map(\.kind) == [.touch], "the new turn waits for the cancels")
  }

  @Test func stepsDoNotAllocate() throws {
    // Debug builds take a thousandth: generics that are not specialised there make the loop slow.
    var isDebug = false
    assert({ isDebug = true }() == ())
    let target = isDebug ? 5_000 : 1_000_000
    let bench = try Bench<CombinedStrategy> { _ in try! Self.combined() }
    var random = SplitMix(state: 3)
    var bid: Int64 = 6_000_000
    bench.pushSnapshot(bid: bid, ask: bid + 1, atNs: 1)
    bench.step(atNs: 1)
    var (events, allocations, message) = (0, UInt64(0), 1)
    while events < target {
      Self.push(bench, messages: message..<message + 50, bid: &bid, random: &random)
      message += 50
      let before = malloc_counter_value()
      events += bench.step(atNs: Int64(message) * 7_000_000)
      allocations += malloc_counter_value() - before
      _ = bench.drainIntents()
      _ = bench.records.drain { _ in }
    }
    #expect(allocations == 0)
  }
}

/// Seeded randomness: SplitMix64 (Steele, Lea & Flood 2014).
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func coin() -> Bool { next() >> 63 == 1 }
  mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }
}
