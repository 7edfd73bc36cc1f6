// `backtest.instruments`: what files of market data do not say of their instruments.

import Market
import Simulation

extension InstrumentTerms {
  /// `{base: BTC, quote: USDT, tick: 0.1, lot: 0.001, minimumNotional: 100}`, each of them optional.
  init(_ reader: YAMLReader) throws {
    var reader = reader
    func asset(_ name: String) throws -> ShortName? {
      guard reader.has(name) else { return nil }
      guard let asset = ShortName(try reader.string(name)) else { throw reader.fail(name, "1 to 15 characters") }
      return asset
    }
    func step(_ name: String) throws -> DecimalStep? {
      guard reader.has(name) else { return nil }
      guard let step = DecimalStep(decimal: try reader.decimal(name)) else {
        throw reader.fail(name, "a step of at most 12 decimals is expected")
      }
      return step
    }
    self.init(base: try asset("base"), quote: try asset("quote"), tick: try step("tick"), lot: try step("lot"))
    if reader.has("minimumNotional") {
      let text = try reader.decimal("minimumNotional")
      guard let units = DecimalText.parse(text, step: DecimalStep.amount) else {
        throw reader.fail("minimumNotional", "an amount of at most 8 decimals is expected")
      }
      minimumNotional = Amount(units: units)
    }
    try reader.finish()
  }

  /// Terms by symbol.
  static func all(_ reader: YAMLReader) throws -> [String: InstrumentTerms] {
    Dictionary(uniqueKeysWithValues: try reader.bySymbol { ($0, try InstrumentTerms($1)) })
  }
}

extension DecimalStep {
  /// The step that a positive decimal number is; nil for one of more than 12 decimals or digits that do not fit.
  init?(decimal text: String) {
    guard var mantissa = DecimalText.parse(text, step: DecimalStep(mantissa: 1, exponent: -12)), mantissa > 0 else {
      return nil
    }
    var exponent: Int8 = -12
    while mantissa % 10 == 0 {
      mantissa /= 10
      exponent += 1
    }
    self.init(mantissa: mantissa, exponent: exponent)
  }
}
