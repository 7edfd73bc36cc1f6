// The venue's clock as seen from the session's: an offset with a bound of its error.

/// Estimates the offset of a venue's clock from question and answer (Cristian, "Probabilistic clock synchronization",
/// 1989): the venue read its clock at some moment between the two, so the middle is wrong by at most half the distance.
///
/// The session's clock is never stepped; venue time is the session's clock plus `offsetNs`. One thread.
public struct VenueClock: BitwiseCopyable, Sendable {
  /// How far two quartz clocks may drift apart: 100 parts per million.
  public static var driftPerSecondNs: Int64 { 100_000 }

  /// Venue time minus session time.
  public private(set) var offsetNs: Int64 = 0
  /// Half the round trip, and the unit in which the venue's figure is cut off.
  public private(set) var errorNs = Int64.max
  private var measuredNs: Int64 = 0

  public init() {}

  /// Whether there was a measurement: without one nothing can be stamped.
  @inline(always) public var isSet: Bool { errorNs != .max }

  /// Takes a measurement, unless the present one, with the drift since then, is better and both can be true. Where
  /// they contradict each other the venue's clock was stepped, and the newer one counts.
  ///
  /// - Parameters:
  ///   - venueNs: the venue's figure, on a scale of `resolutionNs`.
  ///   - resolutionNs: what is less than it the venue cut off.
  /// - Returns: whether it was taken.
  @_noLocks
  public mutating func update(sentNs: Int64, venueNs: Int64, resolutionNs: Int64, receivedNs: Int64) -> Bool {
    let roundTripNs = receivedNs &- sentNs
    guard roundTripNs >= 0 else { return false }
    let error = roundTripNs / 2 &+ resolutionNs
    let offset = venueNs &- (sentNs &+ roundTripNs / 2)
    let current = currentErrorNs(receivedNs)
    let isContradiction = isSet && (offset &- offsetNs).magnitude > UInt64(error &+ current)
    guard error <= current || isContradiction else { return false }
    offsetNs = offset
    errorNs = error
    measuredNs = receivedNs
    return true
  }

  /// The error bound grown by the drift since the measurement.
  @_noLocks
  public func currentErrorNs(_ nowNs: Int64) -> Int64 {
    guard isSet else { return .max }
    return errorNs &+ max(0, nowNs &- measuredNs) / 1_000_000_000 &* VenueClock.driftPerSecondNs
  }

  /// When the venue's clock will show that, in the session's.
  @_noLocks
  func sessionNs(milliseconds venueMs: Int64) -> Int64 { nanoseconds(milliseconds: venueMs) &- offsetNs }

  /// What to stamp a request with, in the venue's milliseconds.
  @_noLocks
  public func milliseconds(_ nowNs: Int64) -> Int64 { max(0, nowNs &+ offsetNs) / 1_000_000 }
}
