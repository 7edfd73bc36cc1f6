// The waits and bounds of a Binance feed.

public import Market

/// How the market streams of a connection are encoded. Answers to control messages are JSON in either.
public enum BinanceEncoding: UInt8, Sendable {
  /// binance-spot-api-docs, web-socket-streams.md.
  case json
  /// Simple Binary Encoding: sbe-market-data-streams.md of the same repository.
  case sbe
}

extension BinanceFeed {
  /// Waits and bounds of one feed, in nanoseconds of the session's clock.
  public struct Configuration: Sendable {
    public var venue: VenueIndex
    public var encoding = BinanceEncoding.json
    /// Connections that carry the same streams at once, 1 or 2. With 1 the second is opened for a handover only.
    public var connections = 2
    /// A message ahead of its sequence is held so long for the other connection to bring what is missing.
    public var gapWaitNs: Int64 = 500_000_000
    /// Connected and no market message for this long: the connection is given up.
    public var silenceLimitNs: Int64 = 5_000_000_000
    /// Tickers or trades go on for this long without a diff, which each of them implies: 20 intervals of `@100ms`.
    public var depthSilenceLimitNs: Int64 = 2_000_000_000
    /// How much later than on the best path of the last minute `lateMessageLimit` diffs in a row may come.
    public var lagLimitNs: Int64 = 1_000_000_000
    /// One late diff is a hiccup of the network; this many of `@100ms` are a second of a market that has moved on. Of SBE's
    /// diffs, which come every 20 ms, it takes five times as many.
    public var lateMessageLimit = 10
    /// By when the subscription is answered and its streams deliver.
    public var deliveryLimitNs: Int64 = 10_000_000_000
    /// A connection is replaced at this age. Binance ends it after 24 h; the half hour before is for the handover.
    public var connectionMaximumAgeNs: Int64 = 1410 * 60_000_000_000
    /// The delay before a snapshot is asked for again; doubled with each attempt up to `snapshotRetryLimitNs`.
    public var snapshotRetryNs: Int64 = 1_000_000_000
    public var snapshotRetryLimitNs: Int64 = 30_000_000_000
    /// The delay after HTTP 429 without `Retry-After`: limits of weight are counted by the minute.
    public var rateLimitedRetryNs: Int64 = 60_000_000_000
    /// The delay after HTTP 418 without `Retry-After`: the shortest ban.
    public var bannedRetryNs: Int64 = 120_000_000_000
    /// The delay before a full ring is tried again.
    public var ringRetryNs: Int64 = 1_000_000

    public init(venue: VenueIndex) { self.venue = venue }

    /// For a capture that is read from a file: one connection, which no lapse of time makes suspect.
    public static func capture(venue: VenueIndex) -> Configuration {
      var settings = Configuration(venue: venue)
      settings.connections = 1
      settings.silenceLimitNs = .max
      settings.depthSilenceLimitNs = .max
      settings.lagLimitNs = .max
      settings.deliveryLimitNs = .max
      settings.connectionMaximumAgeNs = .max
      return settings
    }
  }
}

/// A moment that lies `waitNs` after another; a wait without end stays one.
@inline(always)
func later(_ nowNs: Int64, by waitNs: Int64) -> Int64 {
  let (sum, overflow) = nowNs.addingReportingOverflow(waitNs)
  return overflow ? .max : sum
}
