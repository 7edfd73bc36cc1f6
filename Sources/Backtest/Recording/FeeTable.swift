// What was traded and paid, by maker and taker and by the tier of the fee schedule.

public import Market

/// Fills of one kind in one tier.
public struct FeeTierTotals: Equatable, Sendable {
  public var tier: UInt8
  public var isMaker: Bool
  public var fills: Int64 = 0
  /// Traded value, in units of the settlement asset.
  public var turnover: Amount = .zero
  /// Paid, in units of the settlement asset; negative for rebates.
  public var fees: Amount = .zero
}

/// Fees in an asset whose price the run does not know.
public struct UnvaluedFee: Equatable, Sendable {
  public var asset: ShortName
  public var fee: Amount
}

/// What the venue did to end positions that their margin no longer supported.
public struct LiquidationTotals: Equatable, Sendable {
  /// Fills of the venue's own orders.
  public var fills: Int64 = 0
  /// To its insurance fund, in units of the settlement asset; negative: from it. Among the fees of the attribution.
  public var insurancePaid: Amount = .zero
}

extension Int64 {
  /// The sum, or the end of the range: turnover grows without bound, and a long run in a small currency passes 64 bits.
  func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}

struct FeeTable {
  /// By tier, then maker before taker; only what occurred.
  private(set) var tiers: [FeeTierTotals] = []
  private(set) var unvalued: [UnvaluedFee] = []

  mutating func add(_ fill: BacktestFill, feeUnits: Int64) {
    let index = row(fill.feeTier, fill.isMaker)
    tiers[index].fills += 1
    tiers[index].turnover.units = tiers[index].turnover.units.addingClamped(fill.notional.units)
    tiers[index].fees.units += feeUnits
  }

  mutating func addUnvalued(_ fee: Amount, _ asset: ShortName) {
    guard fee != .zero else { return }
    if let index = unvalued.firstIndex(where: { $0.asset == asset }) {
      unvalued[index].fee.units += fee.units
    } else {
      unvalued.append(UnvaluedFee(asset: asset, fee: fee))
    }
  }

  mutating func merge(_ other: FeeTable) {
    for totals in other.tiers {
      let index = row(totals.tier, totals.isMaker)
      tiers[index].fills += totals.fills
      tiers[index].turnover.units = tiers[index].turnover.units.addingClamped(totals.turnover.units)
      tiers[index].fees.units += totals.fees.units
    }
    for fee in other.unvalued { addUnvalued(fee.fee, fee.asset) }
  }

  private mutating func row(_ tier: UInt8, _ isMaker: Bool) -> Int {
    func key(_ tier: UInt8, _ isMaker: Bool) -> Int { Int(tier) * 2 + (isMaker ? 0 : 1) }
    let wanted = key(tier, isMaker)
    let index = tiers.firstIndex { key($0.tier, $0.isMaker) >= wanted } ?? tiers.count
    if index == tiers.count || key(tiers[index].tier, tiers[index].isMaker) != wanted {
      tiers.insert(FeeTierTotals(tier: tier, isMaker: isMaker), at: index)
    }
    return index
  }

  func sum(maker: Bool) -> FeeTierTotals {
    tiers.filter { $0.isMaker == maker }.reduce(into: FeeTierTotals(tier: 0, isMaker: maker)) { sum, row in
      sum.fills += row.fills
      sum.turnover.units = sum.turnover.units.addingClamped(row.turnover.units)
      sum.fees.units += row.fees.units
    }
  }
}
