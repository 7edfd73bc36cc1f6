// What a fill costs: by the tier of the trailing volume, in what the order receives or in a third asset.

import Market

extension MatchingEngine {
  /// Takes the fee of a fill from the account, and counts the fill for the tier of those after it.
  ///
  /// The rate is of what the order receives, and of the traded value for a third asset (commission_faq.md), each rounded
  /// once. A fee for each lot comes on top, in units of the same asset. An order pays at most what it receives.
  mutating func charge(
    _ quantity: Quantity, worth: Amount, _ received: (asset: ShortName, amount: Amount), isMaker: Bool, timeNs: Int64
  ) -> (asset: ShortName, amount: Amount, tier: UInt8) {
    let terms = models.fees
    let place = terms.schedule.place(volume: Amount(units: volume.units(timeNs: timeNs)))
    volume.add(worth.units, timeNs: timeNs)
    let tier = terms.schedule.tiers[place]
    let rate = isMaker ? tier.maker : tier.taker
    let perLot = isMaker ? terms.schedule.makerPerLot : terms.schedule.takerPerLot
    let lots = Int64(clamping: Int128(perLot) * Int128(quantity.lots))

    var asset = received.asset
    var units = min(
      Commission.units(received.amount.units, rate: rate).addingClamped(lots), received.amount.units)
    if let third = terms.asset, rate > 0,
      let other = Commission.units(worth.units, rate: rate, in: third)?.addingClamped(lots),
      other <= ledger.free(third.asset).units
    {
      (asset, units) = (third.asset, other)
    }
    let fee = Amount(units: units)
    ledger.credit(asset, Amount(units: -units))
    commissionPaid[asset, default: .zero].units += units
    return (asset, fee, UInt8(clamping: place))
  }
}

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}
