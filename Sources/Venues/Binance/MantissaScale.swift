// From the decimal floating point of SBE, mantissa times ten to an exponent, to ticks and lots: exact, without a division.

package import Market

/// What a mantissa is in steps of a grid, for one exponent.
package struct MantissaGrid: BitwiseCopyable {
  /// A mantissa times `multiplier`, divided by `divisor`, are its steps.
  private let multiplier: Int64
  private let divisor: Int64
  private let grid: BinanceGrid

  /// The outcomes of `steps` that are none.
  package static var between: Int64 { -1 }
  package static var outOfRange: Int64 { -2 }

  /// - Returns: nil for an exponent so far from the step's that no number of a market can have it.
  package init?(_ step: DecimalStep, exponent: Int8) {
    guard let multiplier = powerOfTen(Int(exponent) &- Int(step.exponent)),
      let power = powerOfTen(Int(step.exponent) &- Int(exponent))
    else { return nil }
    let (divisor, overflow) = step.mantissa.multipliedReportingOverflow(by: power)
    guard !overflow, divisor > 0 else { return nil }
    self.multiplier = multiplier
    self.divisor = divisor
    grid = BinanceGrid(unit: UInt64(divisor))
  }

  /// - Returns: `between` when the number lies between two steps, `outOfRange` when it is negative or exceeds 64 bits.
  @inline(always)
  package func steps(_ mantissa: Int64) -> Int64 {
    let (product, overflow) = mantissa.multipliedReportingOverflow(by: multiplier)
    guard !overflow, product >= 0 else { return Self.outOfRange }
    return grid.steps(UInt64(truncatingIfNeeded: product))
  }

  /// Whole steps below a number that lies between two, and one where it would vanish: how a displayed quantity is cut
  /// (`Instrument.displayed`).
  @inline(never)
  package func cut(_ mantissa: Int64) -> Int64 { max(1, mantissa &* multiplier / divisor) }
}

/// The grids of an instrument for the exponents that its messages have.
struct MantissaScale: BitwiseCopyable {
  let priceExponent: Int8
  let quantityExponent: Int8
  private let price: MantissaGrid
  private let quantity: MantissaGrid

  /// The scale of numbers in the steps' own exponents.
  init(of instrument: Instrument) {
    // Safe: nothing lies between the two exponents.
    self.init(instrument, priceExponent: instrument.tick.exponent, quantityExponent: instrument.lot.exponent)!
  }

  /// - Returns: nil for exponents that no number of a market can have.
  init?(_ instrument: Instrument, priceExponent: Int8, quantityExponent: Int8) {
    guard let price = MantissaGrid(instrument.tick, exponent: priceExponent),
      let quantity = MantissaGrid(instrument.lot, exponent: quantityExponent)
    else { return nil }
    self.priceExponent = priceExponent
    self.quantityExponent = quantityExponent
    self.price = price
    self.quantity = quantity
  }

  /// Reads what the venue displays or others traded, by the rules of `Instrument.displayed`.
  @inline(always)
  func displayed(_ priceMantissa: Int64, _ quantityMantissa: Int64, _ level: inout BookLevel) -> BinanceDecodeError {
    let ticks = price.steps(priceMantissa)
    var lots = quantity.steps(quantityMantissa)
    if lots == MantissaGrid.between { lots = quantity.cut(quantityMantissa) }
    guard lots >= 0, ticks >= 0 else { return lots >= 0 && ticks == MantissaGrid.between ? .offGrid : .badDecimal }
    level = BookLevel(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
    return .none
  }
}

/// 1 for a negative exponent; nil beyond 64 bits.
private func powerOfTen(_ exponent: Int) -> Int64? {
  guard exponent <= 18 else { return nil }
  var power: Int64 = 1
  for _ in 0..<max(0, exponent) { power &*= 10 }
  return power
}
