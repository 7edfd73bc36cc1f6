// Round trips: from flat to flat, the unit in which a hit is a hit.

import Market

/// A round trip begins when a position leaves zero and is closed when it comes back to zero. A fill that crosses zero is
/// divided there, its fee in proportion to the lots. Its profit is its cash flow less its fees, without funding.
struct RoundTrips {
  private(set) var closed: Int64 = 0
  private(set) var won: Int64 = 0
  private var cashGrains: Int128 = 0
  private var feeUnits: Int64 = 0

  /// - Parameters:
  ///   - position: before the fill.
  ///   - fee: in units of the settlement asset.
  mutating func fill(_ fill: BacktestFill, position: Int64, feeUnits fee: Int64, _ scale: ValueScale) {
    let lots = fill.side.sign * fill.quantity.lots
    let worth = scale.worth(halfTicks: 2 * fill.price.ticks)
    let crosses = position != 0 && (position > 0) != (lots > 0) && lots.magnitude >= position.magnitude
    guard crosses else {
      cashGrains -= Int128(lots) * worth
      feeUnits += fee
      return
    }
    let closingFee = Int64(Int128(fee) * Int128(position.magnitude) / Int128(lots.magnitude))
    cashGrains += Int128(position) * worth
    feeUnits += closingFee
    closed += 1
    if scale.units(cashGrains) > feeUnits { won += 1 }
    cashGrains = -Int128(position + lots) * worth
    feeUnits = fee - closingFee
  }
}
