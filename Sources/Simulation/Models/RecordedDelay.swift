// Delays as they were measured, linear in time between one measurement and the next.

/// How long one message was measured to be under way.
public struct MeasuredDelay: BitwiseCopyable, Hashable, Sendable {
  /// When it was sent.
  public var timeNs: Int64
  public var delayNs: Int64

  public init(timeNs: Int64, delayNs: Int64) {
    self.timeNs = timeNs
    self.delayNs = delayNs
  }
}

/// Measured delays of messages that went one way; before the first and after the last measurement, theirs.
///
/// The formula of `InterpolatedLatency` (hftbacktest 2.4, `IntpOrderLatency`) for one way alone: with y the delay and x the
/// time of two neighbouring measurements, delay(x) = trunc((y2 - y1) / (x2 - x1) * (x - x1)) + y1, in Double.
public struct RecordedDelay: Sendable {
  private let measured: [MeasuredDelay]
  private var place = 0

  /// - Parameter measured: at least one; times rise from each to the next, no delay is negative.
  public init(_ measured: [MeasuredDelay]) {
    precondition(!measured.isEmpty, "there must be something to interpolate")
    precondition(zip(measured, measured.dropFirst()).allSatisfy { $0.timeNs < $1.timeNs }, "in the order of time")
    precondition(measured.allSatisfy { $0.delayNs >= 0 }, "nothing arrives before it was sent")
    self.measured = measured
  }

  /// From the first measurement to the last.
  public var timesNs: ClosedRange<Int64> { measured[0].timeNs...measured[measured.count - 1].timeNs }

  /// Of a message that is sent at `timeNs`; not before the one asked about last.
  public mutating func latencyNs(at timeNs: Int64) -> Int64 {
    while place + 1 < measured.count, measured[place + 1].timeNs <= timeNs { place += 1 }
    let a = measured[place]
    guard timeNs > a.timeNs, place + 1 < measured.count else { return a.delayNs }
    let b = measured[place + 1]
    return Interpolation.value(timeNs, a.timeNs, a.delayNs, b.timeNs, b.delayNs)
  }
}
