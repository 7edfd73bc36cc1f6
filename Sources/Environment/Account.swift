// What a learner has, and what it paid: in ticks times lots, so that nothing is rounded before the reward.

import Market

struct Account {
  private(set) var positionLots: Int64 = 0
  /// Ticks times lots.
  private(set) var cash: Int64 = 0
  private(set) var takerLots: Int64 = 0
  private(set) var makerLots: Int64 = 0

  mutating func fill(_ side: Side, _ price: Price, lots: Int64, isMaker: Bool) {
    positionLots &+= side.sign &* lots
    cash &-= side.sign &* lots &* price.ticks
    if isMaker { makerLots &+= lots } else { takerLots &+= lots }
  }

  /// Twice cash plus position at the mid-price, in ticks times lots.
  func doubleEquity(doubleMidTicks: Int64) -> Int64 { 2 &* cash &+ positionLots &* doubleMidTicks }
}
