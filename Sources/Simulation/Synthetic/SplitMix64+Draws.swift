// Draws in floating point for the synthetic order flow.

import Foundation

extension SplitMix64 {
  /// A number in (0, 1], a multiple of 2^-53.
  @inline(always)
  mutating func unit() -> Double { Double((next() >> 11) &+ 1) * 0x1p-53 }

  /// The natural logarithm of `unit()`: minus an exponential of mean 1.
  @inline(always)
  mutating func logUnit() -> Double { log(unit()) }
}
