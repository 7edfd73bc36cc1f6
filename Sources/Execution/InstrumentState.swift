// What execution knows of one instrument: market, position and the sum of its open orders.

import Market
import Risk

/// One row of execution's instrument table.
struct InstrumentState: BitwiseCopyable {
  let definition: Instrument
  /// Nil for a contract that is not spot: the gate refuses it, so no order of it exists.
  let scale: InstrumentScale?
  let shard: Int
  let gateway: Int
  let feeReserveBasisPoints: Int64
  /// Places in the balance book.
  let base: Int
  let quote: Int
  var touch = TouchReference.void
  var position = Position()
  var daily = DailyFigures()
  /// Every trade up to this one was compared with the venue's list.
  var verifiedTrade: UInt64 = 0
  /// The unfilled rest of its open orders.
  var workingBuyLots: Int64 = 0
  var workingSellLots: Int64 = 0
  var openOrders: Int64 = 0
  /// Not traded until somebody looked at it: the venue contradicted itself.
  var isHalted = false
  /// A request to cancel everything in it is to be sent.
  var isCancelAllWanted = false

  init(
    _ definition: Instrument, limits: RiskLimits?, shard: Int, base: Int, quote: Int
  ) {
    self.definition = definition
    scale = InstrumentScale(definition)
    self.shard = shard
    gateway = Int(definition.venue.rawValue)
    feeReserveBasisPoints = limits?.feeReserveBasisPoints ?? 0
    self.base = base
    self.quote = quote
  }

  @inline(always)
  mutating func addWorking(_ lots: Int64, side: Side) {
    if side == .buy { workingBuyLots &+= lots } else { workingSellLots &+= lots }
  }

  /// What an order's unfilled rest holds back of the balance.
  @inline(always)
  func reservation(_ order: Order) -> Int64 {
    scale?.reservation(
      side: order.side, ticks: order.price.ticks, lots: order.remainingLots,
      feeReserveBasisPoints: feeReserveBasisPoints) ?? order.reserved.units
  }
}
