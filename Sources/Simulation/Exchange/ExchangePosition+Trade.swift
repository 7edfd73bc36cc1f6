// What a trade does to a position: average cost, closed part first.

import Market

extension ExchangePosition {
  /// Changes the position by one side of a trade.
  ///
  /// A reduction releases its share of the cost, rounded toward zero; the remainder stays in what is left of the position
  /// and is released with its last lot. So cash less cost changes by the trade's value alone, whatever part closes.
  ///
  /// - Parameters:
  ///   - value: of all `lots`, rounded down.
  ///   - worth: of a part of them at the trade's price.
  /// - Returns: the profit that is realised.
  mutating func trade(
    _ side: Side, _ lots: Int64, worth value: Int64, isInverse: Bool, part worth: (Int64) -> Int64
  ) -> Int64 {
    let signed = (side == .buy) != isInverse ? value : -value
    let closing = self.lots != 0 && (self.lots > 0) != (side == .buy) ? min(lots, abs(self.lots)) : 0
    var (profit, closingValue) = (Int64(0), Int64(0))
    if closing > 0 {
      let part = closing == lots ? value : worth(closing)
      closingValue = signed < 0 ? -part : part
      let released = Int64(Int128(cost) * Int128(closing) / Int128(abs(self.lots)))
      profit = -(closingValue + released)
      self.lots += closing * side.sign
      cost -= released
      realised += profit
    }
    self.lots += (lots - closing) * side.sign
    cost += signed - closingValue
    return profit
  }
}
