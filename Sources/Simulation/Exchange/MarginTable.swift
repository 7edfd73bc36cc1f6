// Margin rates by size of position.

public import Market

/// One step of a margin table: positions worth at most `notionalCap` need these rates, in parts of 10^-8.
public struct MarginTier: BitwiseCopyable, Equatable, Sendable {
  /// In units of the settlement asset.
  public var notionalCap: Amount
  public var initialRate: Int64
  public var maintenanceRate: Int64

  public init(notionalCap: Amount, initialRate: Int64, maintenanceRate: Int64) {
    self.notionalCap = notionalCap
    self.initialRate = initialRate
    self.maintenanceRate = maintenanceRate
  }
}

/// The tiers of a perpetual, as a venue lists them ("leverage brackets").
///
/// Maintenance margin = notional × rate − maintenance amount, where the amount makes the margin continuous from tier to
/// tier: amount(n) = amount(n−1) + cap(n−1) × (rate(n) − rate(n−1)) (Binance, "Leverage and Margin of USDⓈ-M Futures").
public struct MarginTable: Equatable, Sendable {
  public let tiers: [MarginTier]
  /// Of each tier, in units, rounded down: the margin is rounded against the account.
  public let maintenanceAmounts: [Int64]
  /// Charged on the notional that a liquidation order trades, in parts of 10^-8, to the insurance fund.
  public let liquidationFeeRate: Int64

  /// - Returns: nil without a tier, when caps or rates do not rise, or when a rate is not within 0...1 or the
  ///   maintenance rate is above the initial one.
  public init?(_ tiers: [MarginTier], liquidationFeeRate: Int64 = 0) {
    let one = Amount.unitsPerCoin
    guard !tiers.isEmpty, (0..<one).contains(liquidationFeeRate) else { return nil }
    var amounts: [Int64] = []
    for (i, tier) in tiers.enumerated() {
      guard tier.maintenanceRate >= 0, tier.maintenanceRate <= tier.initialRate, tier.initialRate <= one else {
        return nil
      }
      guard i > 0 else {
        amounts.append(0)
        continue
      }
      let below = tiers[i - 1]
      guard tier.notionalCap > below.notionalCap, tier.maintenanceRate >= below.maintenanceRate else { return nil }
      let step = Int128(below.notionalCap.units) * Int128(tier.maintenanceRate - below.maintenanceRate) / Int128(one)
      guard let amount = Int64(exactly: Int128(amounts[i - 1]) + step) else { return nil }
      amounts.append(amount)
    }
    self.tiers = tiers
    maintenanceAmounts = amounts
    self.liquidationFeeRate = liquidationFeeRate
  }

  /// The tier of a notional; the last one beyond every cap.
  func tier(of notional: Int64) -> Int {
    tiers.firstIndex { notional <= $0.notionalCap.units } ?? tiers.count - 1
  }

  /// Initial margin of a notional, rounded up.
  public func initial(_ notional: Amount) -> Amount {
    Amount(units: Self.part(notional.units, tiers[tier(of: notional.units)].initialRate))
  }

  /// Maintenance margin of a notional, rounded up.
  public func maintenance(_ notional: Amount) -> Amount {
    let i = tier(of: notional.units)
    return Amount(units: Self.part(notional.units, tiers[i].maintenanceRate) - maintenanceAmounts[i])
  }

  /// `rate` parts of 10^-8 of `units`, both non-negative, rounded up.
  static func part(_ units: Int64, _ rate: Int64) -> Int64 {
    let one = Int128(Amount.unitsPerCoin)
    return Int64((Int128(units) * Int128(rate) + one - 1) / one)  // Safe: the rate is at most one.
  }
}
