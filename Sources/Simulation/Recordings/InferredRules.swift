// INFERRED trading rules of markets whose files carry no definition: what their rows, names and the user say.

public import Market

/// What the user says of an instrument, in the place of what is inferred.
public struct InstrumentTerms: Equatable, Sendable {
  public var base: ShortName?
  public var quote: ShortName?
  public var tick: DecimalStep?
  public var lot: DecimalStep?
  /// In units of the quote asset; of the base asset for inverse contracts.
  public var minimumNotional: Amount?

  public init(
    base: ShortName? = nil, quote: ShortName? = nil, tick: DecimalStep? = nil, lot: DecimalStep? = nil,
    minimumNotional: Amount? = nil
  ) {
    self.base = base
    self.quote = quote
    self.tick = tick
    self.lot = lot
    self.minimumNotional = minimumNotional
  }
}

/// Definitions made of what a file of market data shows.
///
/// * Tick and lot: those of the rows, the finest decimal steps of the file.
/// * Assets: the symbol without an ending that names a contract (`BTCUSD_PERP`), split at a known quote asset.
/// * Minimum notional: 5 of the quote asset, Binance's usual one, for spot and linear contracts; a lot for inverse ones.
/// * Upper bounds: generous round numbers of ours, as far as 64 bits hold the largest order.
public enum InferredRules {
  /// Longest first, so that FDUSD is not read as USD.
  private static let quotes = ["FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "BTC", "ETH", "BNB"]

  /// - Throws: the reason why these files define no instrument.
  public static func instrument(
    _ rows: TapeInstrument, _ terms: InstrumentTerms = InstrumentTerms(), index: InstrumentIndex
  ) throws(RulesError) -> Instrument {
    let named = assets(of: rows.symbol.text)
    guard let base = terms.base ?? named?.base, let quote = terms.quote ?? named?.quote, base != quote else {
      throw RulesError("its symbol does not tell base and quote asset: say them in backtest.instruments")
    }
    let (tick, lot) = (terms.tick ?? rows.tick, terms.lot ?? rows.lot)
    guard rows.tick.multiple(of: tick) != nil, rows.lot.multiple(of: lot) != nil else {
      throw RulesError("the file has prices or quantities between the steps that backtest.instruments says")
    }
    var instrument = Instrument(
      index: index, venue: VenueIndex(0), kind: rows.kind, symbol: rows.symbol, base: base, quote: quote,
      settlement: rows.kind == .inverse ? base : quote, tick: tick, lot: lot, multiplier: rows.multiplier,
      minimumPrice: Price(ticks: 1), maximumPrice: Price(ticks: 0), minimumQuantity: Quantity(lots: 1),
      maximumQuantity: Quantity(lots: 0), minimumNotional: .zero,
      maximumNotional: Amount(units: 9_000_000 * Amount.unitsPerCoin))
    // A price of a million and nine thousand million lots at most.
    instrument.maximumPrice.ticks = max(1, DecimalStep(mantissa: 1, exponent: 6).multiple(of: tick) ?? 1_000_000)
    instrument.maximumQuantity.lots = 9_000_000_000
    let usual = rows.kind == .inverse ? 1 : 5 * Amount.unitsPerCoin
    instrument.minimumNotional = terms.minimumNotional ?? Amount(units: usual)
    return instrument
  }

  private static func assets(of symbol: String) -> (base: ShortName, quote: ShortName)? {
    let pair = symbol.split(separator: "_").first.map(String.init) ?? symbol
    for quote in quotes where pair.hasSuffix(quote) {
      guard let base = ShortName(String(pair.dropLast(quote.count))), let quote = ShortName(quote) else { continue }
      return (base, quote)
    }
    return nil
  }
}

/// Why there are no rules for an instrument.
public struct RulesError: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
