// From ticks and lots to units of money, and what an order of spot holds back of it.

public import Market

/// The worth of prices and quantities of one instrument definition, in units of 10^-8.
public struct InstrumentScale: BitwiseCopyable, Sendable {
  private let denomination: Denomination
  public let isContract: Bool
  /// The sign with which the worth of a lot enters the profit of a long: an inverse contract is worth the less of the base
  /// asset the higher the price is.
  public let worthSign: Int64

  /// - Returns: nil for a contract that has no worth, or is not settled in the quote asset (linear) or base asset
  ///   (inverse).
  public init?(_ instrument: Instrument) {
    switch instrument.kind {
    case .spot: break
    case .linear: guard instrument.multiplier > 0, instrument.settlement == instrument.quote else { return nil }
    case .inverse: guard instrument.multiplier > 0, instrument.settlement == instrument.base else { return nil }
    }
    isContract = instrument.kind != .spot
    worthSign = instrument.kind == .inverse ? -1 : 1
    denomination = instrument.denomination
  }

  /// What a trade is worth in units of the asset it is counted in (quote; of inverse contracts base): `notional`. Nil when
  /// it does not fit into 64 bits.
  @_noLocks
  public func worth(ticks: Int64, lots: Int64, rounding: Rounding) -> Int64? {
    notional(Price(ticks: ticks), Quantity(lots: lots), denomination, rounding: rounding)?.units
  }

  /// The same in units of the quote asset, which limits are in: of inverse contracts their number times what one is worth.
  @_noLocks
  public func quoteUnits(ticks: Int64, lots: Int64, rounding: Rounding) -> Int64? {
    // Apart from `worth`, not beside it: two bodies that differ in a callee alone are merged into one with a pointer.
    guard worthSign < 0 else { return worth(ticks: ticks, lots: lots, rounding: rounding) }
    return quoteValue(Price(ticks: ticks), Quantity(lots: lots), denomination, rounding: rounding)?.units
  }

  /// A quantity of spot in units of the base asset; nil when it does not fit into 64 bits.
  @_noLocks
  public func baseUnits(lots: Int64, rounding: Rounding) -> Int64? {
    // At a tick of one whole quote coin: what a quantity is worth at the price 1 is its base amount.
    var unitPriced = denomination
    unitPriced.tick = DecimalStep(mantissa: 1, exponent: 0)
    return notional(Price(ticks: 1), Quantity(lots: lots), unitPriced, rounding: rounding)?.units
  }

  /// What an order of spot takes from the free balance: the quote asset with a fee reserve for a buy (both rounded up),
  /// the base asset for a sell. Nil when it does not fit. (Contracts: `MarginRule`.)
  @_noLocks
  public func reservation(side: Side, ticks: Int64, lots: Int64, feeReserveBasisPoints: Int64) -> Int64? {
    guard side == .buy else { return baseUnits(lots: lots, rounding: .up) }
    guard let notional = quoteUnits(ticks: ticks, lots: lots, rounding: .up),
      let fee = Self.feeReserve(of: notional, feeReserveBasisPoints)
    else { return nil }
    return Int64(exactly: Int128(notional) &+ Int128(fee))
  }

  /// Rounded up; nil when it does not fit.
  @inline(always)
  static func feeReserve(of worth: Int64, _ basisPoints: Int64) -> Int64? {
    Int64(exactly: (Int128(worth) &* Int128(basisPoints) &+ 9_999) / 10_000)
  }
}
