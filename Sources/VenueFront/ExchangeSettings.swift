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
}

/// Why a venue did not start.
public struct VenueStartError: Error, CustomStringConvertible {
  public let description: String
  package init(_ description: String) { self.description = description }
}
