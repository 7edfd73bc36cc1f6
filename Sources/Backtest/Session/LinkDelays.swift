// How long messages are under way between a bot and its venue.

/// The latencies of the three directions, each a model of its own, and the bot's own time.
public struct LinkDelays: Sendable {
  /// From the venue's matching to the bot's feed.
  public var feed: WireLatency
  /// From the bot's gateway to the venue's matching.
  public var order: WireLatency
  /// From the venue's matching to the bot's gateway.
  public var response: WireLatency
  /// From a message's arrival to the departure of what was decided on it, in nanoseconds: the box's measured tick to trade.
  public var decisionNs: Int64

  public init(feed: WireLatency, order: WireLatency, response: WireLatency, decisionNs: Int64) {
    precondition(decisionNs >= 0, "nothing leaves before it was decided")
    self.feed = feed
    self.order = order
    self.response = response
    self.decisionNs = decisionNs
  }
}
