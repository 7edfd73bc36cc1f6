// From ticks and lots to units of the quote and base asset: exact integer factors, worked out once per definition.

public import Market

/// Which way a division that does not come out even is rounded. Amounts here are never negative.
public enum AmountRounding: UInt8, BitwiseCopyable, Sendable {
  case down = 0
  case up = 1
}

/// The factors of one instrument definition (spot).
///
/// `ticks * lots * quoteMultiplier / quoteDivisor` is an amount of the quote asset and
/// `lots * baseMultiplier / baseDivisor` one of the base asset, both in units of 10^-8. One of multiplier and divisor
/// carries the power of ten, so nothing is rounded where tick and lot are not finer than a unit.
public struct InstrumentScale: BitwiseCopyable, Sendable {
  public let quoteMultiplier: Int64
  public let quoteDivisor: Int64
  public let baseMultiplier: Int64
  public let baseDivisor: Int64

  /// - Returns: nil for a contract that is not spot, or whose factors do not fit into 64 bits.
  public init?(_ instrument: Instrument) {
    guard instrument.kind == .spot else { return nil }
    let steps = instrument.tick.mantissa.multipliedReportingOverflow(by: instrument.lot.mantissa)
    guard !steps.overflow,
      let quote = Self.factors(
        steps.partialValue, exponent: Int(instrument.tick.exponent) + Int(instrument.lot.exponent)),
      let base = Self.factors(instrument.lot.mantissa, exponent: Int(instrument.lot.exponent))
    else { return nil }
    (quoteMultiplier, quoteDivisor) = quote
    (baseMultiplier, baseDivisor) = base
  }

  /// Price times quantity in units of the quote asset; nil when it does not fit.
  @_noLocks
  public func quoteUnits(ticks: Int64, lots: Int64, rounding: AmountRounding) -> Int64? {
    let product = ticks.multipliedFullWidth(by: lots)
    let steps = Int128(product.high) << 64 | Int128(product.low)
    return Self.scaled(steps, quoteMultiplier, quoteDivisor, rounding)
  }

  /// A quantity in units of the base asset; nil when it does not fit.
  @_noLocks
  public func baseUnits(lots: Int64, rounding: AmountRounding) -> Int64? {
    Self.scaled(Int128(lots), baseMultiplier, baseDivisor, rounding)
  }

  /// What an order of that size takes from the free balance: the quote asset with a fee reserve for a buy (both
  /// rounded up), the base asset for a sell. Nil when it does not fit.
  @_noLocks
  public func reservation(side: Side, ticks: Int64, lots: Int64, feeReserveBasisPoints: Int64) -> Int64? {
    guard side == .buy else { return baseUnits(lots: lots, rounding: .up) }
    guard let notional = quoteUnits(ticks: ticks, lots: lots, rounding: .up) else { return nil }
    let fee = (Int128(notional) &* Int128(feeReserveBasisPoints) &+ 9_999) / 10_000
    return Int64(exactly: Int128(notional) &+ fee)
  }

  /// Splits `mantissa * 10^(exponent + 8)` into multiplier and divisor.
  private static func factors(_ mantissa: Int64, exponent: Int) -> (Int64, Int64)? {
    let power = exponent + 8
    guard abs(power) <= 18 else { return nil }
    var ten: Int64 = 1
    for _ in 0..<abs(power) { ten *= 10 }
    if power < 0 { return (mantissa, ten) }
    let product = mantissa.multipliedReportingOverflow(by: ten)
    return product.overflow ? nil : (product.partialValue, 1)
  }

  @inline(always)
  private static func scaled(_ steps: Int128, _ multiplier: Int64, _ divisor: Int64, _ rounding: AmountRounding)
    -> Int64?
  {
    guard steps >= 0 else { return nil }
    let product = steps.multipliedReportingOverflow(by: Int128(multiplier))
    guard !product.overflow else { return nil }
    if divisor == 1 { return Int64(exactly: product.partialValue) }
    let whole = product.partialValue / Int128(divisor)
    let isEven = whole &* Int128(divisor) == product.partialValue
    return Int64(exactly: rounding == .up && !isEven ? whole &+ 1 : whole)
  }
}
