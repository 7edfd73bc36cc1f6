// How long the messages of one wire are under way: the models that a backtest's configuration chooses from.

public import Simulation

/// The latency of one direction. A model may remember what it drew and is asked in the order of time.
public enum WireLatency: Sendable {
  /// The same for every message, in nanoseconds.
  case constant(Int64)
  /// As it was measured, interpolated in time.
  case recorded(RecordedDelay)
  /// Seeded: a log-normal body with memory and a Pareto tail.
  case heavyTailed(HeavyTailedProcess)

  /// The same model with draws of its own.
  var ofAnotherConnection: WireLatency {
    if case .heavyTailed(let delay) = self { .heavyTailed(delay.reseeded) } else { self }
  }

  /// Nanoseconds until a message that is sent at `timeNs` arrives; not negative.
  mutating func latencyNs(at timeNs: Int64) -> Int64 {
    switch self {
    case .constant(let ns): return ns
    case .recorded(var delay):
      defer { self = .recorded(delay) }
      return delay.latencyNs(at: timeNs)
    case .heavyTailed(var delay):
      defer { self = .heavyTailed(delay) }
      return delay.latencyNs(at: timeNs)
    }
  }
}
