// How long messages are under way between a bot and its venue.

/// Constant delays of the three directions, and the bot's own time, in nanoseconds.
public struct LinkDelays: BitwiseCopyable, Equatable, Sendable {
  /// From the venue's matching to the bot's feed.
  public var feedNs: Int64
  /// From the bot's gateway to the venue's matching.
  public var orderNs: Int64
  /// From the venue's matching to the bot's gateway.
  public var responseNs: Int64
  /// From a message's arrival to the departure of what was decided on it: the box's measured tick to trade.
  public var decisionNs: Int64

  public init(feedNs: Int64, orderNs: Int64, responseNs: Int64, decisionNs: Int64) {
    precondition(min(feedNs, orderNs, responseNs, decisionNs) >= 0, "nothing arrives before it was sent")
    self.feedNs = feedNs
    self.orderNs = orderNs
    self.responseNs = responseNs
    self.decisionNs = decisionNs
  }
}
