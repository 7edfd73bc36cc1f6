// A position and its profit by average cost, exact to the unit. One thread.

import Market
import Risk

/// The net position of one instrument.
///
/// Average cost: an opening fill adds its value to the cost; a closing one takes out the closed share of the cost and
/// realises the difference. Shares are rounded towards zero and what is rounded off stays in the open part, so that
/// after any fills `realised == sold - bought + cost of a long` (or `- proceeds of a short`) holds to the unit.
public struct Position: BitwiseCopyable, Equatable, Sendable {
  /// Signed lots.
  public var lots: Int64 = 0
  /// What the open lots cost (long) or brought (short), in units of the quote asset; never negative.
  public var cost: Int64 = 0
  /// Realised so far, without fees, in units of the quote asset.
  public var realised: Int64 = 0
  /// Fees so far that were taken in the base or quote asset, in units of the quote asset (base at the fill's price,
  /// rounded up). Fees in a third asset stand in that asset's balance only.
  public var fees: Int64 = 0

  public init() {}

  /// Counts a fill.
  ///
  /// - Parameter value: price times quantity in units of the quote asset, as the venue counts it.
  /// - Returns: false, and nothing changed, when a figure leaves 64 bits.
  @inline(always)
  mutating func apply(side: Side, lots fillLots: Int64, value: Int64) -> Bool {
    let openLots = Int128(lots.magnitude)
    let isOpening = lots == 0 || (lots > 0) == (side == .buy)
    let closedLots = isOpening ? 0 : min(openLots, Int128(fillLots))
    var (closedValue, closedCost) = (Int128(0), Int128(0))
    if closedLots > 0 {
      closedValue = Int128(value) &* closedLots / Int128(fillLots)
      closedCost = Int128(cost) &* closedLots / openLots
    }
    let profit = lots > 0 ? closedValue &- closedCost : closedCost &- closedValue
    let newLots = Int64(exactly: Int128(lots) &+ Int128(fillLots) &* Int128(side.sign))
    let newCost = Int64(exactly: Int128(cost) &- closedCost &+ Int128(value) &- closedValue)
    let newRealised = Int64(exactly: Int128(realised) &+ profit)
    guard let newLots, let newCost, let newRealised else { return false }
    // A fill that closes exactly carries its whole value into the profit, so nothing is left in the cost.
    (lots, cost, realised) = (newLots, newCost, newRealised)
    return true
  }

  /// What closing at the touch's mid would bring on top of the realised profit, in units of the quote asset.
  @inline(always)
  func unrealised(touch: TouchReference, scale: InstrumentScale) -> Int64 {
    guard lots != 0, touch.bidQuantity.lots > 0, touch.askQuantity.lots > 0 else { return 0 }
    let twiceMid = touch.bid.ticks.addingReportingOverflow(touch.ask.ticks)
    guard !twiceMid.overflow, let size = Int64(exactly: lots.magnitude),
      let twiceValue = scale.quoteUnits(ticks: twiceMid.partialValue, lots: size, rounding: .down)
    else { return 0 }
    let value = twiceValue / 2
    return lots > 0 ? value &- cost : cost &- value
  }
}
