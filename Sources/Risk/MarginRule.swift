// The margin of contracts: what position and open orders need of a wallet, and what one more order would need.

public import Market

/// Initial margin of one contract: its value at the mark, divided by the leverage.
///
/// Of the larger of the positions with all open buys and with all open sells filled (Binance futures: "present notional
/// plus open orders"), as the venue counts it (docs/simulation.md): with the same mark and a leverage that its tiers
/// allow the margin is the same to the unit.
public struct MarginRule: BitwiseCopyable, Sendable {
  let scale: InstrumentScale
  /// Parts of 10^-8 of the value, rounded up.
  let rate: Int64

  /// - Returns: nil for spot, for a contract that `InstrumentScale` does not know, and without a leverage.
  public init?(_ instrument: Instrument, _ limits: RiskLimits?) {
    guard let limits, limits.leverage >= 1, let scale = InstrumentScale(instrument), scale.isContract else {
      return nil
    }
    self.scale = scale
    rate = (Amount.unitsPerCoin - 1) / limits.leverage + 1
  }

  /// More than any wallet holds, where a figure leaves 64 bits; that of every instrument of a session can be added up.
  @inline(always) public static var unbounded: Int64 { .max >> 8 }

  /// The margin of a value in units of the settlement asset, not negative: rounded up.
  @_noLocks
  public func part(of value: Int64) -> Int64 {
    let one = Int128(Amount.unitsPerCoin)
    return Int64(truncatingIfNeeded: (Int128(value) &* Int128(rate) &+ one &- 1) / one)  // Safe: at most the value.
  }

  /// - Parameters:
  ///   - positionLots: signed.
  ///   - markTicks: what the contract is valued at, above 0.
  /// - Returns: units of the settlement asset; nil when a figure leaves 64 bits.
  @_noLocks
  public func initial(positionLots: Int64, buyLots: Int64, sellLots: Int64, markTicks: Int64) -> Int64? {
    let bought = (Int128(positionLots) &+ Int128(buyLots)).magnitude
    let sold = (Int128(positionLots) &- Int128(sellLots)).magnitude
    guard let lots = Int64(exactly: max(bought, sold)) else { return nil }
    if lots == 0 { return 0 }
    return scale.worth(ticks: markTicks, lots: lots, rounding: .down).map { part(of: $0) }
  }
}

extension InstrumentRules {
  /// What an order of a contract needs: the margin that it adds, what it loses at once at its price (Binance futures: "open
  /// loss") and a reserve for its fee. One that cannot make the position larger always passes.
  @inline(always)
  func check(
    _ margin: MarginRule, _ candidate: OrderCandidate, _ exposure: Exposure, _ touch: TouchReference
  ) -> RiskDecision {
    let (lots, mark) = (candidate.quantity.lots, touch.markTicks)
    let isBuy = candidate.side == .buy
    let (buys, sells) = (exposure.workingBuyLots, exposure.workingSellLots)
    // Safe: `checkExposure` added the lots to those of the side.
    let now = margin.initial(positionLots: exposure.positionLots, buyLots: buys, sellLots: sells, markTicks: mark)
    let then = margin.initial(
      positionLots: exposure.positionLots, buyLots: isBuy ? buys &+ lots : buys,
      sellLots: isBuy ? sells : sells &+ lots, markTicks: mark)
    let worth = margin.scale.worth(ticks: candidate.price.ticks, lots: lots, rounding: .down)
    let worthAtMark = margin.scale.worth(ticks: mark, lots: lots, rounding: .down)
    guard let now, let then, let worth, let worthAtMark,
      let fee = InstrumentScale.feeReserve(of: worth, limits.feeReserveBasisPoints)
    else { return RiskDecision(.arithmeticOverflow, candidate.price.ticks, lots) }
    if then == now && exposure.positionLots != 0 { return .approved }
    let loss = max(0, candidate.side.sign &* margin.scale.worthSign &* (worth &- worthAtMark))
    guard let needed = Int64(exactly: Int128(then &- now) &+ Int128(loss) &+ Int128(fee)) else {
      return RiskDecision(.arithmeticOverflow, candidate.price.ticks, lots)
    }
    let free = exposure.freeQuote.units
    return needed > free ? RiskDecision(.insufficientBalance, needed, free) : .approved
  }
}
