// The value of lots at a price in exact integers, for spot, linear and inverse contracts alike.

package import Market

/// The worth of one instrument's lots in *grains*, an integer so fine that every sum below is exact.
///
/// Prices are counted in half-ticks, so that a mid is whole. Spot and linear: a lot at `h` half-ticks is worth `h`
/// grains, one grain being tick × lot × multiplier ÷ 2. Inverse: a long contract of value `multiplier` gains
/// multiplier × (1 ÷ entry − 1 ÷ exit), so a lot is worth −multiplier ÷ price, rounded once to 10^-14 of a coin for each
/// price; since the same price always has the same worth, gains of parts still add up to the gain of the whole.
package struct ValueScale: Sendable {
  /// Inverse: 2 × lot × multiplier ÷ tick in grains, to be divided by the half-ticks. Otherwise 0.
  private let inverseNumerator: Int128
  private let unitsNumerator: Int128
  private let unitsDenominator: Int128

  /// Digits of a grain below the unit of 10^-8, for inverse contracts.
  private static let inverseDigits = 6

  /// - Returns: nil when the steps are beyond what 128 bits hold.
  package init?(_ instrument: Instrument) {
    let (tick, lot) = (instrument.tick, instrument.lot)
    let worth = Int128(lot.mantissa) * Int128(instrument.multiplier)
    guard instrument.multiplier > 0 else { return nil }
    if instrument.kind == .inverse {
      let power = Int(lot.exponent) - Int(tick.exponent) + 8 + Self.inverseDigits
      guard let scaled = Self.scale(2 * worth, power, over: Int128(tick.mantissa)) else { return nil }
      inverseNumerator = scaled
      unitsNumerator = 1
      unitsDenominator = 1_000_000
      return
    }
    inverseNumerator = 0
    let power = Int(tick.exponent) + Int(lot.exponent) + 8
    let (product, overflow) = worth.multipliedReportingOverflow(by: Int128(tick.mantissa))
    guard !overflow, let up = Self.scale(product, max(power, 0), over: 1),
      let down = Self.scale(2, max(-power, 0), over: 1)
    else { return nil }
    unitsNumerator = up
    unitsDenominator = down
  }

  private static func scale(_ value: Int128, _ power: Int, over divisor: Int128) -> Int128? {
    guard (0...30).contains(power) else { return nil }
    var result = value
    for _ in 0..<power {
      let (next, overflow) = result.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      result = next
    }
    return result / divisor
  }

  /// The worth of one lot held at a price, in grains. Rises with the price.
  package func worth(halfTicks: Int64) -> Int128 {
    guard inverseNumerator != 0 else { return Int128(halfTicks) }
    return -((inverseNumerator + Int128(halfTicks) / 2) / Int128(halfTicks))
  }

  /// Grains in units of 10^-8 of the settlement asset, to the nearest (halves away from zero); beyond 64 bits, the end
  /// of their range.
  package func units(_ grains: Int128) -> Int64 {
    let (product, overflow) = grains.multipliedReportingOverflow(by: unitsNumerator)
    guard !overflow else { return grains < 0 ? .min : .max }
    // Nearly always, and several times as fast.
    if let product = Int64(exactly: product), let denominator = Int64(exactly: unitsDenominator) {
      return Self.rounded(product, denominator)
    }
    return Int64(clamping: Self.rounded(product, unitsDenominator))
  }

  private static func rounded<I: FixedWidthInteger & SignedInteger>(_ numerator: I, _ denominator: I) -> I {
    let (quotient, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
    // Compared without doubling.
    guard rest.magnitude >= denominator.magnitude - rest.magnitude else { return quotient }
    return numerator < 0 ? quotient - 1 : quotient + 1
  }
}
