// What the journal's tests share: seeded numbers, a scratch directory, a session header, counters in memory.

import Foundation
import Journal
import Market
import Pipeline
import Synchronization

/// SplitMix64 (Steele, Lea, Flood 2014): the seed is all there is to know of a run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// A directory of its own, removed with everything in it.
final class ScratchDirectory {
  let path: String
  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))) }
  func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
  }
}

/// Counters of their own, in memory that stays.
func journalCounters() throws -> JournalCounters {
  JournalCounters(try CounterFile(capacityBytes: 64 << 10, entryCapacity: 32).counter)
}

/// A clock that stands where it was set.
final class ManualClock: Sendable {
  private let word = Atomic<Int64>(1_000_000_000)
  var nowNs: Int64 { word.load(ordering: .relaxed) }
  func advance(_ ns: Int64) { word.wrappingAdd(ns, ordering: .relaxed) }
}

let btcusdt = Instrument(
  index: InstrumentIndex(0), venue: VenueIndex(0), definitionVersion: 3, symbol: ShortName("BTCUSDT")!,
  base: ShortName("BTC")!, quote: ShortName("USDT")!, settlement: ShortName("USDT")!,
  tick: DecimalStep(mantissa: 1, exponent: -2), lot: DecimalStep(mantissa: 1, exponent: -5),
  minimumPrice: Price(ticks: 1), maximumPrice: Price(ticks: 100_000_000), minimumQuantity: Quantity(lots: 1),
  maximumQuantity: Quantity(lots: 900_000_000), minimumNotional: Amount(units: 500_000_000),
  maximumNotional: Amount(units: 900_000_000_000_000_000))

func sessionHeader(configuration: String = "mode: paper\n") -> SessionHeader {
  SessionHeader(
    session: 0x0102_0304_0506_0708, startTimeNs: 1_723_161_253_912_345_678, bootEpoch: 12, seed: 99,
    build: "0.1.0 (abcdef0)", strategy: "quoting",
    captures: [CaptureIdentity(name: "btcusdt_20240808.gz", digest: Digest.of("capture"))],
    configuration: configuration, instruments: [btcusdt], stages: [1: "feed", 2: "strategy"])
}

/// Everything a reader hands out, as values that can be compared.
func readAll(_ directory: String) throws -> (records: [JournalRecord], end: JournalEnd) {
  var reader = try JournalReader(directory: directory)
  var records: [JournalRecord] = []
  while let record = try reader.next() { records.append(record) }
  return (records, reader.end!)
}
