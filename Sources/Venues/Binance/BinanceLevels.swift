// Price levels of Binance's messages, `["0.0024","10"]`, to ticks and lots.

internal import Market

extension Instrument {
  /// Reads an own fill: price and quantity are exact, because what was ordered was.
  @inline(always)
  borrowing func level(_ price: JSONText, _ quantity: JSONText, _ level: inout BookLevel) -> BinanceDecodeError {
    var lots: Int64 = 0
    let outcome = DecimalText.parse(quantity.bytes, step: lot, into: &lots)
    guard outcome == .exact, lots >= 0 else { return outcome == .offGrid ? .offGrid : .badDecimal }
    return read(price, lots, &level)
  }

  /// Reads what the venue displays or others traded.
  ///
  /// A quantity may be finer than the lot: levels keep what was left when a rule changed (the recorded BTCUSDT book has
  /// seven of 10^-6 under a LOT_SIZE of 10^-5). It is cut to whole lots, and to one lot where it would vanish: such a
  /// level is there, and the price that others see.
  @inline(always)
  borrowing func displayed(_ price: JSONText, _ quantity: JSONText, _ level: inout BookLevel) -> BinanceDecodeError {
    var lots: Int64 = 0
    let outcome = DecimalText.parse(quantity.bytes, step: lot, into: &lots)
    if outcome == .offGrid { lots = cutLots(quantity) }
    guard outcome == .exact || outcome == .offGrid, lots >= 0 else { return .badDecimal }
    return read(price, lots, &level)
  }

  @inline(always)
  private borrowing func read(_ price: JSONText, _ lots: Int64, _ level: inout BookLevel) -> BinanceDecodeError {
    var ticks: Int64 = 0
    let outcome = DecimalText.parse(price.bytes, step: tick, into: &ticks)
    guard outcome == .exact, ticks >= 0 else { return outcome == .offGrid ? .offGrid : .badDecimal }
    level = BookLevel(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
    return .none
  }

  /// Whole lots in a quantity between them, at least one; -1 when it is finer than the venue's 8 decimals or the lot is.
  private borrowing func cutLots(_ quantity: JSONText) -> Int64 {
    var units: Int64 = 0
    var unit = lot  // 10^-8, made from a step because its initialiser is not visible to annotated code
    unit.mantissa = 1
    unit.exponent = -8
    guard DecimalText.parse(quantity.bytes, step: unit, into: &units) == .exact, units > 0, lot.exponent >= -8 else {
      return -1
    }
    var unitsPerLot = lot.mantissa
    for _ in 0..<Int(lot.exponent) &+ 8 {
      let (product, overflow) = unitsPerLot.multipliedReportingOverflow(by: 10)
      if overflow { return 1 }  // a lot beyond any quantity
      unitsPerLot = product
    }
    return max(1, units / unitsPerLot)
  }
}

extension JSONScanner {
  /// Reads the next element of an array of levels; what may stand behind price and quantity is passed over (older
  /// formats had an empty array there).
  ///
  /// - Parameters:
  ///   - level: set when `error` is still `none`.
  ///   - error: the first error stays; the array is read on to its end, so that its grammar is checked.
  /// - Returns: false at the array's end.
  @inline(always)
  mutating func nextLevel(
    _ instrument: borrowing Instrument, _ level: inout BookLevel, _ error: inout BinanceDecodeError
  ) -> Bool {
    guard nextElement() else { return false }
    var price = JSONText.empty
    var quantity = JSONText.empty
    beginArray()
    if nextElement() {
      price = string()
      if nextElement() {
        quantity = string()
        while nextElement() { skipValue() }
      }
    }
    if error == .none { error = instrument.displayed(price, quantity, &level) }
    return true
  }
}
