// Execution: what a transition and a fill do to orders, positions, reservations and balances.

import Market
import Pipeline
import Risk

/// One fill as it counts.
struct Fill: BitwiseCopyable {
  var side: Side
  var lots: Int64
  /// What it is worth, in units of the asset that profit is counted in.
  var value: Int64
  var price: Price

  /// The part of `value` that belongs to `lots` of `total`, rounded down; all of it for all lots.
  @inline(always)
  static func share(of value: Int64, _ lots: Int64, of total: Int64) -> Int64 {
    Int64(truncatingIfNeeded: Int128(value) &* Int128(lots) / Int128(total))
  }
}

extension ExecutionStage {
  /// Moves an order through the table of transitions, and tells journal and strategy what is news.
  @_noLocks
  mutating func advance(
    _ order: UnsafeMutablePointer<Order>, _ event: OrderEvent, _ report: UnsafePointer<ExecutionReport>?,
    fill: Fill? = nil
  ) {
    let from = order.pointee.state
    let transition = from.after(event, hasFills: order.pointee.cumulative.lots > 0)
    order.pointee.state = transition.next
    if transition.verdict == .repeated { return }
    order.pointee.changedNs = input.nowNs
    let cause = report?.pointee.cause ?? order.pointee.cause
    let instrument = Int(order.pointee.instrument.rawValue)
    if from.isOpen && !transition.next.isOpen { close(order, transition.next, report) }
    if transition.next == .unknown && from != .unknown { beginAsking(order) }
    if from == .unknown && transition.next.isOpen && transition.next != .unknown { endAsking(order) }
    if event.provesLife { instruments[instrument].rejects.clear() }
    if from == .pendingNew && transition.next.isOpen && !order.pointee.isCancelWanted && transition.next != .unknown {
      order.pointee.dueNs = .max  // answered: no watchdog any more
    }
    let record = write(
      .orderState, cause: cause,
      OrderStateRecord(
        order.pointee, from: from, event: event, verdict: transition.verdict,
        positionLots: instruments[instrument].position.lots, reason: report?.pointee.reason.rawValue ?? 0,
        venueCode: report?.pointee.venueCode ?? 0))
    order.pointee.cause = record
    if transition.verdict == .contradiction {
      counters.contradictions.add()
      if event.provesLife { halt(instrument, cause: record) }
    }
    if transition.next != from || fill != nil { tell(order, fill, report, cause: record) }
  }

  /// Counts a fill of an order: position, balances, its own rest, then its state.
  ///
  /// - Parameter told: the whole fill as it is recorded; `fill` is what of it was not counted before.
  @inline(always)
  mutating func count(
    _ fill: Fill, of order: UnsafeMutablePointer<Order>, _ report: UnsafePointer<ExecutionReport>, told: Fill
  ) {
    let instrument = Int(order.pointee.instrument.rawValue)
    let state = instruments + instrument
    move(instrument, fill)
    let restBefore = order.pointee.remainingLots
    let cumulative = order.pointee.cumulative.lots.addingReportingOverflow(fill.lots)
    order.pointee.cumulative.lots = cumulative.overflow ? .max : cumulative.partialValue
    order.pointee.cumulativeQuote.units = order.pointee.cumulativeQuote.units &+ fill.value
    if order.pointee.state.isOpen {
      state.pointee.addWorking(order.pointee.remainingLots &- restBefore, side: order.pointee.side)
      reserve(order, units: state.pointee.reservation(order.pointee))
    } else {
      counters.lateFills.add()
    }
    record(told, report, order: order.pointee)
    let isOver = order.pointee.cumulative > order.pointee.quantity
    advance(order, order.pointee.remainingLots == 0 ? .finalFill : .partialFill, report, fill: fill)
    if isOver && !order.pointee.isInherited {
      counters.overfills.add()
      halt(instrument, cause: order.pointee.cause)
    }
  }

  /// Moves position and balances; the fee is counted apart.
  @inline(always)
  mutating func move(_ instrument: Int, _ fill: Fill) {
    let state = instruments + instrument
    guard let moved = state.pointee.apply(fill) else {
      counters.malformedReports.add()
      halt(instrument, cause: 0)
      return
    }
    state.pointee.areFiguresDue = true
    state.pointee.list.filledLots &+= fill.side.sign &* fill.lots
    balances.change(state.pointee.base, by: moved.base, nowNs: input.nowNs)
    balances.change(state.pointee.quote, by: moved.quote, nowNs: input.nowNs)
    nextDueNs = min(nextDueNs, balances.nextSettlementNs)
    holdMargin(instrument)
    checkPosition(instrument, side: fill.side, cause: 0)
  }

  /// Corrects the value of lots that were counted by a status reply: the difference goes into the realised profit. Of
  /// contracts that the order opened it goes into their cost, which no money was paid for.
  @inline(always)
  mutating func correct(_ order: UnsafeMutablePointer<Order>, by units: Int64) {
    guard units != 0, let scale = instruments[Int(order.pointee.instrument.rawValue)].scale else { return }
    let state = instruments + Int(order.pointee.instrument.rawValue)
    order.pointee.cumulativeQuote.units = order.pointee.cumulativeQuote.units &+ units
    state.pointee.areFiguresDue = true
    if scale.isContract && state.pointee.position.lots.signum() == order.pointee.side.sign {
      state.pointee.position.cost = state.pointee.position.cost &+ units
      return
    }
    let change = 0 &- order.pointee.side.sign &* scale.worthSign &* units
    state.pointee.position.realised = state.pointee.position.realised &+ change
    balances.change(state.pointee.quote, by: change, nowNs: input.nowNs)
    nextDueNs = min(nextDueNs, balances.nextSettlementNs)
  }

  /// Counts the fee of a fill in its own asset and, where the pair prices it, in the quote asset.
  @inline(always)
  mutating func countFee(_ report: UnsafePointer<ExecutionReport>, instrument: Int, _ fill: Fill) {
    let fee = report.pointee.amount.units
    guard fee != 0 else { return }
    let state = instruments + instrument
    guard let place = balances.place(of: report.pointee.asset, venue: state.pointee.definition.venue) else {
      counters.untrackedAssets.add()
      return
    }
    balances.rows[place].fees = balances.rows[place].fees &+ fee
    balances.change(place, by: 0 &- fee, nowNs: input.nowNs)
    nextDueNs = min(nextDueNs, balances.nextSettlementNs)
    state.pointee.areFiguresDue = true
    if place == state.pointee.quote {
      state.pointee.position.fees = state.pointee.position.fees &+ fee
    } else if place == state.pointee.base, let units = state.pointee.scale?.baseUnits(lots: fill.lots, rounding: .down),
      units > 0
    {
      let worth = (Int128(fee) &* Int128(fill.value) &+ Int128(units) &- 1) / Int128(units)
      state.pointee.position.fees = state.pointee.position.fees &+ Int64(truncatingIfNeeded: worth)
    }
  }

  /// Takes a closed order out of every sum of open ones.
  @inline(always)
  private mutating func close(
    _ order: UnsafeMutablePointer<Order>, _ state: OrderState, _ report: UnsafePointer<ExecutionReport>?
  ) {
    let instrument = instruments + Int(order.pointee.instrument.rawValue)
    instrument.pointee.addWorking(0 &- order.pointee.remainingLots, side: order.pointee.side)
    instrument.pointee.openOrders &-= 1
    reserve(order, units: 0)
    order.pointee.dueNs = .max
    order.pointee.isCancelWanted = false
    order.pointee.isSessionLost = false
    orders.close(order)
    switch state {
    case .canceled: counters.ordersCanceled.add()
    case .expired: counters.ordersExpired.add()
    case .rejected:
      counters.ordersRejected.add()
      let reason = report?.pointee.reason.rawValue ?? 0
      if Int(reason) < ExecutionCounters.rejectCodeCount { counters.rejects[Int(reason)].add() }
      watchRejects(Int(order.pointee.instrument.rawValue), reason: reason, cause: order.pointee.cause)
    case .notSent: counters.ordersNotSent.add()
    case .filled, .pendingNew, .working, .partiallyFilled, .unknown: break
    }
  }

  @inline(always)
  private mutating func beginAsking(_ order: UnsafeMutablePointer<Order>) {
    counters.ordersUnknown.add()
    order.pointee.attempts = 0
    due(order, atNs: input.nowNs)
  }

  /// Answered. A cancel that was wanted is taken up again.
  @inline(always)
  private mutating func endAsking(_ order: UnsafeMutablePointer<Order>) {
    order.pointee.attempts = 0
    order.pointee.dueNs = .max
    if order.pointee.isCancelWanted { due(order, atNs: input.nowNs) }
  }

  @inline(always)
  mutating func reserve(_ order: UnsafeMutablePointer<Order>, units: Int64) {
    let state = instruments + Int(order.pointee.instrument.rawValue)
    let place = order.pointee.side == .buy ? state.pointee.quote : state.pointee.base
    balances.rows[place].reserved &+= units &- order.pointee.reserved.units
    order.pointee.reserved = Amount(units: units)
    holdMargin(Int(order.pointee.instrument.rawValue))
  }

  /// Tells the strategy what became of its order.
  @inline(always)
  mutating func tell(
    _ order: UnsafeMutablePointer<Order>, _ fill: Fill?, _ report: UnsafePointer<ExecutionReport>?, cause: UInt64
  ) {
    if order.pointee.isInherited {
      if fill != nil { sendPosition(Int(order.pointee.instrument.rawValue), cause: cause) }
      return  // no strategy placed it
    }
    var update = OrderUpdate(
      kind: kind(of: order.pointee.state, isFill: fill != nil), strategy: order.pointee.strategy,
      instrument: order.pointee.instrument, intent: order.pointee.intent, clientOrder: order.pointee.clientOrder,
      timeNs: input.nowNs, cause: cause)
    update.side = order.pointee.side
    update.reasonCode = report?.pointee.reason.rawValue ?? 0
    update.isMaker = fill != nil && report?.pointee.isMaker ?? false
    update.price = fill?.price ?? Price(ticks: 0)
    update.quantity = Quantity(lots: fill?.lots ?? 0)
    update.remainingQuantity = Quantity(lots: order.pointee.remainingLots)
    tell(instruments[Int(order.pointee.instrument.rawValue)].position, in: &update)
    send(update, shard: Int(order.pointee.shard))
  }

  @inline(always)
  private func kind(of state: OrderState, isFill: Bool) -> OrderUpdateKind {
    if isFill { return state == .filled ? .filled : .partiallyFilled }
    switch state {
    case .pendingNew, .working: return .working
    case .partiallyFilled: return .partiallyFilled
    case .unknown: return .unknown
    case .filled: return .filled
    case .canceled, .expired: return .canceled
    case .rejected, .notSent: return .rejected
    }
  }

  @inline(always)
  func tell(_ position: Position, in update: inout OrderUpdate) {
    update.positionLots = position.lots
    update.realisedProfit = Amount(units: position.realised)
    update.fees = Amount(units: position.fees)
  }

  @inline(always)
  mutating func send(_ update: OrderUpdate, shard: Int) {
    _ = write(.update, cause: update.cause, update)
    ports.send(update, shard: shard)
  }

  /// The position on its own, to the shard that trades the instrument.
  @inline(always)
  mutating func sendPosition(_ instrument: Int, cause: UInt64) {
    var update = OrderUpdate(
      kind: .position, strategy: 0, instrument: InstrumentIndex(UInt16(truncatingIfNeeded: instrument)),
      intent: IntentIdentifier(0), clientOrder: .none, timeNs: input.nowNs, cause: cause)
    tell(instruments[instrument].position, in: &update)
    send(update, shard: instruments[instrument].shard)
  }
}
