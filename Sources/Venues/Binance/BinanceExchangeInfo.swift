// Trading rules: `GET /api/v3/exchangeInfo` to instrument definitions. Cold; allocates and throws.
//
// Format: binance-spot-api-docs, rest-api.md, "Exchange information", and filters.md.

import Foundation
public import Market

/// Why trading rules were refused; each names the symbol and the field.
public enum ExchangeInfoError: Error, Equatable, CustomStringConvertible {
  case notJSON(String)
  case missing(symbol: String, field: String)
  case unusable(symbol: String, field: String, value: String)
  case notTrading(symbol: String, status: String)
  case unknownSymbol(String)

  public var description: String {
    switch self {
    case .notJSON(let why): "exchangeInfo is not the documented JSON: \(why)"
    case .missing(let symbol, let field): "exchangeInfo of \(symbol) has no \(field)"
    case .unusable(let symbol, let field, let value): "exchangeInfo of \(symbol): \(field) cannot be \"\(value)\""
    case .notTrading(let symbol, let status): "\(symbol) is not trading: its status is \(status)"
    case .unknownSymbol(let symbol): "exchangeInfo does not carry \(symbol): check the name in the configuration"
    }
  }
}

/// Reads exchangeInfo.
public enum BinanceExchangeInfo {
  /// The definitions of `symbols` (upper case), indexed in the order given.
  ///
  /// - Parameters:
  ///   - body: the whole response.
  ///   - firstIndex: the session's index of the first symbol.
  ///   - definitionVersion: of all of them; a later fetch makes a later version.
  public static func instruments(
    _ body: [UInt8], symbols: [String], venue: VenueIndex, firstIndex: UInt16 = 0, definitionVersion: UInt16 = 1
  ) throws(ExchangeInfoError) -> [Instrument] {
    let entries = try entries(body)
    var instruments: [Instrument] = []
    for (i, symbol) in symbols.enumerated() {
      guard let entry = entries.first(where: { $0["symbol"] as? String == symbol }) else {
        throw .unknownSymbol(symbol)
      }
      let rules = SymbolRules(symbol: symbol, entry: entry)
      let index = InstrumentIndex(firstIndex + UInt16(i))
      instruments.append(try rules.instrument(index, venue, definitionVersion))
    }
    return instruments
  }

  /// Checks that each of the symbols allows orders with that mode (`allowedSelfTradePreventionModes`).
  public static func check(
    _ body: [UInt8], symbols: [String], allow mode: BinanceSelfTradePrevention
  ) throws(ExchangeInfoError) {
    let entries = try entries(body)
    for symbol in symbols {
      guard let entry = entries.first(where: { $0["symbol"] as? String == symbol }) else {
        throw .unknownSymbol(symbol)
      }
      let field = "allowedSelfTradePreventionModes"
      guard let allowed = entry[field] as? [String] else { throw .missing(symbol: symbol, field: field) }
      guard allowed.contains(mode.rawValue) else {
        throw .unusable(symbol: symbol, field: field, value: mode.rawValue)
      }
    }
  }

  private static func entries(_ body: [UInt8]) throws(ExchangeInfoError) -> [[String: Any]] {
    let root: Any
    do { root = try JSONSerialization.jsonObject(with: Data(body)) } catch { throw .notJSON("\(error)") }
    guard let entries = (root as? [String: Any])?["symbols"] as? [[String: Any]] else { throw .notJSON("no symbols") }
    return entries
  }
}

/// One symbol's entry.
private struct SymbolRules {
  let symbol: String
  let entry: [String: Any]

  func instrument(
    _ index: InstrumentIndex, _ venue: VenueIndex, _ version: UInt16
  ) throws(ExchangeInfoError) -> Instrument {
    let status = try text(entry, "status")
    guard status == "TRADING" else { throw .notTrading(symbol: symbol, status: status) }
    let price = try filter("PRICE_FILTER")
    let lotSize = try filter("LOT_SIZE")
    let tick = try step(price, "tickSize", of: "PRICE_FILTER")
    let lot = try step(lotSize, "stepSize", of: "LOT_SIZE")
    let quote = try name("quoteAsset")
    let (minimum, maximum) = try notional()
    return Instrument(
      index: index, venue: venue, definitionVersion: version, symbol: try name("symbol"),
      base: try name("baseAsset"), quote: quote, settlement: quote, tick: tick, lot: lot,
      minimumPrice: Price(ticks: try steps(price, "minPrice", tick)),
      maximumPrice: Price(ticks: try steps(price, "maxPrice", tick)),
      minimumQuantity: Quantity(lots: try steps(lotSize, "minQty", lot)),
      maximumQuantity: Quantity(lots: try steps(lotSize, "maxQty", lot)), minimumNotional: minimum,
      maximumNotional: maximum)
  }

  private func filter(_ type: String) throws(ExchangeInfoError) -> [String: Any] {
    guard let filters = entry["filters"] as? [[String: Any]] else { throw .missing(symbol: symbol, field: "filters") }
    guard let found = filters.first(where: { $0["filterType"] as? String == type }) else {
      throw .missing(symbol: symbol, field: type)
    }
    return found
  }

  /// NOTIONAL has both bounds; MIN_NOTIONAL, which it replaces, only the lower one.
  private func notional() throws(ExchangeInfoError) -> (Amount, Amount) {
    let filters = entry["filters"] as? [[String: Any]] ?? []
    if filters.contains(where: { $0["filterType"] as? String == "NOTIONAL" }) {
      let rule = try filter("NOTIONAL")
      return (try amount(rule, "minNotional"), try amount(rule, "maxNotional"))
    }
    guard filters.contains(where: { $0["filterType"] as? String == "MIN_NOTIONAL" }) else {
      throw .missing(symbol: symbol, field: "NOTIONAL or MIN_NOTIONAL")
    }
    return (try amount(try filter("MIN_NOTIONAL"), "minNotional"), Amount(units: .max))
  }

  private func text(_ fields: [String: Any], _ field: String) throws(ExchangeInfoError) -> String {
    guard let value = fields[field] as? String else { throw .missing(symbol: symbol, field: field) }
    return value
  }

  private func name(_ field: String) throws(ExchangeInfoError) -> ShortName {
    let value = try text(entry, field)
    guard value.utf8.allSatisfy({ $0.isAlphanumeric }), let name = ShortName(value) else {
      throw .unusable(symbol: symbol, field: field, value: value)
    }
    return name
  }

  private func amount(_ rule: [String: Any], _ field: String) throws(ExchangeInfoError) -> Amount {
    Amount(units: try steps(rule, field, .amount))
  }

  private func steps(
    _ rule: [String: Any], _ field: String, _ step: DecimalStep
  ) throws(ExchangeInfoError) -> Int64 {
    let value = try text(rule, field)
    guard let steps = DecimalText.parse(value, step: step), steps >= 0 else {
      throw .unusable(symbol: symbol, field: field, value: value)
    }
    return steps
  }

  /// "0.01000000" is 1 × 10^-2: the mantissa without trailing zeros, so that texts carry no more decimals than needed.
  private func step(_ rule: [String: Any], _ field: String, of type: String) throws(ExchangeInfoError) -> DecimalStep {
    let value = try text(rule, field)
    guard var mantissa = DecimalText.parse(value, step: .amount), mantissa > 0 else {
      throw .unusable(symbol: symbol, field: "\(type).\(field)", value: value)
    }
    var exponent: Int8 = -8
    while mantissa % 10 == 0, exponent < 0 {
      mantissa /= 10
      exponent += 1
    }
    return DecimalStep(mantissa: mantissa, exponent: exponent)
  }
}

extension UInt8 {
  fileprivate var isAlphanumeric: Bool {
    (self | 0x20) &- UInt8(ascii: "a") < 26 || self &- UInt8(ascii: "0") < 10
  }
}
