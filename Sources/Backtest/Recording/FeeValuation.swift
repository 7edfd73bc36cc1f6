// A fee in another asset than the one a contract settles in, valued at the price of its moment.

public import Market

/// What one whole coin of a third asset is worth where no instrument of the run trades it: stated, not observed.
public struct FeePrice: Equatable, Sendable {
  public var asset: ShortName
  /// The asset that the price is in.
  public var settlement: ShortName
  /// In units of the settlement asset.
  public var price: Amount

  public init(asset: ShortName, settlement: ShortName, price: Amount) {
    self.asset = asset
    self.settlement = settlement
    self.price = price
  }

  /// The worth of a fee in units of the settlement asset, to the nearest, halves away from zero.
  func units(_ fill: BacktestFill, _ settlement: ShortName) -> Int64? {
    guard fill.feeAsset == asset, settlement == self.settlement else { return nil }
    let product = Int128(fill.fee.units) * Int128(price.units)
    let one = Int128(Amount.unitsPerCoin)
    return Int64(exactly: (product + (product < 0 ? -one : one) / 2) / one)
  }
}

enum FeeValuation {
  /// `fee` in units of the settlement asset: at the price of the fill when it is in base or quote, at the mid of `other`
  /// when it is a third asset. To the nearest unit, halves away from zero.
  ///
  /// - Parameter other: an instrument that trades the fee's asset against the settlement asset, and its mid in half-ticks.
  /// - Returns: nil when no price is known.
  static func units(_ fill: BacktestFill, _ instrument: Instrument, other: (Instrument, Int64)?) -> Int64? {
    if fill.feeAsset == instrument.settlement { return fill.fee.units }
    if instrument.kind == .inverse, fill.feeAsset == instrument.quote {
      return value(fill.fee.units, 2 * fill.price.ticks, instrument.tick, divided: true)
    }
    if instrument.kind != .inverse, fill.feeAsset == instrument.base {
      return value(fill.fee.units, 2 * fill.price.ticks, instrument.tick, divided: false)
    }
    guard let (pair, halfTicks) = other, halfTicks > 0 else { return nil }
    return value(fill.fee.units, halfTicks, pair.tick, divided: false)
  }

  /// `units` times (or divided by) a price; nil beyond 64 bits.
  private static func value(_ units: Int64, _ halfTicks: Int64, _ tick: DecimalStep, divided: Bool) -> Int64? {
    guard (-18...18).contains(tick.exponent) else { return nil }
    let power = (0..<abs(Int(tick.exponent))).reduce(Int128(1)) { product, _ in product * 10 }
    let (price, overflow) = Int128(halfTicks).multipliedReportingOverflow(by: Int128(tick.mantissa))
    guard !overflow else { return nil }
    let (up, upOverflow) = price.multipliedReportingOverflow(by: tick.exponent > 0 ? power : 1)
    let (down, downOverflow) = Int128(2).multipliedReportingOverflow(by: tick.exponent < 0 ? power : 1)
    guard !upOverflow, !downOverflow, up > 0 else { return nil }
    let (product, productOverflow) = Int128(units).multipliedReportingOverflow(by: divided ? down : up)
    guard !productOverflow else { return nil }
    let denominator = divided ? up : down
    let half = denominator / 2
    return Int64(exactly: (product < 0 ? product - half : product + half) / denominator)
  }
}
