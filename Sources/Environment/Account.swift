// The money of one episode, in integers that are exact.

import Market

/// Cash, fees and position since the episode began. The unit of money is a millionth of one lot moving one tick, so that
/// a fee of whole millionths of the notional needs no rounding.
package struct Account {
  /// What one lot moving one tick is worth.
  package static var unitsPerTick: Int64 { 1_000_000 }

  package private(set) var inventoryLots: Int64 = 0
  /// After fees.
  package private(set) var cash: Int64 = 0
  package private(set) var fees: Int64 = 0

  package init() {}

  /// - Parameter feePpm: in millionths of price times quantity.
  package mutating func fill(_ side: Side, _ price: Price, lots: Int64, feePpm: Int64) {
    let notional = price.ticks &* lots
    let fee = notional &* feePpm
    inventoryLots &+= side.sign &* lots
    fees &+= fee
    cash &-= side.sign &* notional &* Self.unitsPerTick &+ fee
  }

  /// Cash plus the position at the mid-price, given as best bid plus best ask.
  package func equity(doubleMid: Int64) -> Int64 {
    cash &+ inventoryLots &* doubleMid &* (Self.unitsPerTick / 2)
  }
}
