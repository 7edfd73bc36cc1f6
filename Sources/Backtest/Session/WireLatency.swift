// How long the messages of one wire are under way: the models that a backtest's configuration chooses from.

public import Simulation

/// The latency of one direction. A model may remember what it drew and is asked in the order of time.
public enum WireLatency: Sendable {
  public enum Way: Sendable {
    /// From the bot to the venue.
    case there
    case back
  }

  /// The same for every message, in nanoseconds.
  case constant(Int64)
  /// As it was measured, interpolated in time.
  case recorded(RecordedDelay)
  /// One way of a round trip that is drawn anew for each message, with the probability that it has in what was measured.
  case drawn(EmpiricalLatency, Way)
  /// Seeded: a log-normal body with memory and a Pareto tail.
  case heavyTailed(HeavyTailedProcess)

  /// The same model with draws of its own.
  var ofAnotherConnection: WireLatency {
    switch self {
    case .constant, .recorded: self
    case .drawn(let latency, let way): .drawn(latency.reseeded, way)
    case .heavyTailed(let delay): .heavyTailed(delay.reseeded)
    }
  }

  /// Nanoseconds until a message that is sent at `timeNs` arrives; not negative.
  mutating func latencyNs(at timeNs: Int64) -> Int64 {
    switch self {
    case .constant(let ns): return ns
    case .recorded(var delay):
      defer { self = .recorded(delay) }
      return delay.latencyNs(at: timeNs)
    case .drawn(var latency, let way):
      defer { self = .drawn(latency, way) }
      let trip = latency.draw()
      return way == .there ? trip.thereNs : trip.backNs
    case .heavyTailed(var delay):
      defer { self = .heavyTailed(delay) }
      return delay.latencyNs(at: timeNs)
    }
  }
}
