// DERIVED trading rules: the captures carry no exchangeInfo, so these are read off the recordings, not from the venue.

import Market

/// Instruments of the captures and of the synthetic market.
///
/// - Tick: 0.01, the finest price step seen in the recordings of BTCUSDT and ETHUSDT.
/// - Lot: the finest quantity step seen: 0.000001 BTC and 0.00001 ETH, in a handful of displayed levels that would be off
///   a coarser grid. (A test scans the captures for both.)
/// - Minimum notional: 5 USDT, Binance's usual one; all upper bounds are generous round numbers of ours.
/// SYNUSDT is no asset: its market is made up by `SyntheticMarket`.
public enum DerivedRules {
  public static let syntheticSymbol = "SYNUSDT"

  /// - Returns: one instrument per symbol, `InstrumentIndex` in the order given; nil for a symbol without rules.
  public static func instruments(symbols: [String]) -> [Instrument]? {
    var instruments: [Instrument] = []
    for symbol in symbols {
      let index = InstrumentIndex(UInt16(instruments.count))
      guard let one = instrument(symbol: symbol, index: index) else { return nil }
      instruments.append(one)
    }
    return instruments
  }

  private static func instrument(symbol: String, index: InstrumentIndex) -> Instrument? {
    let lotExponents: [String: Int8] = ["BTCUSDT": -6, "ETHUSDT": -5, syntheticSymbol: -5]
    guard let lotExponent = lotExponents[symbol], let name = ShortName(symbol),
      let base = ShortName(String(symbol.dropLast(4))), let quote = ShortName("USDT")
    else { return nil }
    let lotsPerCoin: Int64 = lotExponent == -6 ? 1_000_000 : 100_000
    return Instrument(
      index: index, venue: VenueIndex(0), symbol: name, base: base, quote: quote, settlement: quote,
      tick: DecimalStep(mantissa: 1, exponent: -2), lot: DecimalStep(mantissa: 1, exponent: lotExponent),
      minimumPrice: Price(ticks: 1), maximumPrice: Price(ticks: 1_000_000 * 100),
      minimumQuantity: Quantity(lots: 1), maximumQuantity: Quantity(lots: 9_000 * lotsPerCoin),
      minimumNotional: Amount(units: 5 * Amount.unitsPerCoin),
      maximumNotional: Amount(units: 9_000_000 * Amount.unitsPerCoin))
  }
}
