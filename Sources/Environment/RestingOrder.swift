// A learner's limit order in a synthetic market that does not know of it.

import Market
import Simulation

/// A limit order with the quantity ahead of it, by the risk-averse queue model: only trades at its price bring it forward,
/// and never is more ahead than is displayed. Without lots it is no order.
struct RestingOrder {
  let side: Side
  private(set) var price = Price(ticks: 0)
  private(set) var lots: Int64 = 0
  private(set) var ahead: Int64 = 0

  init(_ side: Side) { self.side = side }

  /// Joins the end of the queue at `price`; an order that stands there already keeps its place and what is left of it.
  mutating func place(_ price: Price, lots: Int64, displayed: Int64) {
    if self.lots > 0, self.price == price { return }
    self.price = price
    self.lots = lots
    ahead = displayed
  }

  mutating func cancel() { lots = 0 }

  /// - Returns: lots filled by a trade.
  @inline(always)
  mutating func trade(_ row: TapeRow) -> Int64 {
    guard lots > 0, row.side != side else { return 0 }
    let beyond = side.sign &* (price.ticks &- row.price.ticks)
    if beyond > 0 { return fill(lots) }
    guard beyond == 0 else { return 0 }
    ahead &-= row.quantity.lots
    guard ahead < 0 else { return 0 }
    let filled = fill(min(lots, 0 &- ahead))
    ahead = 0
    return filled
  }

  /// - Returns: lots filled because the other side has come to its price, of the book after a message.
  @inline(always)
  mutating func look(_ book: borrowing OrderBook) -> Int64 {
    guard lots > 0 else { return 0 }
    let other = side == .buy ? book.bestAsk : book.bestBid
    if side.sign &* (price.ticks &- other.price.ticks) >= 0 { return fill(lots) }
    ahead = min(ahead, book.quantity(side, at: price).lots)
    return 0
  }

  /// 1 at the front of the queue, toward 0 behind it; 0 without an order.
  var place: Float { lots == 0 ? 0 : 1 / (1 + Float(ahead) / Float(lots)) }

  private mutating func fill(_ filled: Int64) -> Int64 {
    lots &-= filled
    return filled
  }
}
