// How long market data travel, where they are not taken to have come when the recorder received them.

/// Latency of the feed: from the venue's stamp, or from the recorded arrival, to the strategy's book.
///
/// The model is generic in the replay and specialised with it; it may keep state and is asked in the order of time.
public protocol FeedLatencyModel {
  /// Of a message with the time `timeNs`, in nanoseconds; not negative.
  mutating func latencyNs(at timeNs: Int64) -> Int64
}

/// The same latency for every message.
public struct ConstantFeedLatency: FeedLatencyModel, Sendable {
  private let ns: Int64

  public init(_ latencyNs: Int64) {
    precondition(latencyNs >= 0)
    ns = latencyNs
  }

  @inline(__always)
  public mutating func latencyNs(at timeNs: Int64) -> Int64 { ns }
}

extension RecordedDelay: FeedLatencyModel {}
extension HeavyTailedProcess: FeedLatencyModel {}
