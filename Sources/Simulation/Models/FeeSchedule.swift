// What a trade costs: maker and taker rates by traded volume, rebates, and fees by contract.

public import Market

/// The rates from a volume on, in parts of 10^-8 of a fill's value (100_000 is 0.1 %).
public struct FeeTier: BitwiseCopyable, Equatable, Sendable {
  /// Traded in the last 30 days, in units of the quote asset: from here on the rates hold.
  public var volume: Amount
  /// Negative: a rebate.
  public var maker: Int64
  public var taker: Int64

  public init(volume: Amount = .zero, maker: Int64, taker: Int64) {
    self.volume = volume
    self.maker = maker
    self.taker = taker
  }
}

/// Tiers as venues publish them ("Fee schedule": the tier follows the volume of the trailing 30 days).
public struct FeeSchedule: Equatable, Sendable {
  public let tiers: [FeeTier]
  /// On top, in units for each lot that traded; negative: a rebate.
  public let makerPerLot: Int64
  public let takerPerLot: Int64

  /// - Returns: nil without a tier, when the first does not start at zero, when volumes do not rise, or when a rate is
  ///   not within −1...1.
  public init?(_ tiers: [FeeTier], makerPerLot: Int64 = 0, takerPerLot: Int64 = 0) {
    let one = Amount.unitsPerCoin
    guard let first = tiers.first, first.volume == .zero,
      zip(tiers, tiers.dropFirst()).allSatisfy({ $0.volume < $1.volume }),
      tiers.allSatisfy({ (-one...one).contains($0.maker) && (-one...one).contains($0.taker) })
    else { return nil }
    self.tiers = tiers
    self.makerPerLot = makerPerLot
    self.takerPerLot = takerPerLot
  }

  /// One tier for everybody.
  public init(maker: Int64, taker: Int64) {
    let one = Amount.unitsPerCoin
    precondition((-one...one).contains(maker) && (-one...one).contains(taker), "a fee is at most the whole")
    tiers = [FeeTier(maker: maker, taker: taker)]
    makerPerLot = 0
    takerPerLot = 0
  }

  /// Nothing is charged.
  public static var free: FeeSchedule { FeeSchedule(maker: 0, taker: 0) }

  /// The place of the tier of a trailing volume.
  public func place(volume: Amount) -> Int { tiers.lastIndex { $0.volume <= volume } ?? 0 }

  /// The tier of a trailing volume.
  public func tier(volume: Amount) -> FeeTier { tiers[place(volume: volume)] }
}

/// The commission at one rate.
///
/// Rounded to the nearest unit, halves up: Binance's commission FAQ computes 17491.25 x 0.0000023 = 0.040229875 and
/// prints 0.04022988. The rounding happens once, after any conversion into another asset.
public enum Commission {
  /// - Parameters:
  ///   - value: what the rate applies to, in units; never negative.
  ///   - rate: parts of 10^-8; negative for a rebate.
  public static func units(_ value: Int64, rate: Int64) -> Int64 {
    if rate == 0 { return 0 }
    let one = Int128(Amount.unitsPerCoin)
    return Int64(floor(Int128(value) * Int128(rate) + one / 2, one))
  }

  /// The same in another asset, of which one whole coin of the value's asset buys `unitsPerCoin` units; nil when it
  /// does not fit.
  public static func units(_ value: Int64, rate: Int64, unitsPerCoin: Int64) -> Int64? {
    let one = Int128(Amount.unitsPerCoin) * Int128(Amount.unitsPerCoin)
    let (product, overflow) = (Int128(value) * Int128(rate)).multipliedReportingOverflow(by: Int128(unitsPerCoin))
    return overflow ? nil : Int64(exactly: floor(product + one / 2, one))
  }

  /// The same in a third asset, at its discount; nil when it does not fit.
  public static func units(_ value: Int64, rate: Int64, in asset: FeeAsset) -> Int64? {
    let one = Int128(Amount.unitsPerCoin)
    let (scaled, overflow) = (Int128(value) * Int128(rate)).multipliedReportingOverflow(
      by: one - Int128(asset.discount))
    let divisor = one * Int128(asset.price.units)
    return overflow ? nil : Int64(exactly: floor(scaled + divisor / 2, divisor))
  }

  private static func floor(_ a: Int128, _ b: Int128) -> Int128 {
    let quotient = a / b
    return a < 0 && quotient * b != a ? quotient - 1 : quotient
  }
}
