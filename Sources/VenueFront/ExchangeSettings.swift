// What an exchange is told before it opens: its users, their account, its fees and limits.

import Simulation

/// The settings of an exchange. Immutable once it is open.
public struct ExchangeSettings: Sendable {
  /// Every key is of the one account.
  public var keys: [APIKey] = []
  public var balances: [AssetBalance] = []
  public var fees = FeeTerms()
  public var queue = QueueRule.leaveBehind
  public var limits = RateLimits()

  public init() {}

  /// Binance's documented limits (web-socket-api.md, "Rate limits"), counted in calendar-aligned intervals of the
  /// venue's clock.
  public struct RateLimits: Sendable {
    public var weightPerMinute = 6_000
    public var ordersPerTenSeconds = 50
    public var ordersPerDay = 160_000
    /// Requests that are refused for their weight, without one between that was not, before the address is banned.
    /// Binance says "repeatedly" and no number.
    public var refusalsBeforeBan = 10

    public init() {}
  }
}

/// Why a venue did not start.
public struct VenueStartError: Error, CustomStringConvertible {
  public let description: String
  package init(_ description: String) { self.description = description }
}
