// What execution knows of one instrument: market, position and the sum of its open orders.

import Market
import Risk

/// One row of execution's instrument table.
struct InstrumentState: BitwiseCopyable {
  let definition: Instrument
  /// Nil for a contract that the gate does not know: it refuses it, so no order of it exists.
  let scale: InstrumentScale?
  /// Of a contract that may be traded.
  let margin: MarginRule?
  let shard: Int
  let gateway: Int
  let feeReserveBasisPoints: Int64
  /// Places in the balance book of what a trade moves (`Instrument.moved`).
  let base: Int
  let quote: Int
  var touch = TouchReference.void
  /// The last touch with both sides: what the position is valued at.
  var mark = TouchReference.void
  var position = Position()
  /// What closing at the mark would bring, in units of the asset that profit is counted in.
  var unrealised: Int64 = 0
  /// Position or mark have changed in this step.
  var areFiguresDue = false
  var daily = DailyFigures()
  /// Every trade up to this one was compared with the venue's list.
  var verifiedTrade: UInt64 = 0
  var list = InstrumentList()
  /// Realised and unrealised profit less fees since the day began, in units of the asset that profit is counted in.
  var dayProfit: Int64 = 0
  /// The instruments whose profit is counted in the same asset lose together: the number of the first of them.
  let lossGroup: Int
  var rejects = RejectWatch()
  var flattening = Flattening()
  /// The unfilled rest of its open orders.
  var workingBuyLots: Int64 = 0
  var workingSellLots: Int64 = 0
  var openOrders: Int64 = 0
  /// What a contract's position and open orders hold back of the settlement asset (`marginNeeded`).
  var heldMargin: Int64 = 0
  /// The venue's last payment of funding or insurance that was counted.
  var lastTransfer: UInt64 = 0
  /// A request to cancel everything in it is to be sent, and by which lane.
  var isCancelAllWanted = false
  var isCancelAllEmergency = false

  init(
    _ definition: Instrument, limits: RiskLimits?, shard: Int, base: Int, quote: Int, lossGroup: Int
  ) {
    self.definition = definition
    scale = InstrumentScale(definition)
    margin = MarginRule(definition, limits)
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

  /// Counts a fill in the position.
  ///
  /// - Returns: what it moves in `base` and `quote`; nil, and nothing changed, when a figure leaves 64 bits.
  @inline(always)
  mutating func apply(_ fill: Fill) -> (base: Int64, quote: Int64)? {
    guard let scale else { return nil }
    let closedLots = position.closedLots(by: fill.side, lots: fill.lots)
    var closedValue = Fill.share(of: fill.value, closedLots, of: fill.lots)
    if scale.isContract && closedLots > 0 && closedLots < fill.lots {
      // Through zero: a venue of contracts values what closes by itself (docs/simulation.md).
      guard let worth = scale.worth(ticks: fill.price.ticks, lots: closedLots, rounding: .down) else { return nil }
      closedValue = min(worth, fill.value)
    }
    let units = scale.isContract ? 0 : scale.baseUnits(lots: fill.lots, rounding: .down)
    guard let units,
      let profit = position.apply(
        side: fill.side, lots: fill.lots, value: fill.value, closedValue: closedValue, worthSign: scale.worthSign)
    else { return nil }
    let sign = fill.side.sign
    return scale.isContract ? (0, profit) : (sign &* units, 0 &- sign &* fill.value)
  }

  /// What the position and so many open lots of a contract hold back of the settlement asset: the initial margin, and what
  /// the position has lost at the mark. Profit that is not realised counts for nothing. 0 for spot.
  @inline(always)
  func marginNeeded(buyLots: Int64, sellLots: Int64) -> Int64 {
    guard let margin, let scale else { return 0 }
    // Before the first touch of a session nothing can be sent in it; a position counts with what it cost.
    if mark.markTicks == 0 { return min(margin.part(of: position.cost), MarginRule.unbounded) }
    let initial = margin.initial(
      positionLots: position.lots, buyLots: buyLots, sellLots: sellLots, markTicks: mark.markTicks)
    let loss = max(0, 0 &- position.unrealised(touch: mark, scale: scale))
    guard let initial, initial < MarginRule.unbounded, loss < MarginRule.unbounded else { return MarginRule.unbounded }
    return min(initial &+ loss, MarginRule.unbounded)
  }

  /// What an order's unfilled rest holds back of the balance; of contracts that is `marginNeeded`.
  @inline(always)
  func reservation(_ order: Order) -> Int64 {
    if margin != nil { return 0 }
    return scale?.reservation(
      side: order.side, ticks: order.price.ticks, lots: order.remainingLots,
      feeReserveBasisPoints: feeReserveBasisPoints) ?? order.reserved.units
  }
}

extension Instrument {
  /// The assets that a trade moves: base and quote; of a contract both are the settlement asset, which moves by what is
  /// realised. The second is what profit is counted in.
  var moved: (base: ShortName, quote: ShortName) { kind == .spot ? (base, quote) : (settlement, settlement) }
}
