// From ticks and lots to units of the quote and base asset, and what an order holds back of them.

public import Market

/// The worth of prices and quantities of one instrument definition (spot), in units of 10^-8.
public struct InstrumentScale: BitwiseCopyable, Sendable {
  private let definition: Instrument
  /// The same lots at a tick of one whole quote coin: what a quantity is worth at the price 1 is its base amount.
  private let unitPriced: Instrument

  /// - Returns: nil for a contract that is not spot.
  public init?(_ instrument: Instrument) {
    guard instrument.kind == .spot else { return nil }
    definition = instrument
    var unit = instrument
    unit.tick = DecimalStep(mantissa: 1, exponent: 0)
    unitPriced = unit
  }

  /// Price times quantity in units of the quote asset; nil when it does not fit into 64 bits.
  @_noLocks
  public func quoteUnits(ticks: Int64, lots: Int64, rounding: Rounding) -> Int64? {
    notional(Price(ticks: ticks), Quantity(lots: lots), definition, rounding: rounding)?.units
  }

  /// A quantity in units of the base asset; nil when it does not fit into 64 bits.
  @_noLocks
  public func baseUnits(lots: Int64, rounding: Rounding) -> Int64? {
    notional(Price(ticks: 1), Quantity(lots: lots), unitPriced, rounding: rounding)?.units
  }

  /// What an order of that size takes from the free balance: the quote asset with a fee reserve for a buy (both
  /// rounded up), the base asset for a sell. Nil when it does not fit.
  @_noLocks
  public func reservation(side: Side, ticks: Int64, lots: Int64, feeReserveBasisPoints: Int64) -> Int64? {
    guard side == .buy else { return baseUnits(lots: lots, rounding: .up) }
    guard let notional = quoteUnits(ticks: ticks, lots: lots, rounding: .up) else { return nil }
    let fee = (Int128(notional) &* Int128(feeReserveBasisPoints) &+ 9_999) / 10_000
    return Int64(exactly: Int128(notional) &+ fee)
  }
}
