// The `backtest.impact` section: how far the bot's own trades push the market of each instrument.

import Market
import Simulation

/// The impact model of one instrument.
public struct ImpactSettings: Sendable, Equatable {
  public var symbol: String
  /// The quantity that the coefficients are for, in the base asset.
  public var volume: String
  public var permanentTicks: Double
  public var temporaryTicks: Double
  /// 1 is the linear model.
  public var exponent: Double
  public var halfLifeNs: Int64
}

extension ImpactSettings {
  init(symbol: String, _ reader: YAMLReader) throws {
    var reader = reader
    self.symbol = symbol
    let isLinear = try reader.choice("model", ["linear": true, "power": false])
    guard !isLinear || !reader.has("exponent") else { throw reader.fail("exponent", "linear has no exponent") }
    volume = try reader.decimal("volume")
    permanentTicks = try reader.number("permanentTicks", in: 0...1e9)
    temporaryTicks = try reader.number("temporaryTicks", in: 0...1e9)
    exponent = isLinear ? 1 : try reader.number("exponent", in: 0.01...1, default: 0.5)
    halfLifeNs = Int64(try reader.number("halfLifeSeconds", in: 0.001...86_400) * 1e9)
    try reader.finish()
  }

  /// The model in ticks and lots.
  ///
  /// - Throws: `SessionError` for a volume that is off the instrument's grid.
  func model(_ instrument: Instrument) throws -> any ImpactModel {
    guard let lots = DecimalText.parse(volume, step: instrument.lot) else {
      throw SessionError("backtest.impact.\(symbol).volume: \(volume) is no whole number of lots")
    }
    let volume = Double(lots)
    guard exponent == 1 else {
      return PowerImpact(
        permanentTicks: permanentTicks, temporaryTicks: temporaryTicks, volumeLots: volume, exponent: exponent,
        halfLifeNs: halfLifeNs)
    }
    return LinearImpact(
      permanentTicksPerLot: permanentTicks / volume, temporaryTicksPerLot: temporaryTicks / volume,
      halfLifeNs: halfLifeNs)
  }
}
