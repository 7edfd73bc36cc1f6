// Holds the session's clock against the kernel's monotonic clock. A cold stage: one per clock.

import CShims

/// Measures once a second how far the clock has drifted, and bends its line so that the error is gone a second later.
///
/// The clock never steps and never runs backwards: only its rate changes, and stays within twice `maximumSlew` of the
/// calibrated one.
public struct ClockKeeper: ~Copyable, Stage {
  private let clock: Clock
  private var lastTsc: UInt64
  private var lastMonotonicNs: Int64
  /// What the clock was off at the last measurement, in real nanoseconds; positive when it was ahead.
  public private(set) var lastErrorNs: Int64 = 0

  /// Real time between measurements: long enough that a bracket of 50 ns is 0.05 ppm of it.
  static var periodNs: Int64 { 1_000_000_000 }
  /// The most that drift and correction each may change the rate: what NTP's kernel discipline allows itself, 500 ppm
  /// (RFC 5905, MAXFREQ).
  static var maximumSlew: Double { 500e-6 }

  public init(_ clock: Clock) {
    let reading = ClockReading.monotonic()
    self.clock = clock
    lastTsc = reading.tsc
    lastMonotonicNs = reading.clockNs
  }

  /// Does nothing until a period has passed. Never reports work: it gives no reason to poll again.
  public mutating func poll() -> Int {
    if clock.cyclesToNs(Int64(bitPattern: apus_tsc() &- lastTsc)) >= ClockKeeper.periodNs {
      let reading = ClockReading.monotonic()
      correct(reading, bendingAt: apus_tsc())
    }
    return 0
  }

  /// Bends the clock's line at counter value `now` after one measurement.
  package mutating func correct(_ reading: ClockReading, bendingAt now: UInt64) {
    let calibrated = TimeStampCounterCalibration.measured.nsPerCycle
    let measured = Double(reading.clockNs - lastMonotonicNs) / Double(reading.tsc &- lastTsc)
    // A machine that was suspended between the two readings measures nonsense: the rate stays near the calibrated one.
    let drift = ClockKeeper.limited(measured / calibrated - 1)
    let dueNs = clock.start.sessionNs + Int64(Double(reading.clockNs - clock.start.monotonicNs) * clock.speed)
    lastErrorNs = Int64(Double(clock.nanoseconds(at: reading.tsc) - dueNs) / clock.speed)
    let slew = ClockKeeper.limited(-Double(lastErrorNs) / Double(ClockKeeper.periodNs))
    clock.bend(at: now, rate: CycleRate(nsPerCycle: calibrated * (1 + drift) * (1 + slew) * clock.speed))
    lastTsc = reading.tsc
    lastMonotonicNs = reading.clockNs
  }

  private static func limited(_ change: Double) -> Double { min(max(change, -maximumSlew), maximumSlew) }
}
