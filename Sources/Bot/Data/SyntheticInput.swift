// A synthetic market as the input of `apus import`, for so long of its own time.

import Foundation
import Market
import Simulation

/// Rows of a seeded market. One owner, one thread.
final class SyntheticInput {
  static let instrument = TapeInstrument(
    symbol: DerivedRules.instruments(symbols: [DerivedRules.syntheticSymbol])![0].symbol, kind: .spot,
    tick: DecimalStep(mantissa: 1, exponent: -2), lot: DecimalStep(mantissa: 1, exponent: -5))

  private let messages: any MessageSource
  private let endNs: Int64
  private let rows: UnsafeMutableBufferPointer<TapeRow>
  private var count = 0
  private var place = 0

  /// - Parameter parameters: a preset's name or the path of a parameter file.
  init(_ parameters: String, seed: UInt64, seconds: Double) throws {
    let text = FileManager.default.contents(atPath: parameters)
    let presets = SyntheticParameters.presets
    let preset = presets.first { $0.name == parameters }?.parameters
    guard let found = try text.map({ try SyntheticParameters(parsing: $0) }) ?? preset else {
      throw SessionError(
        "\(parameters): is neither a file nor a preset (\(presets.map(\.name).joined(separator: ", ")))")
    }
    messages =
      switch found {
      case .hawkes(let parameters): Messages(try HawkesMarket(parameters, seed: seed))
      case .queueReactive(let parameters): Messages(try QueueReactiveMarket(parameters, seed: seed))
      }
    endNs = messages.timeNs + Int64(seconds * 1e9)
    rows = .allocate(capacity: messages.rowsPerMessage)
  }

  deinit { rows.deallocate() }

  func next() -> TapeRow? {
    if place == count {
      guard let memory = rows.baseAddress else { return nil }
      count = messages.next(into: memory)
      place = 0
      guard messages.timeNs <= endNs else {
        count = 0
        return nil
      }
    }
    defer { place += 1 }
    return rows[place]
  }
}

/// The messages of a market of either model.
private protocol MessageSource: AnyObject {
  var rowsPerMessage: Int { get }
  var timeNs: Int64 { get }
  func next(into rows: UnsafeMutablePointer<TapeRow>) -> Int
}

private final class Messages<Source: InteractiveMarket & ~Copyable>: MessageSource {
  private var market: Source
  init(_ market: consuming Source) { self.market = market }

  var rowsPerMessage: Int { Source.rowsPerMessage }
  var timeNs: Int64 { market.timeNs }
  func next(into rows: UnsafeMutablePointer<TapeRow>) -> Int { market.next(into: rows) }
}
