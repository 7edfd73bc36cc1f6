// The clock that steps the recurrence: a grid in event time, the same live, in the backtest and in training.

/// Counts the grid points that a stream of receive times passes.
///
/// The grid has a point at every whole multiple of the interval in the session's clock. A point is passed when the
/// first event at or after it arrives, and before that event is applied: what is seen at a point is exactly what was
/// received before it. So the number of steps, and what each sees, depends on the receive times alone, and neither on
/// how many events a poll drained nor on when it ran. After a pause longer than `longestCatchUp` points, or at the
/// beginning, the sequence starts anew: the caller forgets its state.
public struct StepClock: BitwiseCopyable, Sendable {
  /// Points made up for after a pause; above that the past says little, and the work in one poll stays bounded.
  public static var longestCatchUp: Int64 { 32 }

  /// Nanoseconds between points; 0 for a clock that never ticks.
  public let intervalNs: Int64
  /// The next point to be passed; `Int64.max` before the first event.
  public private(set) var nextNs: Int64 = .max

  public init(intervalNs: Int64) {
    precondition(intervalNs >= 0)
    self.intervalNs = intervalNs
  }

  /// What an event's arrival means to the clock.
  public enum Arrival: BitwiseCopyable, Sendable {
    /// No point lies before it.
    case within
    /// At least one point lies before it: take the step of `nextNs`, call `advance`, and ask again.
    case due
    /// The first event, or the first after a long pause: forget the state. The next point is set.
    case restarted
  }

  /// Asks for an event received at `timeNs`, before it is applied.
  @_noLocks
  public mutating func arrive(_ timeNs: Int64) -> Arrival {
    if intervalNs == 0 || timeNs < nextNs && nextNs != .max { return .within }
    if nextNs != .max && timeNs &- nextNs <= Self.longestCatchUp &* intervalNs { return .due }
    nextNs = (timeNs / intervalNs &+ 1) &* intervalNs
    return .restarted
  }

  /// The step of `nextNs` was taken.
  @_noLocks public mutating func advance() { nextNs &+= intervalNs }

  /// The stream is broken: the next event begins a new sequence.
  @_noLocks public mutating func stop() { nextNs = .max }
}
