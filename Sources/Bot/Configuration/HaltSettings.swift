// The `backtest.halts` section: when the venue does not trade.

import Market
import Simulation

/// One halt of trading, in nanoseconds from the first message of the input.
public struct HaltSettings: Sendable, Equatable {
  /// Nil: every instrument.
  public var symbol: String?
  public var fromNs: Int64
  public var toNs: Int64
}

extension HaltSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    symbol = reader.has("instrument") ? try reader.string("instrument") : nil
    // A hundred years is more than any recording has.
    let from = try reader.number("fromSeconds", in: 0...3e9)
    let to = try reader.number("toSeconds", in: 0...3e9)
    guard from < to else { throw reader.fail("toSeconds", "the halt ends before it begins") }
    try reader.finish()
    (fromNs, toNs) = (Int64(from * 1e9), Int64(to * 1e9))
  }

  /// - Parameter firstNs: when the input begins.
  func halt(_ instruments: [Instrument], firstNs: Int64) -> TradingHalt {
    TradingHalt(
      instruments.first { $0.symbol.text == symbol }?.index, fromNs: firstNs + fromNs, toNs: firstNs + toNs)
  }
}
