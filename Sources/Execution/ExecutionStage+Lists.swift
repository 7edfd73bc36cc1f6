// Execution: what a venue's lists of open orders and trades say against what is known here.

import Market
import Pipeline

extension ExecutionStage {
  /// An order as the venue holds it. Answers to queries about orders in doubt come the same way as lists.
  ///
  /// - Returns: whether it was dealt with as an order that is not in the table.
  mutating func handleListed(_ report: UnsafePointer<ExecutionReport>, gateway: Int) -> Bool {
    guard let order = orders.find(report.pointee.clientOrder) else {
      return handleStranger(report, gateway: gateway)
    }
    let isListed = report.pointee.orderState == .new || report.pointee.orderState == .partiallyFilled
    if isListed { order.pointee.listedNs = input.nowNs }
    let instrument = Int(order.pointee.instrument.rawValue)
    let askedNs = instruments[instrument].list.ordersAskedNs
    guard isListed, !order.pointee.isOpen, isAwaited(instrument, .openOrders, gateway),
      order.pointee.changedNs < askedNs &- ReconciliationTiming.settlementNs
    else { return false }
    // Closed long before the list was asked for, and still on the venue's book.
    counters.reconciliation.ghostOrders.add()
    note(
      .ghostOrder, gateway, instrument: instrument, clientOrder: order.pointee.clientOrder,
      number: report.pointee.venueOrder)
    instruments[instrument].isCancelAllWanted = true
    reconciliation.venues[gateway].isAgainWanted = true
    halt(instrument, cause: report.pointee.cause)
    return false
  }

  /// An order at the venue that is not in the table: of an earlier session, or somebody else's.
  private mutating func handleStranger(_ report: UnsafePointer<ExecutionReport>, gateway: Int) -> Bool {
    let instrument = Int(report.pointee.instrument.rawValue)
    let isListed = report.pointee.orderState == .new || report.pointee.orderState == .partiallyFilled
    guard isListed, instrument < instrumentCount, isAwaited(instrument, .openOrders, gateway) else {
      return false
    }
    if report.pointee.clientOrder.rawValue == 0 {
      instruments[instrument].list.foreignOrders &+= 1
      note(.foreignOrder, gateway, instrument: instrument, number: report.pointee.venueOrder)
      return true
    }
    counters.reconciliation.strayOrders.add()
    note(
      .strayOrder, gateway, instrument: instrument, clientOrder: report.pointee.clientOrder,
      number: report.pointee.venueOrder)
    reconciliation.venues[gateway].isAgainWanted = true
    var order = Order()
    order.clientOrder = report.pointee.clientOrder
    order.instrument = report.pointee.instrument
    order.side = report.pointee.side
    order.price = report.pointee.price
    order.quantity = report.pointee.quantity
    order.cumulative = report.pointee.cumulativeQuantity
    order.cumulativeQuote = report.pointee.quoteAmount
    order.state = .working
    order.isInherited = true
    order.isStray = true
    guard let row = orders.inherit(order) else { return true }  // its row is held: the next list has it again
    hold(row)
    want(cancelOf: row, cause: report.pointee.cause, originTsc: 0)
    return true
  }

  /// News of an order that only the venue's list told of: it is cancelled, and its trades count for the account.
  mutating func handleStray(_ report: UnsafePointer<ExecutionReport>, of order: UnsafeMutablePointer<Order>) {
    switch report.pointee.orderState {
    case .new, .partiallyFilled: advance(order, .statusOpen, report)
    case .filled where order.pointee.state == .filled: break  // asked for twice
    case .filled: advance(order, .finalFill, report)
    case .expired: advance(order, .expired, report)
    case .canceled, .rejected, .notFound, .none: advance(order, .canceled, report)
    }
  }

  /// What a trade is that names no order of ours: one of a list, or one of somebody else's order.
  mutating func judge(trade report: UnsafePointer<ExecutionReport>, gateway: Int) -> TradeJudgement {
    let instrument = Int(report.pointee.instrument.rawValue)
    let isListed = instrument < instrumentCount && isAwaited(instrument, .trades, gateway)
    if isListed { instruments[instrument].list.lastTrade = report.pointee.trade }
    let key = FillKey(
      trade: report.pointee.trade, venue: report.pointee.venue, account: report.pointee.account,
      instrument: report.pointee.instrument)
    if fills.contains(key) { return .known }
    guard isListed else { return .new }
    if !instruments[instrument].list.hasBaseline { return .beforeBaseline }
    guard reconciliation.venues[gateway].isGreen else { return .new }
    if instruments[instrument].list.suspect == 0 { instruments[instrument].list.suspect = report.pointee.trade }
    return .suspect
  }

  /// The end of a list.
  mutating func handleListEnd(_ report: UnsafePointer<ExecutionReport>, gateway: Int) {
    let instrument = Int(report.pointee.instrument.rawValue)
    guard instrument < instrumentCount else { return }
    let venue = reconciliation.venues + gateway
    let bit: UInt64 = 1 << UInt64(instrument)
    guard venue.pointee.awaited & bit != 0 else { return }
    switch (report.pointee.kind, venue.pointee.phase) {
    case (.openOrdersListed, .openOrders):
      venue.pointee.awaited &= ~bit
      endList(ofOpenOrders: instrument, gateway)
    case (.tradesListed, .trades):
      venue.pointee.awaited &= ~bit
      endList(ofTrades: instrument, gateway, count: report.pointee.trade)
    case (.listFailed, _):
      counters.reconciliation.listsFailed.add()
      note(.listFailed, gateway, instrument: instrument, found: Int64(report.pointee.reason.rawValue))
      venue.pointee.awaited &= ~bit
      venue.pointee.unasked |= bit
      wake(gateway, atNs: input.nowNs &+ ReconciliationTiming.settlementNs)
      return
    default: return  // of a phase that was given up
    }
    wake(gateway, atNs: input.nowNs)
  }

  /// Orders that were on the book before the list was asked for and are not on it are asked for one by one.
  private mutating func endList(ofOpenOrders instrument: Int, _ gateway: Int) {
    let list = instruments[instrument].list
    instruments[instrument].list.listedForeign = list.foreignOrders
    var next = orders.first(instrument)
    while let order = next {
      next = orders.following(order)
      let isOnBook = order.pointee.state == .working || order.pointee.state == .partiallyFilled
      guard isOnBook, !order.pointee.isCancelWanted, order.pointee.changedNs < list.ordersAskedNs,
        order.pointee.listedNs < list.ordersAskedNs
      else { continue }
      counters.reconciliation.missingOrders.add()
      note(
        .missingOrder, gateway, instrument: instrument, clientOrder: order.pointee.clientOrder,
        number: order.pointee.venueOrder)
      advance(order, .outcomeUnknown, nil)
      if !reconciliation.venues[gateway].isGreen { reconciliation.venues[gateway].isAgainWanted = true }
    }
  }

  private mutating func endList(ofTrades instrument: Int, _ gateway: Int, count: UInt64) {
    let state = instruments + instrument
    if count > 0 {
      if count >= UInt64(GatewayRequest.tradesPerPage) {
        state.pointee.list.fromTrade = state.pointee.list.lastTrade &+ 1
        reconciliation.venues[gateway].unasked |= 1 << UInt64(instrument)
      }
      if state.pointee.list.suspect == 0 && state.pointee.list.lastTrade > state.pointee.verifiedTrade {
        state.pointee.verifiedTrade = state.pointee.list.lastTrade
        recordPosition(instrument, cause: 0)
      }
    }
  }

  private func isAwaited(_ instrument: Int, _ phase: ReconciliationPhase, _ gateway: Int) -> Bool {
    reconciliation.venues[gateway].phase == phase
      && reconciliation.venues[gateway].awaited & 1 << UInt64(instrument) != 0
  }
}
