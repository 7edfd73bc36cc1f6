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
  /// The last touch with both sides: what the position is valued at.
  var mark = TouchReference.void
  var position = Position()
  /// What closing at the mark would bring, in units of the quote asset.
  var unrealised: Int64 = 0
  /// Position or mark have changed in this step.
  var areFiguresDue = false
  var daily = DailyFigures()
  /// Every trade up to this one was compared with the venue's list.
  var verifiedTrade: UInt64 = 0
  var list = InstrumentList()
  /// Realised and unrealised profit less fees since the day began, in units of the quote asset.
  var dayProfit: Int64 = 0
  /// The instruments with the same quote asset lose together: the number of the first of them.
  let lossGroup: Int
  var rejects = RejectWatch()
  var flattening = Flattening()
  /// The unfilled rest of its open orders.
  var workingBuyLots: Int64 = 0
  var workingSellLots: Int64 = 0
  var openOrders: Int64 = 0
  /// A request to cancel everything in it is to be sent, and by which lane.
  var isCancelAllWanted = false
  var isCancelAllEmergency = false

  init(
    _ definition: Instrument, limits: RiskLimits?, shard: Int, base: Int, quote: Int, lossGroup: Int
  ) {
    self.definition = definition
    scale = InstrumentScale(definition)
    self.shard = shard
    gateway = Int(definition.venue.rawValue)
    feeReserveBasisPoints = limits?.feeReserveBasisPoints ?? 0
    self.base = base
    self.quote = quote
    self.lossGroup = lossGroup
  }

  @inline(always)
  mutating func addWorking(_ lots: Int64, side: Side) {
    if side == .buy { workingBuyLots &+= lots } else { workingSellLots &+= lots }
  }

  /// Takes a touch; one that lacks a side leaves the mark as it is.
  @inline(always)
  mutating func take(_ touch: TouchReference) {
    self.touch = touch
    if touch.bidQuantity.lots > 0 && touch.askQuantity.lots > 0 { mark = touch }
    areFiguresDue = true
  }

  /// Values the position at the mark. Before the first touch of a session it keeps the value at which its day began.
  @inline(always)
  mutating func revalue() {
    if let scale, position.lots == 0 || mark.bidQuantity.lots > 0 {
      unrealised = position.unrealised(touch: mark, scale: scale)
    }
    dayProfit =
      (position.realised &- daily.realised) &+ (unrealised &- daily.unrealised) &- (position.fees &- daily.fees)
  }

  /// What an order's unfilled rest holds back of the balance.
  @inline(always)
  func reservation(_ order: Order) -> Int64 {
    scale?.reservation(
      side: order.side, ticks: order.price.ticks, lots: order.remainingLots,
      feeReserveBasisPoints: feeReserveBasisPoints) ?? order.reserved.units
  }
}
