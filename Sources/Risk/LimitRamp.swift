// How much of its limits a session may use in the first minutes after it was armed.

/// Scales the limits of order quantity, order notional, position and open orders after arming.
///
///     percent = initialPercent + ⌊(100 − initialPercent) × elapsedNs ÷ durationNs⌋, from `durationNs` on 100
///     bound   = max(1, ⌊limit × percent ÷ 100⌋)
///
/// Linear, because a step is a moment at which every strategy grows at once. In whole percents and integers, so that a
/// replay computes the same bound.
public struct LimitRamp: BitwiseCopyable, Equatable, Sendable {
  /// The part of a limit that is there from the first moment, 1 to 100.
  public let initialPercent: Int64
  /// How long it takes to all of it; 0 for at once.
  public let durationNs: Int64

  /// - Precondition: `initialPercent` is 1 to 100, and `durationNs` is neither negative nor above a day.
  public init(initialPercent: Int64 = 100, durationNs: Int64 = 0) {
    precondition((1...100).contains(initialPercent), "a ramp begins between 1 and 100 percent")
    precondition((0...Self.longestNs).contains(durationNs), "a ramp lasts a day at most")
    self.initialPercent = initialPercent
    self.durationNs = durationNs
  }

  /// A day: what keeps the product below in 64 bits.
  public static var longestNs: Int64 { 86_400_000_000_000 }

  /// How many percent of a limit hold so long after arming.
  @inline(always)
  public func percent(elapsedNs: Int64) -> Int64 {
    guard elapsedNs < durationNs else { return 100 }
    return initialPercent &+ (100 &- initialPercent) &* max(0, elapsedNs) / durationNs
  }

  /// A limit at that many percent.
  @inline(always)
  public static func scaled(_ limit: Int64, percent: Int64) -> Int64 {
    percent >= 100 ? limit : max(1, Int64(truncatingIfNeeded: Int128(limit) &* Int128(percent) / 100))
  }
}
