// What a venue of contracts asks of an account: margin by size of position, and funding.

import Market

/// When funding is paid, and at which rates: parts of 10^-8 of a position's value, of which longs pay one above zero.
public enum FundingTerms: Equatable, Sendable {
  /// At every multiple of the interval since 1970, in nanoseconds: eight hours give Binance's 00:00, 08:00 and 16:00 UTC.
  case constant(rate: Int64, intervalNs: Int64)
  case recorded(FundingSeries)
}

/// Funding as it was paid.
public struct FundingSeries: Equatable, Sendable {
  public struct Payment: BitwiseCopyable, Equatable, Sendable {
    /// In nanoseconds since 1970.
    public var timeNs: Int64
    public var rate: Int64

    public init(timeNs: Int64, rate: Int64) {
      self.timeNs = timeNs
      self.rate = rate
    }
  }

  public let payments: [Payment]
  /// Within this no payment can be missing.
  public let coveredNs: ClosedRange<Int64>

  /// - Parameter payments: at least one; times rise from each to the next, and no rate is more than the whole value.
  public init(_ payments: [Payment], coveredNs: ClosedRange<Int64>) {
    precondition(!payments.isEmpty)
    precondition(zip(payments, payments.dropFirst()).allSatisfy { $0.timeNs < $1.timeNs }, "in the order of time")
    precondition(payments.allSatisfy { abs($0.rate) <= Amount.unitsPerCoin })
    self.payments = payments
    self.coveredNs = coveredNs
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
