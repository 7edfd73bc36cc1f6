// From ticks and lots to amounts of 10^-8 and back, exactly.

import Market

/// The arithmetic of one spot instrument's money. Both steps and their product are whole multiples of 10^-8, so that a
/// price times a quantity is exact and sums of parts equal the whole.
public struct MoneyScale: Sendable {
  /// Units of 10^-8 of the quote asset in one tick.
  public let unitsPerTick: Int64
  /// Units of 10^-8 of the base asset in one lot.
  public let unitsPerLot: Int64
  /// Units of 10^-8 of the quote asset in one tick times one lot.
  private let unitsPerTickLot: Int128
  /// Of a contract, whose value is rounded down once.
  private let contract: ContractScale?

  /// - Returns: nil when the instrument is not spot, or its steps or their product are finer than 10^-8.
  public init?(_ instrument: Instrument) {
    let (tick, lot) = (instrument.tick, instrument.lot)
    guard instrument.kind == .spot, instrument.multiplier == 1,
      let perTick = Self.units(tick.mantissa, exponent: Int(tick.exponent)),
      let perLot = Self.units(lot.mantissa, exponent: Int(lot.exponent)),
      let perTickLot = Self.units(
        Int128(tick.mantissa) * Int128(lot.mantissa), exponent: Int(tick.exponent) + Int(lot.exponent))
    else { return nil }
    unitsPerTick = Int64(perTick)
    unitsPerLot = Int64(perLot)
    unitsPerTickLot = perTickLot
    contract = nil
  }

  /// - Returns: nil for spot, or when a factor does not fit 64 bits.
  init?(contract instrument: Instrument) {
    guard instrument.kind != .spot, let scale = ContractScale(instrument) else { return nil }
    (unitsPerTick, unitsPerLot, unitsPerTickLot) = (0, 0, 0)
    contract = scale
  }

  private static func units<I: BinaryInteger>(_ mantissa: I, exponent: Int) -> Int128? {
    guard (-8...0).contains(exponent) else { return nil }
    let scaled = (0..<(8 + exponent)).reduce(Int128(mantissa)) { value, _ in value * 10 }
    return scaled <= Int128(Int64.max) ? scaled : nil
  }

  /// Price times quantity in quote units, or a contract's value in units of its settlement asset; nil beyond 92 billion
  /// coins.
  public func notional(_ price: Price, _ quantity: Quantity) -> Amount? {
    if let contract { return contract.value(price.ticks, quantity.lots).map(Amount.init(units:)) }
    return Int64(exactly: Int128(price.ticks) * Int128(quantity.lots) * unitsPerTickLot).map(Amount.init(units:))
  }

  func baseAmount(_ quantity: Quantity) -> Amount { Amount(units: quantity.lots * unitsPerLot) }

  /// With eight places, as Binance prints them.
  public func text(_ price: Price) -> String { CoinText.text(price.ticks * unitsPerTick) }
  public func text(_ quantity: Quantity) -> String { CoinText.text(quantity.lots * unitsPerLot) }
}

extension DecimalStep {
  /// The step as a number, for estimates: money is counted in whole steps.
  var approximate: Double {
    let power = (0..<abs(Int(exponent))).reduce(1.0) { power, _ in power * 10 }
    return exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
  }
}
