// What a venue of contracts asks of an account: margin by size of position, and funding.

import Market

/// Funding at a constant rate: the captures have neither rates nor mark prices, so both are what the user says.
public struct FundingTerms: BitwiseCopyable, Equatable, Sendable {
  /// Parts of 10^-8 of a position's value at each time; a positive rate is paid by longs.
  public var rate: Int64
  /// Paid at every multiple of this since 1970, in nanoseconds: eight hours give Binance's 00:00, 08:00 and 16:00 UTC.
  public var intervalNs: Int64

  public init(rate: Int64, intervalNs: Int64) {
    precondition(abs(rate) <= Amount.unitsPerCoin && intervalNs > 0)
    self.rate = rate
    self.intervalNs = intervalNs
  }
}

/// The terms of one contract.
public struct ContractTerms: Equatable, Sendable {
  public var margin: MarginTable
  /// Nil: none is paid.
  public var funding: FundingTerms?

  public init(margin: MarginTable, funding: FundingTerms? = nil) {
    self.margin = margin
    self.funding = funding
  }
}

extension MarginTable {
  /// The table of an account that has chosen a leverage: no tier lends more than that (Binance futures: "Change Initial
  /// Leverage"; initial margin = notional / leverage).
  ///
  /// - Returns: nil when the leverage is less than 1 or lends more than the first tier.
  public func limited(toLeverage leverage: Int64) -> MarginTable? {
    guard leverage >= 1, let first = tiers.first else { return nil }
    let rate = (Amount.unitsPerCoin + leverage - 1) / leverage
    guard rate >= first.initialRate else { return nil }
    let limited = tiers.map { tier in
      MarginTier(
        notionalCap: tier.notionalCap, initialRate: max(tier.initialRate, rate), maintenanceRate: tier.maintenanceRate)
    }
    return MarginTable(limited, liquidationFeeRate: liquidationFeeRate)
  }
}
