// The CPU's time-stamp counter against the kernel's clocks: brackets, rates, and how far each can be off.

import CShims

/// A kernel clock and the counter, read together.
package struct ClockReading {
  /// The middle of the bracket of counter reads round the clock read.
  package var tsc: UInt64
  package var clockNs: Int64
  /// The clock stood at `clockNs` at most this many cycles from `tsc`.
  package var uncertaintyCycles: UInt64

  init(_ raw: apus_clock_reading) {
    let width = raw.tsc_after &- raw.tsc_before
    tsc = raw.tsc_before &+ width / 2
    clockNs = raw.clock_ns
    uncertaintyCycles = width / 2 + 1
  }

  /// Enough attempts that one of them is not interrupted; each takes about 50 ns.
  private static var attempts: Int32 { 32 }

  package static func monotonic() -> ClockReading { ClockReading(apus_read_monotonic(attempts)) }
  package static func realtime() -> ClockReading { ClockReading(apus_read_realtime(attempts)) }
}

/// Nanoseconds per cycle as a binary fraction: a multiplication and a shift in 128 bits.
///
/// With 40 fractional bits the rate of a 1 GHz counter is exact to 1e-12, and the product of two signed 64-bit numbers
/// never overflows: the result leaves 64 bits only after 292 years of nanoseconds.
package struct CycleRate: Equatable, Sendable {
  package let multiplier: Int64
  static var fractionBits: Int64 { 40 }

  package init(multiplier: Int64) { self.multiplier = multiplier }

  package init(nsPerCycle: Double) {
    multiplier = Int64((nsPerCycle * Double(1 << CycleRate.fractionBits)).rounded())
  }

  var nsPerCycle: Double { Double(multiplier) / Double(1 << CycleRate.fractionBits) }

  /// Rounded down, for negative numbers too.
  package func nanoseconds(_ cycles: Int64) -> Int64 {
    let product = cycles.multipliedFullWidth(by: multiplier)
    return product.high << (64 - CycleRate.fractionBits)
      | Int64(truncatingIfNeeded: product.low >> UInt64(CycleRate.fractionBits))
  }
}

/// The counter's rate as measured at start-up, against CLOCK_MONOTONIC.
public struct TimeStampCounterCalibration: Sendable {
  public let nsPerCycle: Double
  /// The true rate lies within this fraction of `nsPerCycle` (from the width of both brackets; 1e-6 is 1 ppm).
  public let relativeError: Double
  /// Whether the counter runs at one rate in every power state.
  public let isInvariant: Bool

  public var frequencyHz: Double { 1e9 / nsPerCycle }

  /// Measured once in a process, at first use; takes `calibrationNs`.
  public static let measured = measure(forNs: calibrationNs)

  /// Long against a bracket (about 50 ns): an error of some parts in a million, which `ClockKeeper` then takes away.
  static var calibrationNs: Int64 { 20_000_000 }

  static func measure(forNs durationNs: Int64) -> TimeStampCounterCalibration {
    let start = ClockReading.monotonic()
    apus_park(durationNs)
    let end = ClockReading.monotonic()
    let cycles = Double(end.tsc &- start.tsc)
    return TimeStampCounterCalibration(
      nsPerCycle: Double(end.clockNs - start.clockNs) / cycles,
      relativeError: Double(start.uncertaintyCycles + end.uncertaintyCycles) / cycles,
      isInvariant: apus_tsc_is_invariant() != 0)
  }
}
