// Execution: the comparison of orders, trades and balances with a venue, step by step. Driven by reports and timers.

import Market
import Pipeline

extension ExecutionStage {
  /// A venue's order session came up or was lost: everything is compared before trading goes on.
  mutating func handleReconciliation(_ gateway: Int, isUp: Bool) {
    let venue = reconciliation.venues + gateway
    if !isUp {
      venue.pointee.phase = .down
      venue.pointee.dueNs = .max
      note(.red, gateway)
      venue.pointee.isGreen = false
      return
    }
    if isInheriting { venue.pointee.listsCountFromNs = input.nowNs &+ ReconciliationTiming.inFlightNs }
    counters.reconciliation.runs.add()
    begin(.orders, gateway)
  }

  /// A finding: no trading until a whole run agrees.
  mutating func turnRed(_ gateway: Int) {
    let venue = reconciliation.venues + gateway
    guard venue.pointee.phase != .down else { return }
    if venue.pointee.isGreen {
      venue.pointee.isGreen = false
      note(.red, gateway)
      counters.reconciliation.runs.add()
    }
    begin(.orders, gateway)
  }

  /// Lets the comparison look again in this step.
  mutating func wake(_ gateway: Int, atNs timeNs: Int64) {
    reconciliation.venues[gateway].dueNs = min(reconciliation.venues[gateway].dueNs, timeNs)
    nextDueNs = min(nextDueNs, timeNs)
  }

  mutating func note(
    _ event: ReconciliationEvent, _ gateway: Int, instrument: Int = 0, asset: ShortName = .empty,
    clientOrder: ClientOrderIdentifier = .none, number: UInt64 = 0, expected: Int64 = 0, found: Int64 = 0
  ) {
    _ = write(
      .reconciliation, cause: 0,
      ReconciliationRecord(
        event, phase: reconciliation.venues[gateway].phase,
        venue: VenueIndex(UInt8(truncatingIfNeeded: gateway)), bootEpoch: orders.bootEpoch,
        instrument: InstrumentIndex(UInt16(truncatingIfNeeded: instrument)), asset: asset, clientOrder: clientOrder,
        number: number, expected: expected, found: found))
  }

  /// Begins a phase: what it asks for stands in the venue's masks.
  mutating func begin(_ phase: ReconciliationPhase, _ gateway: Int) {
    let venue = reconciliation.venues + gateway
    let lastRoundNs = venue.pointee.roundNs
    venue.pointee.phase = phase
    venue.pointee.awaited = 0
    venue.pointee.unasked = phase == .openOrders || phase == .trades ? instrumentMask(gateway) : 0
    venue.pointee.areBalancesUnasked = phase == .balances
    venue.pointee.awaitedAssets = 0
    venue.pointee.isAgainWanted = false
    if phase == .orders { venue.pointee.isSecondLook = false }
    if phase == .openOrders { venue.pointee.roundNs = input.nowNs }
    if phase == .trades {
      for i in 0..<instrumentCount where instruments[i].gateway == gateway {
        let isFirst = !instruments[i].list.hasBaseline && instruments[i].verifiedTrade == 0
        instruments[i].list.fromTrade = isFirst ? 0 : instruments[i].verifiedTrade &+ 1
        instruments[i].list.suspect = 0
      }
    }
    note(.phase, gateway)
    // Rounds that follow on each other are paced: what the venue was asked to do needs a moment to show in its lists.
    let isRepeated = phase == .openOrders && lastRoundNs > input.nowNs &- OrderTiming.cancelAllGraceNs
    wake(gateway, atNs: isRepeated ? lastRoundNs &+ OrderTiming.cancelAllGraceNs : input.nowNs)
  }

  /// Reports may have brought what a comparison waits for.
  mutating func wakeIfWaiting(_ gateway: Int) {
    let venue = reconciliation.venues[gateway]
    let isComparing = venue.phase == .balances && !venue.areBalancesUnasked && venue.awaitedAssets == 0
    if venue.phase == .orders || isComparing { wake(gateway, atNs: input.nowNs) }
  }

  /// Does what the comparison with a venue has to do now, within the step's budget of requests.
  @_noLocks
  mutating func reconcile(_ gateway: Int, _ budget: inout Int) {
    let venue = reconciliation.venues + gateway
    venue.pointee.dueNs = .max
    switch venue.pointee.phase {
    case .down: break
    case .orders: if waitingOrders(gateway) == 0 { begin(.openOrders, gateway) }
    case .openOrders, .trades: askForLists(gateway, &budget)
    case .balances: compareBalances(gateway, &budget)
    case .done: beginCheck(gateway)
    }
  }

  /// The regular comparison while trading: the same lists, judged by what they hold against us.
  private mutating func beginCheck(_ gateway: Int) {
    counters.reconciliation.checks.add()
    begin(.openOrders, gateway)
  }

  /// Orders whose outcome is open, and orders of earlier sessions that are not yet gone.
  func waitingOrders(_ gateway: Int) -> Int64 {
    var count: Int64 = 0
    for i in 0..<instrumentCount where instruments[i].gateway == gateway {
      var next = orders.first(i)
      while let order = next {
        let isUnanswered = order.pointee.state == .pendingNew || order.pointee.state == .unknown
        if isUnanswered || order.pointee.isInherited || order.pointee.isSessionLost { count &+= 1 }
        next = orders.following(order)
      }
    }
    return count
  }

  private func instrumentMask(_ gateway: Int) -> UInt64 {
    var mask: UInt64 = 0
    for i in 0..<instrumentCount where instruments[i].gateway == gateway { mask |= 1 << UInt64(i) }
    return mask
  }

  private mutating func askForLists(_ gateway: Int, _ budget: inout Int) {
    let venue = reconciliation.venues + gateway
    for i in 0..<instrumentCount where venue.pointee.unasked & 1 << UInt64(i) != 0 {
      guard budget > 0, !input.flags.contains(.requestsBlocked(gateway: gateway)) else {
        venue.pointee.dueNs = input.nowNs &+ OrderTiming.blockedRetryNs
        return
      }
      budget &-= 1
      venue.pointee.unasked &= ~(1 << UInt64(i))
      venue.pointee.awaited |= 1 << UInt64(i)
      venue.pointee.askedNs = input.nowNs
      if venue.pointee.phase == .openOrders {
        instruments[i].list.ordersAskedNs = input.nowNs
        instruments[i].list.foreignOrders = 0
        ask(.queryOpenOrders, instrument: i, gateway)
      } else {
        ask(.queryTrades, instrument: i, gateway, fromTrade: instruments[i].list.fromTrade)
      }
    }
    if venue.pointee.awaited != 0 {
      let unansweredNs = venue.pointee.askedNs &+ ReconciliationTiming.unansweredNs
      if input.nowNs >= unansweredNs {
        venue.pointee.unasked |= venue.pointee.awaited  // no answer and no failure: asked again
        venue.pointee.awaited = 0
        venue.pointee.dueNs = input.nowNs
      } else {
        venue.pointee.dueNs = unansweredNs
      }
    } else if venue.pointee.phase == .openOrders {
      endOpenOrders(gateway)
    } else {
      endTrades(gateway)
    }
  }

  mutating func ask(
    _ kind: GatewayRequestKind, instrument: Int, _ gateway: Int, fromTrade: UInt64 = 0
  ) {
    counters.queriesSent.add()
    send(
      kind, instrument: InstrumentIndex(UInt16(truncatingIfNeeded: instrument)), .none, fromTrade: fromTrade, cause: 0,
      originTsc: 0, gateway)
  }

  /// All lists of open orders are there.
  private mutating func endOpenOrders(_ gateway: Int) {
    let venue = reconciliation.venues + gateway
    var foreign: Int64 = 0
    for i in 0..<instrumentCount where instruments[i].gateway == gateway {
      foreign &+= instruments[i].list.listedForeign
    }
    if venue.pointee.isAgainWanted || (foreign > 0 && venue.pointee.isGreen) {
      turnRed(gateway)
    } else if foreign > 0 {
      // Only their owner can end them: looked for again and again, and named each time.
      venue.pointee.unasked = instrumentMask(gateway)
      venue.pointee.dueNs = input.nowNs &+ ReconciliationTiming.settlementNs
      nextDueNs = min(nextDueNs, venue.pointee.dueNs)
    } else {
      begin(.trades, gateway)
    }
  }

  /// All trades are there.
  private mutating func endTrades(_ gateway: Int) {
    let venue = reconciliation.venues + gateway
    guard venue.pointee.isGreen else { return begin(.balances, gateway) }
    var isSuspect = false
    for i in 0..<instrumentCount where instruments[i].gateway == gateway {
      let suspect = instruments[i].list.suspect
      if suspect != 0 && suspect == instruments[i].list.lastSuspect {
        counters.reconciliation.missedFills.add()
        note(.missedFill, gateway, instrument: i, number: suspect)
        instruments[i].list.lastSuspect = 0
        return turnRed(gateway)
      }
      instruments[i].list.lastSuspect = suspect
      if suspect != 0 { isSuspect = true }
    }
    guard isSuspect else { return begin(.balances, gateway) }
    // Its report may be under way beside the list: looked at again when it must have come.
    begin(.trades, gateway)
    venue.pointee.dueNs = input.nowNs &+ ReconciliationTiming.settlementNs
  }
}
