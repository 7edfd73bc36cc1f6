// Position and profit of one instrument in exact integers, split into what each part of it came from.

import Market

/// Where the profit of a run came from, in units of the settlement asset. The five terms add up to `profit` exactly.
///
/// With the mid m, the worth V of a lot at a price (`ValueScale`: proportional to the price, inverse: to −1 ÷ price), a
/// fill i of l lots at price p with sign s (+1 buy, −1 sell) at time t, end T and horizon τ:
///
///     spread capture      Σ s·l·(V(m(t)) − V(p))
///     adverse selection   Σ s·l·(V(m(min(t + τ, T))) − V(m(t)))
///     inventory           Σ s·l·(V(m(T)) − V(m(min(t + τ, T))))
///     fees                − Σ fee, and what liquidations paid to the insurance fund
///     funding             Σ funding received
///
/// The first three add up to Σ −s·l·V(p) + position·V(m(T)), the gross profit marked at the mid: what was earned
/// against the mid, what the market took back within τ, and what the position gained or lost after that.
public struct Attribution: Equatable, Sendable {
  public var spreadCapture: Amount
  public var adverseSelection: Amount
  public var inventory: Amount
  /// Negative when fees were paid.
  public var fees: Amount
  public var funding: Amount

  /// Net profit, marked at the mid.
  public var profit: Amount {
    Amount(units: spreadCapture.units + adverseSelection.units + inventory.units + fees.units + funding.units)
  }
}

/// The running account of one instrument.
struct ProfitLedger {
  let scale: ValueScale
  private(set) var positionLots: Int64 = 0
  /// Twice the mid, in ticks; 0 before the first.
  private(set) var midHalfTicks: Int64 = 0
  /// Of one lot at the mid, in grains.
  private(set) var worthAtMid: Int128 = 0
  private var spreadGrains: Int128 = 0
  /// What the mid's moves did to the position.
  private var holdingGrains: Int128 = 0
  var adverseGrains: Int128 = 0
  var feeUnits: Int64 = 0
  var fundingUnits: Int64 = 0

  init(_ scale: ValueScale) { self.scale = scale }

  mutating func mark(halfTicks: Int64) {
    let worth = scale.worth(halfTicks: halfTicks)
    holdingGrains += Int128(positionLots) * (worth - worthAtMid)
    midHalfTicks = halfTicks
    worthAtMid = worth
  }

  /// Before the first mid, the price of the fill stands for it.
  mutating func fill(_ fill: BacktestFill) {
    if midHalfTicks == 0 { mark(halfTicks: 2 * fill.price.ticks) }
    let lots = fill.side.sign * fill.quantity.lots
    spreadGrains += Int128(lots) * (worthAtMid - scale.worth(halfTicks: 2 * fill.price.ticks))
    positionLots += lots
  }

  var equityUnits: Int64 { scale.units(spreadGrains + holdingGrains) - feeUnits + fundingUnits }

  /// The position's value at the mid, without its sign, in units.
  var exposureUnits: Int64 { scale.units(Int128(positionLots.magnitude) * Int128(worthAtMid.magnitude)) }

  /// Each term is the step of a rounded running sum, so that the terms add up although each is rounded.
  var attribution: Attribution {
    let spread = scale.units(spreadGrains)
    let adverse = scale.units(spreadGrains + adverseGrains) - spread
    let gross = scale.units(spreadGrains + holdingGrains)
    return Attribution(
      spreadCapture: Amount(units: spread), adverseSelection: Amount(units: adverse),
      inventory: Amount(units: gross - spread - adverse), fees: Amount(units: -feeUnits),
      funding: Amount(units: fundingUnits))
  }
}
