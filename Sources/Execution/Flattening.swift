// What a flatten knows of one instrument, and the price and size of its next order.

import Market
import Risk

/// One instrument on its way to no position.
struct Flattening: BitwiseCopyable {
  var isActive = false
  /// Orders since the position last changed.
  var fruitless: UInt16 = 0
  /// When it is looked at again, in the session's clock.
  var dueNs = Int64.max
  /// The position at the last look.
  var lots: Int64 = 0
  /// The record of the command.
  var cause: UInt64 = 0

  init() {}

  @inline(always)
  init(cause: UInt64, dueNs: Int64) {
    isActive = true
    self.cause = cause
    self.dueNs = dueNs
  }
}

extension InstrumentState {
  /// The worst price that the collar allows for closing; nil without a market on both sides.
  @inline(always)
  func closingPrice(_ limits: RiskLimits) -> Price? {
    guard touch.bidQuantity.lots > 0, touch.askQuantity.lots > 0, touch.bid < touch.ask else { return nil }
    if position.lots > 0 {
      let lowest = (Int128(touch.bid.ticks) &* Int128(10_000 &- limits.collarBasisPoints) &+ 9_999) / 10_000
      return max(Price(ticks: Int64(truncatingIfNeeded: lowest)), definition.minimumPrice)
    }
    let highest = Int128(touch.ask.ticks) &* Int128(10_000 &+ limits.collarBasisPoints) / 10_000
    return min(Price(ticks: Int64(clamping: highest)), definition.maximumPrice)
  }

  /// The lots of the next closing order: the position, as far as one order may go. Nil when there is none, or when what
  /// is left is less than the venue takes.
  @inline(always)
  func closingSlice(_ limits: RiskLimits, price: Price) -> Int64? {
    guard position.lots != 0, position.lots != .min, let scale else { return nil }
    let most = min(limits.maximumOrderQuantity.lots, definition.maximumQuantity.lots)
    var lots = min(abs(position.lots), most)
    guard let worth = scale.quoteUnits(ticks: price.ticks, lots: lots, rounding: .up) else { return nil }
    // Rounded down, so that the share is within the bound: worth grows with the lots.
    let bound = min(limits.maximumOrderNotional.units, definition.maximumNotional.units)
    if worth > bound { lots = Int64(truncatingIfNeeded: Int128(lots) &* Int128(bound) / Int128(worth)) }
    let least = scale.quoteUnits(ticks: price.ticks, lots: lots, rounding: .down) ?? 0
    let isTaken = lots >= max(definition.minimumQuantity.lots, 1) && least >= definition.minimumNotional.units
    return isTaken ? lots : nil
  }
}
