// A position and its profit by average cost, exact to the unit. One thread.

import Market
import Risk

/// The net position of one instrument.
///
/// Average cost: an opening fill adds its value to the cost; a closing one takes out the closed share of the cost and
/// realises the difference. Shares are rounded towards zero and what is rounded off stays in the open part, so that
/// after any fills `realised == sold - bought + cost of a long` (or `- proceeds of a short`) holds to the unit.
///
/// Money is in units of the asset that profit is counted in: the quote asset of spot and linear contracts, the base asset
/// of inverse ones, where a long gains what its lots are worth less (`InstrumentScale.worthSign`).
public struct Position: BitwiseCopyable, Equatable, Sendable {
  /// Signed lots.
  public var lots: Int64 = 0
  /// What the open lots were worth when they were traded; never negative.
  public var cost: Int64 = 0
  /// Realised so far, without fees.
  public var realised: Int64 = 0
  /// Fees so far that were taken in the base or quote asset (base at the fill's price, rounded up). Fees in a third asset
  /// stand in that asset's balance only. Of contracts those in the settlement asset, with what was paid less what was
  /// received as funding and by the insurance fund.
  public var fees: Int64 = 0

  public init() {}

  /// How many of a fill's lots close what is open; the others open.
  @inline(always)
  func closedLots(by side: Side, lots fillLots: Int64) -> Int64 {
    let isOpening = lots == 0 || (lots > 0) == (side == .buy)
    return isOpening ? 0 : Int64(clamping: min(lots.magnitude, UInt64(clamping: fillLots)))
  }

  /// Counts a fill.
  ///
  /// - Parameters:
  ///   - value: what the fill is worth, as the venue counts it.
  ///   - closedValue: the part of it that belongs to `closedLots`.
  ///   - worthSign: of the instrument's scale.
  /// - Returns: what it realises; nil, and nothing changed, when a figure leaves 64 bits.
  @inline(always)
  mutating func apply(
    side: Side, lots fillLots: Int64, value: Int64, closedValue: Int64, worthSign: Int64
  ) -> Int64? {
    let closedLots = closedLots(by: side, lots: fillLots)
    let closedCost = closedLots > 0 ? Int128(cost) &* Int128(closedLots) / Int128(lots.magnitude) : 0
    let sign = Int128(lots > 0 ? worthSign : 0 &- worthSign)
    let profit = Int64(exactly: sign &* (Int128(closedValue) &- closedCost))
    let newLots = Int64(exactly: Int128(lots) &+ Int128(fillLots) &* Int128(side.sign))
    let newCost = Int64(exactly: Int128(cost) &- closedCost &+ Int128(value) &- Int128(closedValue))
    guard let profit, let newLots, let newCost, let newRealised = Int64(exactly: Int128(realised) &+ Int128(profit))
    else { return nil }
    // A fill that closes exactly carries its whole value into the profit, so nothing is left in the cost.
    (lots, cost, realised) = (newLots, newCost, newRealised)
    return profit
  }

  /// What closing at the touch's mid would bring on top of the realised profit. Contracts are valued at their mark.
  @inline(always)
  func unrealised(touch: TouchReference, scale: InstrumentScale) -> Int64 {
    guard lots != 0, touch.bidQuantity.lots > 0, touch.askQuantity.lots > 0 else { return 0 }
    let twiceMid = touch.bid.ticks.addingReportingOverflow(touch.ask.ticks)
    let (ticks, parts) = scale.isContract ? (touch.markTicks, 1 as Int64) : (twiceMid.partialValue, 2)
    guard !twiceMid.overflow, let size = Int64(exactly: lots.magnitude),
      let worth = scale.worth(ticks: ticks, lots: size, rounding: .down)
    else { return 0 }
    return (lots > 0 ? scale.worthSign : 0 &- scale.worthSign) &* (worth / parts &- cost)
  }
}
