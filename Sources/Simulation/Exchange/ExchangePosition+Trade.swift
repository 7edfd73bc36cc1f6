// What a trade does to a position: average cost, closed part first.

import Market

/// What one side of a trade made of a position, in units of the settlement asset.
struct PositionChange {
  /// Realised by the lots that it closed.
  var profit: Int64 = 0
  /// What had been set aside for them in isolated mode.
  var releasedMargin: Int64 = 0
  /// What the lots that it opened are worth, without a sign.
  var openedValue: Int64 = 0
}

extension ExchangePosition {
  /// Changes the position by one side of a trade.
  ///
  /// A reduction releases its share of cost and margin, rounded toward zero; the remainder stays in what is left of the
  /// position and is released with its last lot. So cash and margin less cost change by the trade's value alone, whatever
  /// part closes: both sides of a trade cancel exactly.
  ///
  /// - Parameters:
  ///   - price: in ticks; what a part of the lots is worth is worked out with it.
  ///   - value: of all `lots`, rounded down.
  mutating func trade(_ side: Side, _ lots: Int64, at price: Int64, worth value: Int64, _ scale: ContractScale)
    -> PositionChange
  {
    var change = PositionChange()
    let held = self.lots
    let sign: Int64 = (side == .buy) != scale.isInverse ? 1 : -1
    let closing = held != 0 && (held > 0) != (side == .buy) ? min(lots, abs(held)) : 0
    var closingValue: Int64 = 0
    if closing > 0 {
      closingValue = closing == lots ? value : scale.value(price, closing) ?? 0
      func share(_ units: Int64) -> Int64 { Int64(Int128(units) * Int128(closing) / Int128(abs(held))) }
      let released = share(cost)
      change.profit = -(sign * closingValue + released)
      change.releasedMargin = share(isolatedMargin)
      cost -= released
      isolatedMargin -= change.releasedMargin
      realised += change.profit
    }
    change.openedValue = value - closingValue
    self.lots += lots * side.sign
    cost += sign * change.openedValue
    return change
  }
}
