// What an account pays for trading: the venue's schedule, where the account stands in it, and what it pays with.

public import Market

/// A third asset that fees are paid with while the account has enough of it, as BNB on Binance (commission_faq.md,
/// "How is the commission calculated in BNB"); without enough an order pays with what it receives, at the full rate.
/// Rebates are paid in what the order receives.
public struct FeeAsset: Equatable, Sendable {
  public let asset: ShortName
  /// Of one whole coin, in units of the quote asset: one price for the whole run.
  public let price: Amount
  /// Off the rate, in parts of 10^-8.
  public let discount: Int64

  public init(_ asset: ShortName, price: Amount, discount: Int64 = 0) {
    precondition(price > .zero && (0...Amount.unitsPerCoin).contains(discount), "a coin costs something")
    self.asset = asset
    self.price = price
    self.discount = discount
  }
}

/// The fees of one account. Volumes of different quote assets cannot be added: tiers and a third asset are for
/// instruments of one quote asset.
public struct FeeTerms: Equatable, Sendable {
  public var schedule: FeeSchedule
  /// What the account traded in the 30 days before, in units of the quote asset: taken as the same on each day.
  public var startingVolume: Amount
  /// Nil: paid with what an order receives.
  public var asset: FeeAsset?

  public init(_ schedule: FeeSchedule, startingVolume: Amount = .zero, asset: FeeAsset? = nil) {
    self.schedule = schedule
    self.startingVolume = startingVolume
    self.asset = asset
  }

  /// Two rates for everybody, in parts of 10^-8 (100_000 is 0.1 %).
  public init(maker: Int64 = 100_000, taker: Int64 = 100_000) {
    self.init(FeeSchedule(maker: maker, taker: taker))
  }

  /// The tier in force before anything is traded.
  public var firstTier: FeeTier { schedule.tier(volume: startingVolume) }
}
