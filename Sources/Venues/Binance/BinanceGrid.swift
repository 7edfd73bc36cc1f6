// From units of 10^-8, in which Binance prints everything, to ticks and lots without a division.

package import Market

/// Divides units of 10^-8 by a step and tells whether that was exact, with one multiplication.
///
/// An odd number has an inverse modulo 2^64: multiplying with it gives the quotient of a multiple, and a larger number
/// than any quotient for everything else. Powers of two are rotated out, which moves a remainder to the top just the same
/// (Granlund and Montgomery, Division by Invariant Integers using Multiplication, 1994, section 9).
package struct BinanceGrid: BitwiseCopyable {
  private let inverse: UInt64
  private let shift: UInt64
  /// The largest quotient; 0 for a step that this is not made for, so that nothing but zero divides.
  private let limit: UInt64

  package init(_ step: DecimalStep) {
    var unit = UInt64(step.mantissa)
    var isWhole = step.exponent >= -8
    for _ in 0..<max(0, Int(step.exponent) + 8) where isWhole {
      let (product, overflow) = unit.multipliedReportingOverflow(by: 10)
      isWhole = !overflow
      unit = product
    }
    self.init(unit: unit, isWhole: isWhole)
  }

  /// Divides numbers by `unit`, above 0, whatever they count.
  package init(unit: UInt64) { self.init(unit: unit, isWhole: true) }

  private init(unit: UInt64, isWhole: Bool) {
    shift = UInt64(unit.trailingZeroBitCount)
    let odd = unit >> shift
    // Newton's iteration doubles the bits that are right, beginning with three.
    var inverse = odd
    for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
    self.inverse = inverse
    limit = isWhole ? UInt64(Int64.max) / unit : 0
  }

  /// How many steps `units` are; -1 when they lie between two steps.
  @inline(always)
  package func steps(_ units: UInt64) -> Int64 {
    let product = units &* inverse
    let quotient = product &>> shift | product &<< (64 &- shift & 63)
    return quotient <= limit ? Int64(truncatingIfNeeded: quotient) : -1
  }
}
