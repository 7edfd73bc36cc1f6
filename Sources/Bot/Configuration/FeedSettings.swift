// How a feed is connected, and when what it brings is not trusted any more. All times are the session's.

import Venues

/// The `feed` section of the configuration.
public struct FeedSettings: Sendable {
  public var encoding = BinanceEncoding.json
  /// File with the name of an Ed25519 key, which the venue wants before it sends SBE; nil: the account's.
  public var apiKeyFile: String?
  /// Connections that carry the same streams at once: 1 or 2.
  public var connections: Int
  /// A connection is replaced at this age.
  public var connectionMaximumAgeMinutes: Int
  /// A message ahead of its sequence waits so long for the other connection to bring what is missing.
  public var gapWaitMs: Int
  /// A connection without any market message for so long is given up,
  public var silenceMs: Int
  /// and one whose tickers and trades go on for so long without a diff,
  public var depthSilenceMs: Int
  /// and one whose diffs come so much later than on the best path of the last minute,
  public var lagMs: Int
  /// and one whose streams have not all delivered so long after it opened.
  public var deliveryMs: Int

  static let standard = FeedSettings(
    connections: 2, connectionMaximumAgeMinutes: 1_410, gapWaitMs: 500, silenceMs: 5_000, depthSilenceMs: 2_000,
    lagMs: 1_000, deliveryMs: 10_000)

  /// SBE has a diff every 20 ms, JSON every 100 ms at best: what lasts a second has so many more of them.
  private static let diffsInOneOfJSON = 5

  /// Puts the settings where the feed reads them.
  func apply(to feed: inout BinanceFeed.Configuration) {
    feed.encoding = encoding
    if encoding == .sbe { feed.lateMessageLimit *= Self.diffsInOneOfJSON }
    feed.connections = connections
    feed.connectionMaximumAgeNs = Int64(connectionMaximumAgeMinutes) * 60_000_000_000
    feed.gapWaitNs = Int64(gapWaitMs) * 1_000_000
    feed.silenceLimitNs = Int64(silenceMs) * 1_000_000
    feed.depthSilenceLimitNs = Int64(depthSilenceMs) * 1_000_000
    feed.lagLimitNs = Int64(lagMs) * 1_000_000
    feed.deliveryLimitNs = Int64(deliveryMs) * 1_000_000
  }
}

extension FeedSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    self = Self.standard
    encoding = try reader.choice("encoding", ["json": .json, "sbe": .sbe], default: .json)
    if reader.has("apiKeyFile") {
      guard encoding == .sbe else { throw reader.fail("apiKeyFile", "only encoding: sbe wants a key") }
      apiKeyFile = try reader.string("apiKeyFile")
    }
    connections = Int(try reader.integer("connections", in: 1...2, default: Int64(connections)))
    connectionMaximumAgeMinutes = Int(
      try reader.integer("connectionMaximumAgeMinutes", in: 2...1_439, default: Int64(connectionMaximumAgeMinutes)))
    gapWaitMs = try reader.milliseconds("gapWaitMs", from: 1, default: gapWaitMs)
    silenceMs = try reader.milliseconds("silenceMs", from: 100, default: silenceMs)
    depthSilenceMs = try reader.milliseconds("depthSilenceMs", from: 100, default: depthSilenceMs)
    lagMs = try reader.milliseconds("lagMs", from: 1, default: lagMs)
    deliveryMs = try reader.milliseconds("deliveryMs", from: 100, default: deliveryMs)
    try reader.finish()
  }
}

extension YAMLReader {
  /// A duration of at most ten minutes.
  fileprivate mutating func milliseconds(_ name: String, from least: Int64, default fallback: Int) throws -> Int {
    Int(try integer(name, in: least...600_000, default: Int64(fallback)))
  }
}
