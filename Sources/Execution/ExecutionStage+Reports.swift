// Execution: reports of the gateways become transitions, positions and balances.

import Market
import Pipeline
import Risk

extension ExecutionStage {
  @_noLocks
  mutating func handle(_ report: UnsafePointer<ExecutionReport>, gateway: Int) {
    switch report.pointee.kind {
    case .sessionUp: handleSession(gateway, isUp: true)
    case .sessionDown: handleSession(gateway, isUp: false)
    case .balance: handleBalance(report)
    case .funding, .insurance: handleTransfer(report)
    case .openOrdersListed, .tradesListed, .listFailed: handleListEnd(report, gateway: gateway)
    case .fill where report.pointee.clientOrder.rawValue == 0: handleUnnamedFill(report, gateway: gateway)
    case .acknowledged, .rejected, .fill, .canceled, .expired, .cancelRejected, .unknown, .notSent, .status, .amended,
      .amendRejected, .prevented:
      if report.pointee.kind == .status && handleListed(report, gateway: gateway) { return }
      guard let order = orders.find(report.pointee.clientOrder) else {
        handleOrphan(report)
        return
      }
      handle(report, of: order)
    }
  }

  /// A fill that names no order of ours: of a list of trades, or of somebody else's order. A list's finds its order by
  /// the venue's number.
  @inline(always)
  private mutating func handleUnnamedFill(_ report: UnsafePointer<ExecutionReport>, gateway: Int) {
    switch judge(trade: report, gateway: gateway) {
    case .known, .suspect, .beforeBaseline: break
    case .new:
      let instrument = report.pointee.instrument
      let order = orders.find(venueOrder: report.pointee.venueOrder, instrument: instrument)
      if let order, !order.pointee.isStray {
        handle(report, of: order)
      } else {
        handleOrphan(report)
        if order == nil { haltContract(instrument, cause: report.pointee.cause) }
      }
    }
  }

  @inline(always)
  private mutating func handle(_ report: UnsafePointer<ExecutionReport>, of order: UnsafeMutablePointer<Order>) {
    if report.pointee.venueOrder != 0 { order.pointee.venueOrder = report.pointee.venueOrder }
    if order.pointee.isStray && report.pointee.kind == .fill { return handleOrphan(report) }
    if order.pointee.isStray && report.pointee.kind == .status { return handleStray(report, of: order) }
    switch report.pointee.kind {
    case .acknowledged: advance(order, .acknowledged, report)
    case .rejected: advance(order, .rejected, report)
    case .canceled: handleEnd(report, .canceled, of: order)
    case .expired: handleEnd(report, .expired, of: order)
    case .unknown: advance(order, .outcomeUnknown, report)
    case .notSent: advance(order, .notSent, report)
    case .fill: handleFill(report, of: order)
    case .cancelRejected: handleCancelRejected(report, of: order)
    case .status: handleStatus(report, of: order)
    case .amended: cut(order, report)
    case .amendRejected: counters.amendsRejected.add()  // the order is as it was
    case .prevented: break  // the order's end is told by the reports that follow
    case .balance, .funding, .insurance, .sessionUp, .sessionDown, .openOrdersListed, .tradesListed, .listFailed:
      break  // not of an order
    }
  }

  /// An order that ended before it was filled. The venue says with it how much was filled: a fill that no report told of
  /// would else be missed for good, because nobody asks about a closed order. (A stray's fills come with the list of
  /// trades, and are the account's without it.)
  @inline(always)
  private mutating func handleEnd(
    _ report: UnsafePointer<ExecutionReport>, _ event: OrderEvent, of order: UnsafeMutablePointer<Order>
  ) {
    let missing = report.pointee.cumulativeQuantity.lots &- order.pointee.cumulative.lots
    if missing > 0 && !order.pointee.isStray { infer(missing, of: order, report) }
    advance(order, event, report)
  }

  /// A fill: counted once, whatever says it and whenever it comes.
  @inline(always)
  private mutating func handleFill(_ report: UnsafePointer<ExecutionReport>, of order: UnsafeMutablePointer<Order>) {
    guard let fill = checkedFill(report, instrument: order.pointee.instrument) else { return }
    countLiquidity(report)
    countFee(report, instrument: Int(order.pointee.instrument.rawValue), fill)
    // Lots that a status reply told of before are counted already; their fee is new, and what they really cost.
    var rest = fill
    rest.side = order.pointee.side
    if order.pointee.inferred.lots > 0 { match(&rest, of: order) }
    if rest.lots > 0 { count(rest, of: order, report, told: fill) } else { record(fill, report, order: order.pointee) }
  }

  /// Takes the lots that were counted before out of a fill, and corrects the value they were counted at.
  @inline(always)
  private mutating func match(_ fill: inout Fill, of order: UnsafeMutablePointer<Order>) {
    let inferred = order.pointee.inferred.lots
    let lots = min(fill.lots, inferred)
    let counted = Fill.share(of: order.pointee.inferredQuote.units, lots, of: inferred)
    let value = Fill.share(of: fill.value, lots, of: fill.lots)
    order.pointee.inferred.lots &-= lots
    order.pointee.inferredQuote.units &-= counted
    fill.lots &-= lots
    fill.value &-= value
    correct(order, by: value &- counted)
  }

  /// The fill of a report, or nil when it was counted before or makes no sense.
  @inline(always)
  private mutating func checkedFill(_ report: UnsafePointer<ExecutionReport>, instrument: InstrumentIndex) -> Fill? {
    let lots = report.pointee.quantity.lots
    guard lots > 0, report.pointee.price.ticks > 0, report.pointee.quoteAmount.units >= 0 else {
      counters.malformedReports.add()
      return nil
    }
    let key = FillKey(
      trade: report.pointee.trade, venue: report.pointee.venue, account: report.pointee.account, instrument: instrument)
    guard fills.insert(key) else {
      counters.duplicateFills.add()
      return nil
    }
    let scale = instruments[Int(instrument.rawValue)].scale
    let worth = scale?.worth(ticks: report.pointee.price.ticks, lots: lots, rounding: .down)
    let told = report.pointee.quoteAmount.units
    guard let value = told > 0 ? told : worth else {
      counters.malformedReports.add()
      return nil
    }
    return Fill(side: report.pointee.side, lots: lots, value: value, price: report.pointee.price)
  }

  /// A report of an order that is not, or no more, known here. A fill still is the account's.
  @inline(always)
  private mutating func handleOrphan(_ report: UnsafePointer<ExecutionReport>) {
    counters.orphanReports.add()
    let instrument = Int(report.pointee.instrument.rawValue)
    guard report.pointee.kind == .fill, instrument < instrumentCount,
      let fill = checkedFill(report, instrument: report.pointee.instrument)
    else { return }
    countLiquidity(report)
    countFee(report, instrument: instrument, fill)
    move(instrument, fill)
    record(fill, report, order: nil)
    sendPosition(instrument, cause: report.pointee.cause)
  }

  /// A refused cancel. "Unknown order" is legal while the order is on its way: the cancel overtook it.
  @inline(always)
  private mutating func handleCancelRejected(
    _ report: UnsafePointer<ExecutionReport>, of order: UnsafeMutablePointer<Order>
  ) {
    guard order.pointee.isOpen, order.pointee.state != .unknown else { return }
    let isUnknownThere = report.pointee.reason == .unknownOrder
    if isUnknownThere && order.pointee.state != .pendingNew {
      advance(order, .outcomeUnknown, report)  // gone, and the report that says how is still to come
    } else if order.pointee.isCancelWanted {
      due(order, atNs: input.nowNs &+ OrderTiming.retryNs(order.pointee.attempts))
    }
  }

  /// The answer to a query: the venue's truth, lots that were missed included.
  @inline(always)
  private mutating func handleStatus(_ report: UnsafePointer<ExecutionReport>, of order: UnsafeMutablePointer<Order>) {
    let missing = report.pointee.cumulativeQuantity.lots &- order.pointee.cumulative.lots
    if missing > 0 { infer(missing, of: order, report) }
    cut(order, report)  // by an amendment whose answer was lost
    switch report.pointee.orderState {
    case .new, .partiallyFilled: advance(order, .statusOpen, report)
    case .filled where order.pointee.state == .filled: break
    case .filled where order.pointee.remainingLots == 0:
      advance(order, .finalFill, report)  // its fills were counted, and the record of its end was lost
    case .filled: advance(order, .outcomeUnknown, report)  // filled, but of how much? ask again
    case .canceled: advance(order, .canceled, report)
    case .expired: advance(order, .expired, report)
    case .rejected: advance(order, .rejected, report)
    // Only an order in doubt is asked for: something that came since has answered the question, and this is older.
    case .notFound where order.pointee.state != .unknown: break
    case .notFound:
      // An order that was sent may still be under way: only a repeated answer is believed, and only when the venue would
      // not accept the order any more.
      let mayArrive =
        order.pointee.attempts < OrderTiming.notFoundAnswers || input.nowNs < order.pointee.arrivesUntilNs
      if !mayArrive { advance(order, .statusNotFound, report) }
    case .none: counters.malformedReports.add()
    }
  }

  /// Counts lots that a status, or the end of the order, told of before their trade reports: value from the report's
  /// total or the order's price, no fee.
  @inline(always)
  private mutating func infer(
    _ lots: Int64, of order: UnsafeMutablePointer<Order>, _ report: UnsafePointer<ExecutionReport>
  ) {
    let scale = instruments[Int(order.pointee.instrument.rawValue)].scale
    let total = report.pointee.quoteAmount.units &- order.pointee.cumulativeQuote.units
    let worth = scale?.worth(ticks: order.pointee.price.ticks, lots: lots, rounding: .down)
    guard let value = total > 0 ? total : worth else {
      counters.malformedReports.add()
      return
    }
    counters.inferredFills.add()
    order.pointee.inferred.lots &+= lots
    order.pointee.inferredQuote.units &+= value
    let fill = Fill(side: order.pointee.side, lots: lots, value: value, price: order.pointee.price)
    count(fill, of: order, report, told: fill)
  }

  @inline(always)
  private mutating func handleBalance(_ report: UnsafePointer<ExecutionReport>) {
    guard report.pointee.lockedAmount.units >= 0,
      !report.pointee.amount.units.addingReportingOverflow(report.pointee.lockedAmount.units).overflow
    else {
      counters.malformedReports.add()
      return
    }
    guard let place = balances.place(of: report.pointee.asset, venue: report.pointee.venue) else {
      counters.untrackedAssets.add()
      return
    }
    guard report.pointee.amount.units >= 0 || balances.rows[place].isWallet else {
      counters.malformedReports.add()
      return
    }
    balances.report(
      place, free: report.pointee.amount.units, locked: report.pointee.lockedAmount.units, nowNs: input.nowNs)
    nextDueNs = min(nextDueNs, balances.nextSettlementNs)
    _ = write(.balance, cause: report.pointee.cause, BalanceRecord(balances.rows[place], isMismatch: false))
    noteBalance(place, venue: report.pointee.venue)
  }

  /// A session that comes or goes makes every open order of its gateway a question: reports may have been missed.
  @inline(always)
  private mutating func handleSession(_ gateway: Int, isUp: Bool) {
    sessions[gateway].isUp = isUp
    for i in 0..<instrumentCount where instruments[i].gateway == gateway {
      var next = orders.first(i)
      while let order = next {
        order.pointee.isSessionLost = true
        // Of an earlier process, which cannot send any more.
        if order.pointee.arrivesUntilNs == .max { order.pointee.arrivesUntilNs = arrival(sentBy: input.nowNs) }
        order.pointee.attempts = 0
        due(order, atNs: input.nowNs)
        next = orders.following(order)
      }
    }
    handleReconciliation(gateway, isUp: isUp)
  }

  @inline(always)
  private func countLiquidity(_ report: UnsafePointer<ExecutionReport>) {
    if report.pointee.isMaker { counters.fillsMaker.add() } else { counters.fillsTaker.add() }
  }
}
