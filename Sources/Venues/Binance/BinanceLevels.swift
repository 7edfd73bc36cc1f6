// Price levels of Binance's messages, `["0.0024","10"]`, to ticks and lots.

internal import Market

extension Instrument {
  /// Reads a price and a quantity in this definition's steps.
  @inline(always)
  borrowing func level(_ price: JSONText, _ quantity: JSONText, _ level: inout BookLevel) -> BinanceDecodeError {
    var ticks: Int64 = 0
    var lots: Int64 = 0
    let priceOutcome = DecimalText.parse(price.bytes, step: tick, into: &ticks)
    let quantityOutcome = DecimalText.parse(quantity.bytes, step: lot, into: &lots)
    if priceOutcome == .exact, quantityOutcome == .exact, ticks >= 0, lots >= 0 {
      level = BookLevel(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
      return .none
    }
    return priceOutcome == .offGrid || quantityOutcome == .offGrid ? .offGrid : .badDecimal
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
    if error == .none { error = instrument.level(price, quantity, &level) }
    return true
  }
}
