// Receive stamps by the kernel: a diagnostic mode that makes the kernel's share of a latency visible.

import CShims

/// Stamps received bytes with the time of their arrival in the kernel (SO_TIMESTAMPNS, socket(7)) instead of the time at which
/// the process took them over, and counts what lay between the two.
///
/// A receive that takes several segments at once has the stamp of the last. It costs a control message and a clock reading for
/// each receive. Copies count into one histogram: give it to the transports of one stage only.
public struct KernelStamps: Sendable {
  private let delay: LatencyHistogram
  private let cyclesPerNs: Double

  /// Longer than any stall that a session survives; keeps the conversion far from its bounds.
  private static var maximumAgeNs: Int64 { 60_000_000_000 }

  /// - Parameter delay: nanoseconds from the kernel's stamp to the process.
  public init(delay: LatencyHistogram) {
    self.delay = delay
    cyclesPerNs = 1 / TimeStampCounterCalibration.measured.nsPerCycle
  }

  /// The counter's value when bytes of that age arrived.
  ///
  /// - Parameter ageNs: how long the bytes lay in the kernel; negative where it did not stamp them.
  @_noLocks
  func arrivalTsc(ageNs: Int64) -> UInt64 {
    let now = apus_tsc()
    guard ageNs >= 0 else { return now }
    let bounded = min(ageNs, Self.maximumAgeNs)
    delay.record(bounded)
    return now &- UInt64(Double(bounded) * cyclesPerNs)
  }
}
