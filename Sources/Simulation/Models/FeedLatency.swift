// How long market data travel, where they are not taken to have come when the recorder received them.

/// Latency of the feed: from the venue's stamp, or from the recorded arrival, to the strategy's book.
///
/// The model is generic in the replay and specialised with it; it may keep state and is asked in the order of time.
public protocol FeedLatencyModel {
  /// Of a message with the time `timeNs`, in nanoseconds; not negative.
  mutating func feedNs(at timeNs: Int64) -> Int64
}

/// The same latency for every message.
public struct ConstantFeedLatency: FeedLatencyModel, Sendable {
  private let latency: Int64

  public init(_ latencyNs: Int64) {
    precondition(latencyNs >= 0)
    latency = latencyNs
  }

  @inline(__always)
  public mutating func feedNs(at timeNs: Int64) -> Int64 { latency }
}

/// What one message was measured to take.
public struct MeasuredFeedLatency: BitwiseCopyable, Hashable, Sendable {
  public var timeNs: Int64
  public var latencyNs: Int64

  public init(timeNs: Int64, latencyNs: Int64) {
    self.timeNs = timeNs
    self.latencyNs = latencyNs
  }
}

/// Measured latencies, linear in time between one measurement and the next; before the first and after the last, theirs.
public struct InterpolatedFeedLatency: FeedLatencyModel, Sendable {
  private let measured: [MeasuredFeedLatency]
  private var place = 0

  /// - Parameter measured: at least one, in the order of their times; no latency negative.
  public init(_ measured: [MeasuredFeedLatency]) {
    precondition(!measured.isEmpty, "there must be something to interpolate")
    precondition(measured.allSatisfy { $0.latencyNs >= 0 })
    self.measured = measured
  }

  public mutating func feedNs(at timeNs: Int64) -> Int64 {
    if timeNs < measured[0].timeNs { return measured[0].latencyNs }
    while place + 1 < measured.count, measured[place + 1].timeNs <= timeNs { place += 1 }
    let a = measured[place]
    guard place + 1 < measured.count else { return a.latencyNs }
    let b = measured[place + 1]
    return Interpolation.value(timeNs, a.timeNs, a.latencyNs, b.timeNs, b.latencyNs)
  }
}

/// A log-normal body with memory and a Pareto tail (`HeavyTailedProcess`), seeded.
public struct HeavyTailedFeedLatency: FeedLatencyModel, Sendable {
  private var process: HeavyTailedProcess

  public init(_ parameters: HeavyTailedLatency.Parameters, seed: UInt64) {
    process = HeavyTailedProcess(parameters, seed: seed)
  }

  public mutating func feedNs(at timeNs: Int64) -> Int64 { process.latencyNs(at: timeNs) }
}
