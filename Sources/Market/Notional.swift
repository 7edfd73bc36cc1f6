// Price times quantity in whole units of the settlement asset, exact in 128 bits and rounded once.

/// How a quotient becomes a whole number of units. Which one applies is a rule of the venue.
public enum Rounding: UInt8, BitwiseCopyable, Sendable {
  /// Toward zero: what a seller is credited.
  case down = 0
  /// Away from zero: what a reservation must cover.
  case up = 1
  /// To the nearest; a half to the even neighbour.
  case halfEven = 2
}

/// Powers of ten that fit 64 bits.
enum PowersOfTen {
  static var largest: Int { 19 }

  /// Ten to the `exponent`, 0 to 19: by squares, because a table in a global would be initialised lazily.
  @inline(always)
  static func value(_ exponent: Int) -> UInt64 {
    var power: UInt64 = exponent & 1 == 0 ? 1 : 10
    if exponent & 2 != 0 { power &*= 100 }
    if exponent & 4 != 0 { power &*= 10_000 }
    if exponent & 8 != 0 { power &*= 100_000_000 }
    if exponent & 16 != 0 { power &*= 10_000_000_000_000_000 }
    return power
  }
}

/// What of an instrument's definition turns prices and quantities into money.
public struct Denomination: BitwiseCopyable, Sendable {
  public var kind: ContractKind
  public var tick: DecimalStep
  public var lot: DecimalStep
  public var multiplier: Int64

  @_noLocks
  public init(kind: ContractKind, tick: DecimalStep, lot: DecimalStep, multiplier: Int64) {
    self.kind = kind
    self.tick = tick
    self.lot = lot
    self.multiplier = multiplier
  }
}

extension Instrument {
  public var denomination: Denomination {
    @_noLocks get { Denomination(kind: kind, tick: tick, lot: lot, multiplier: multiplier) }
  }
}

/// What `quantity` at `price` is worth, in units of 10^-8 of the settlement asset.
///
/// Spot and linear: price × quantity × multiplier, in the quote asset. Inverse: quantity × multiplier ÷ price, in the
/// base asset.
///
/// - Returns: nil when 64 bits do not hold the result or 128 bits an intermediate, or an inverse contract has price 0.
@_noLocks @inline(never)
public func notional(
  _ price: Price, _ quantity: Quantity, _ denomination: borrowing Denomination, rounding: Rounding
) -> Amount? {
  let tick = denomination.tick
  let lot = denomination.lot
  let contracts = Int128(quantity.lots) &* Int128(lot.mantissa)  // Safe: two 64-bit factors.
  let (worth, overflow) = contracts.multipliedReportingOverflow(by: Int128(denomination.multiplier))
  let pricePerUnit = Int128(price.ticks) &* Int128(tick.mantissa)
  guard !overflow else { return nil }
  if denomination.kind == .inverse {
    return quotient(worth, pricePerUnit, power: Int(lot.exponent) &- Int(tick.exponent) &+ 8, rounding)
  }
  let (product, productOverflow) = worth.multipliedReportingOverflow(by: pricePerUnit)
  guard !productOverflow else { return nil }
  return quotient(product, 1, power: Int(lot.exponent) &+ Int(tick.exponent) &+ 8, rounding)
}

/// What `quantity` at `price` is worth in units of 10^-8 of the quote asset: what limits and filters are compared with.
///
/// Spot and linear: the `notional`. Inverse: quantity × multiplier, whatever the price.
///
/// - Returns: nil when 64 bits do not hold the result or 128 bits an intermediate.
@_noLocks @inline(never)
public func quoteValue(
  _ price: Price, _ quantity: Quantity, _ denomination: borrowing Denomination, rounding: Rounding
) -> Amount? {
  guard denomination.kind == .inverse else { return notional(price, quantity, denomination, rounding: rounding) }
  let contracts = Int128(quantity.lots) &* Int128(denomination.lot.mantissa)  // Safe: two 64-bit factors.
  let (worth, overflow) = contracts.multipliedReportingOverflow(by: Int128(denomination.multiplier))
  return overflow ? nil : quotient(worth, 1, power: Int(denomination.lot.exponent) &+ 8, rounding)
}

/// `numerator` ÷ `denominator` × 10^`power`, rounded once.
private func quotient(_ numerator: Int128, _ denominator: Int128, power: Int, _ rounding: Rounding) -> Amount? {
  guard numerator != 0, denominator != 0 else { return denominator == 0 ? nil : .zero }
  // 10^38 is the largest power of ten in 128 bits.
  guard power >= -38 && power <= 38 else { return nil }
  let magnitude = power < 0 ? -power : power
  let first = magnitude < PowersOfTen.largest ? magnitude : PowersOfTen.largest
  let factor = Int128(PowersOfTen.value(first)) &* Int128(PowersOfTen.value(magnitude &- first))
  let (scaledUp, upOverflow) = numerator.multipliedReportingOverflow(by: power > 0 ? factor : 1)
  let (scaledDown, downOverflow) = denominator.multipliedReportingOverflow(by: power < 0 ? factor : 1)
  guard !upOverflow, !downOverflow else { return nil }

  // Most ticks and lots are no finer together than a unit: nothing is divided then.
  let (whole, remainder) =
    scaledDown == 1
    ? (scaledUp.magnitude, 0) : scaledUp.magnitude.quotientAndRemainder(dividingBy: scaledDown.magnitude)
  guard whole < UInt128(Int64.max) else { return nil }
  var units = Int64(truncatingIfNeeded: whole)
  let rest = scaledDown.magnitude &- remainder  // what is missing to the next unit; compared without doubling
  switch rounding {
  case .down: break
  case .up: if remainder > 0 { units &+= 1 }
  case .halfEven: if remainder > rest || (remainder == rest && units & 1 == 1) { units &+= 1 }
  }
  return Amount(units: (scaledUp < 0) == (scaledDown < 0) ? units : -units)
}
