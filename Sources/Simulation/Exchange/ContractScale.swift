// What lots at a price are worth in whole units, with factors prepared once.

import Market

/// The arithmetic of one instrument's money.
///
/// Spot and linear: ticks × lots × numerator ÷ denominator, in the quote asset. Inverse: lots × numerator ÷ (ticks ×
/// denominator), in the base asset. A product has 128 bits and is rounded once.
struct ContractScale: BitwiseCopyable {
  let isInverse: Bool
  private let numerator: Int64
  private let denominator: Int64
  /// Units of the base asset in one lot; zero for contracts.
  let unitsPerLot: Int64

  /// - Returns: nil when a factor does not fit 64 bits, or a spot lot is no whole number of units.
  init?(_ instrument: Instrument) {
    let (tick, lot) = (instrument.tick, instrument.lot)
    isInverse = instrument.kind == .inverse
    let mantissa = Int128(lot.mantissa) * Int128(instrument.multiplier) * (isInverse ? 1 : Int128(tick.mantissa))
    let power = Int(lot.exponent) + (isInverse ? -1 : 1) * Int(tick.exponent) + 8
    guard abs(power) <= 18, instrument.multiplier > 0 else { return nil }
    let ten = Self.ten(abs(power))
    guard let numerator = Int64(exactly: power >= 0 ? mantissa * ten : mantissa),
      let denominator = Int64(exactly: (power >= 0 ? 1 : ten) * (isInverse ? Int128(tick.mantissa) : 1))
    else { return nil }
    // The common factor goes, so that most instruments have a denominator of one.
    let common = isInverse ? 1 : Self.greatestCommonDivisor(numerator, denominator)
    self.numerator = numerator / common
    self.denominator = denominator / common
    guard instrument.kind == .spot else {
      unitsPerLot = 0
      return
    }
    guard (-8...0).contains(Int(lot.exponent)),
      let units = Int64(exactly: Int128(lot.mantissa) * Self.ten(8 + Int(lot.exponent)))
    else { return nil }
    unitsPerLot = units
  }

  /// The value of `lots` at `ticks`, rounded down or up; nil when 64 bits do not hold it.
  @inline(always)
  func value(_ ticks: Int64, _ lots: Int64, roundedUp: Bool = false) -> Int64? {
    let (wide, tall) = isInverse ? (Int128(lots), Int128(ticks) * Int128(denominator)) : (0, Int128(denominator))
    if isInverse {
      let product = wide * Int128(numerator)
      return tall > 0 ? Int64(exactly: (product + (roundedUp ? tall - 1 : 0)) / tall) : nil
    }
    let (pair, overflow) = (Int128(ticks) * Int128(lots)).multipliedReportingOverflow(by: Int128(numerator))
    guard !overflow else { return nil }
    if denominator == 1 { return Int64(exactly: pair) }
    return Int64(exactly: (pair + (roundedUp ? tall - 1 : 0)) / tall)
  }

  /// The most lots at `ticks` whose value, rounded down, is at most `units`; spot and linear only.
  func affordable(_ ticks: Int64, units: Int64) -> Int64 {
    let perLot = Int128(ticks) * Int128(numerator)
    guard units >= 0, perLot > 0 else { return 0 }
    return Int64(clamping: Int128(units) * Int128(denominator) / perLot)
  }

  private static func ten(_ exponent: Int) -> Int128 { (0..<exponent).reduce(Int128(1)) { power, _ in power * 10 } }

  private static func greatestCommonDivisor(_ a: Int64, _ b: Int64) -> Int64 {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}
