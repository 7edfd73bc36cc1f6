// A resting order's place among those who are displayed at its price.

import Market

/// What is known and estimated of the place, in lots. An estimate is not money, so it is a floating-point number: below
/// 2^53 lots it is exact under the two ends of `QueueRule`.
///
/// Whole lots are filled: what trades have passed the queue ahead by is rounded to the nearest, halves up, as hftbacktest
/// does; less than half a lot is kept for the next trade. Nothing stands before the head of a queue, where hftbacktest's
/// estimates can go beyond it and fill more than was traded.
struct QueuePlace: BitwiseCopyable, Equatable, Sendable {
  /// Displayed lots before the order; negative by less than half a lot once trades have passed them all.
  private(set) var ahead = 0.0
  /// What was displayed when the queue was last looked at, and what has traded since.
  private var displayed = 0.0
  private var traded = 0.0
  /// Pro-rata: what trades have brought the order and was less than a lot.
  private var fraction = 0.0

  init() {}

  /// At the end of everything displayed.
  init(behind displayed: Quantity) {
    self.displayed = Double(displayed.lots)
    ahead = self.displayed
  }

  /// Whether anybody displayed is still to trade before the order.
  var isWaiting: Bool { ahead > 0 }

  /// The market traded through the price: whoever stood there is gone.
  mutating func reachHead() { ahead = 0 }

  /// The displayed quantity has become `quantity`.
  ///
  /// - Parameter lot: units of the base asset in a lot.
  mutating func follow(_ quantity: Quantity, _ rule: QueueRule, lot: Double) {
    let now = Double(quantity.lots)
    guard now != displayed else { return }
    ahead = max(0, rule.ahead(ahead, from: displayed, to: now, traded: traded, lot: lot))
    displayed = now
    traded = 0
  }

  /// A trade at the order's price, by time: the queue ahead goes first.
  ///
  /// - Parameter left: what older orders of the account have not taken of it.
  /// - Returns: the lots that reach the order, at most `left`.
  mutating func pass(_ trade: Quantity, left: Int64) -> Int64 {
    traded += Double(trade.lots)
    ahead -= Double(left)
    let reached = (-ahead).rounded(.toNearestOrAwayFromZero)
    guard reached > 0 else { return 0 }
    ahead = 0
    return reached < Double(left) ? Int64(reached) : left
  }

  /// A trade at the order's price, by size.
  ///
  /// - Parameters:
  ///   - own: what the order has left.
  ///   - everybody: all lots at the price, those of the account included.
  /// - Returns: the whole lots that the order has come to, at most `left`.
  mutating func share(_ trade: Quantity, own: Quantity, of everybody: Double, left: Int64) -> Int64 {
    fraction += Double(trade.lots) * Double(own.lots) / everybody
    let whole = min(fraction.rounded(.down), Double(left))
    fraction -= whole
    return min(left, Int64(exactly: whole) ?? left)
  }
}
