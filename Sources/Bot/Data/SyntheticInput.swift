// A synthetic market as the input of `apus import`, for so long of its own time.

import Foundation
import Market
import Simulation

/// Rows of a seeded market. One owner, one thread.
final class SyntheticInput {
  /// The presets by name; a calibrated file is given by its path.
  static let presets = ["plain": HawkesParameters.plain]
  static let instrument = TapeInstrument(
    symbol: DerivedRules.instruments(symbols: [DerivedRules.syntheticSymbol])![0].symbol, kind: .spot,
    tick: DecimalStep(mantissa: 1, exponent: -2), lot: DecimalStep(mantissa: 1, exponent: -5))

  private var market: HawkesMarket
  private let endNs: Int64
  private let rows: UnsafeMutableBufferPointer<TapeRow>
  private var count = 0
  private var place = 0

  /// - Parameter parameters: a preset's name or the path of a parameter file.
  init(_ parameters: String, seed: UInt64, seconds: Double) throws {
    let text = FileManager.default.contents(atPath: parameters)
    guard let found = try text.map({ try HawkesParameters(parsing: $0) }) ?? Self.presets[parameters] else {
      throw SessionError(
        "\(parameters): is neither a file nor a preset (\(Self.presets.keys.sorted().joined(separator: ", ")))")
    }
    market = try HawkesMarket(found, seed: seed)
    endNs = market.timeNs + Int64(seconds * 1e9)
    rows = .allocate(capacity: HawkesMarket.rowsPerMessage)
  }

  deinit { rows.deallocate() }

  func next() -> TapeRow? {
    if place == count {
      guard let memory = rows.baseAddress else { return nil }
      count = market.next(into: memory)
      place = 0
      guard market.timeNs <= endNs else {
        count = 0
        return nil
      }
    }
    defer { place += 1 }
    return rows[place]
  }
}
