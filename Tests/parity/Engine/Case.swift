// One strategy under one pair of models, as the driver names it.

import Foundation
import Market
import Simulation

/// `grid:INTERVAL_NS:LEVELS:DISTANCE:STEP:LOTS:LIMIT` or `aggressive:INTERVAL_NS:LOTS:LIMIT`; then `risk` or `power:N`; then
/// `constant:ENTRY_NS:RESPONSE_NS` or `file:PATH` of little-endian triples (request, exchange, response time).
final class Case {
  let settings: ReplaySettings
  private let strategy: [String]
  private let numbers: [Int64]
  private(set) var orders = 0

  init(_ words: ArraySlice<String>) throws {
    guard words.count == 3, let first = words.first else {
      throw ParityError(description: "a case is a strategy, a queue and a latency: \(words)")
    }
    strategy = first.split(separator: ":").map(String.init)
    numbers = strategy.dropFirst().compactMap { Int64($0) }
    guard (strategy[0] == "grid" && numbers.count == 6) || (strategy[0] == "aggressive" && numbers.count == 3) else {
      throw ParityError(description: "no strategy: \(first)")
    }
    settings = ReplaySettings(
      latency: try Self.latency(words[words.startIndex + 2]), queue: try Self.queue(words[words.startIndex + 1]),
      fees: ReplayFees(maker: 0.0002, taker: 0.0007))
  }

  /// Runs and notes the position whenever it has changed at a wake.
  func run(_ tape: ReplayTape) throws -> (replay: AnyReplay, positions: [(Int64, Int64)]) {
    let replay = try AnyReplay.make(tape, settings)
    let positions = try strategy[0] == "grid" ? observed(grid, replay) : observed(aggressive, replay)
    return (replay, positions)
  }

  func runBare(_ replay: AnyReplay) throws {
    if strategy[0] == "grid" {
      var strategy = grid
      try replay.run(&strategy)
    } else {
      var strategy = aggressive
      try replay.run(&strategy)
    }
  }

  private func observed<Strategy: ReplayStrategy>(_ strategy: Strategy, _ replay: AnyReplay) throws -> [(Int64, Int64)]
  {
    var observer = Observer(strategy: strategy)
    try replay.run(&observer)
    orders = observer.orders
    return observer.positions
  }

  private var grid: Grid {
    Grid(
      intervalNs: numbers[0], levels: numbers[1], distanceTicks: numbers[2], stepTicks: numbers[3], lots: numbers[4],
      greatestPositionLots: numbers[5])
  }

  private var aggressive: Aggressive {
    Aggressive(intervalNs: numbers[0], lots: numbers[1], greatestPositionLots: numbers[2])
  }

  private static func queue(_ word: String) throws -> QueueChoice {
    if word == "risk" { return .riskAverse }
    guard word.hasPrefix("power:"), let n = Double(word.dropFirst(6)) else {
      throw ParityError(description: "no queue model: \(word)")
    }
    return .power(n)
  }

  private static func latency(_ word: String) throws -> LatencyChoice {
    let parts = word.split(separator: ":")
    if parts.count == 3, parts[0] == "constant", let entry = Int64(parts[1]), let response = Int64(parts[2]) {
      return .constant(ConstantLatency(entryNs: entry, responseNs: response))
    }
    guard word.hasPrefix("file:"), let data = FileManager.default.contents(atPath: String(word.dropFirst(5))),
      data.count >= 24, data.count % 24 == 0
    else { throw ParityError(description: "no latency: \(word)") }
    let measured = data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 24).map { place in
        func word(_ i: Int) -> Int64 {
          Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 8 * i, as: Int64.self))
        }
        return MeasuredLatency(requestTimeNs: word(0), exchangeTimeNs: word(1), responseTimeNs: word(2))
      }
    }
    return .interpolated(InterpolatedLatency(measured))
  }
}

/// A strategy under observation.
private struct Observer<Strategy: ReplayStrategy>: ReplayStrategy {
  var strategy: Strategy
  var positions: [(Int64, Int64)] = []
  var orders = 0

  init(strategy: Strategy) { self.strategy = strategy }

  var intervalNs: Int64 { strategy.intervalNs }

  mutating func wake(_ desk: inout ReplayDesk) {
    let position = desk.account.positionLots
    if position != positions.last?.1 ?? 0 { positions.append((desk.timeNs, position)) }
    strategy.wake(&desk)
    orders = desk.submitted
  }
}
