// Execution: computed balances against the venue's word, and the end of a comparison. What fails has a consequence.

import Market
import Pipeline
import Risk

extension ExecutionStage {
  /// Asks for the balances, waits until every asset that is traded was told, and until what differs has settled.
  mutating func compareBalances(_ gateway: Int, _ budget: inout Int) {
    let venue = reconciliation.venues + gateway
    if venue.pointee.areBalancesUnasked {
      askForBalances(gateway, &budget)
      return
    }
    if venue.pointee.awaitedAssets != 0 {
      let unansweredNs = venue.pointee.askedNs &+ ReconciliationTiming.unansweredNs
      venue.pointee.areBalancesUnasked = input.nowNs >= unansweredNs
      venue.pointee.dueNs = venue.pointee.areBalancesUnasked ? input.nowNs : unansweredNs
      return
    }
    var (isDifferent, isOutdated) = (false, false)
    for i in 0..<balances.count where isOf(gateway, i) && balances.rows[i].differsSinceNs != .max {
      let settlesNs = balances.rows[i].differsSinceNs &+ ReconciliationTiming.settlementNs
      if input.nowNs < settlesNs {
        venue.pointee.dueNs = settlesNs  // a fill or a report may be under way
        return
      }
      isDifferent = true
      if balances.isOutdated(i) { isOutdated = true }
    }
    if isOutdated {
      venue.pointee.areBalancesUnasked = true
      venue.pointee.dueNs = input.nowNs
      return
    }
    if isDifferent && venue.pointee.hasBaseline && !venue.pointee.isSecondLook {
      venue.pointee.isSecondLook = true
      begin(.trades, gateway)  // a trade that was made since explains it
    } else {
      if isDifferent { takeOver(gateway) }
      endRun(gateway)
    }
  }

  private mutating func askForBalances(_ gateway: Int, _ budget: inout Int) {
    let venue = reconciliation.venues + gateway
    guard budget > 0, !input.flags.contains(.requestsBlocked(gateway: gateway)) else {
      venue.pointee.dueNs = input.nowNs &+ OrderTiming.blockedRetryNs
      return
    }
    budget &-= 1
    venue.pointee.areBalancesUnasked = false
    venue.pointee.awaitedAssets = assetMask(gateway)
    venue.pointee.askedNs = input.nowNs
    venue.pointee.dueNs = input.nowNs &+ ReconciliationTiming.unansweredNs
    ask(.queryBalances, instrument: 0, gateway)
  }

  private func assetMask(_ gateway: Int) -> UInt64 {
    var mask: UInt64 = 0
    for i in 0..<instrumentCount where instruments[i].gateway == gateway {
      mask |= 1 << UInt64(instruments[i].base) | 1 << UInt64(instruments[i].quote)
    }
    return mask
  }

  private func isOf(_ gateway: Int, _ balance: Int) -> Bool { Int(balances.rows[balance].venue.rawValue) == gateway }

  /// The venue told a balance.
  mutating func noteBalance(_ balance: Int, venue index: VenueIndex) {
    let gateway = Int(index.rawValue)
    guard gateway < reconciliation.count else { return }
    let venue = reconciliation.venues + gateway
    guard venue.pointee.phase == .balances, venue.pointee.awaitedAssets != 0 else { return }
    venue.pointee.awaitedAssets &= ~(1 << UInt64(balance))
    if venue.pointee.awaitedAssets == 0 { wake(gateway, atNs: input.nowNs) }
  }

  /// Takes over the venue's figure where no order and no trade explains a difference: a deposit, a withdrawal, a
  /// conversion. Somebody has to look at it before the instruments of that asset are traded again.
  ///
  /// A session that begins with nothing has no figure of its own yet.
  private mutating func takeOver(_ gateway: Int) {
    for i in 0..<balances.count where isOf(gateway, i) && balances.rows[i].differsSinceNs != .max {
      let row = balances.rows[i]
      balances.takeOver(i)
      let record = write(.balance, cause: 0, BalanceRecord(balances.rows[i], isMismatch: true))
      guard reconciliation.venues[gateway].hasBaseline else { continue }
      counters.reconciliation.unexplainedBalances.add()
      note(
        .unexplainedBalance, gateway, asset: row.asset, expected: row.computed, found: row.venueTotal)
      for instrument in 0..<instrumentCount where instruments[instrument].gateway == gateway {
        if instruments[instrument].base == i || instruments[instrument].quote == i { halt(instrument, cause: record) }
      }
    }
  }

  /// Everything was compared.
  private mutating func endRun(_ gateway: Int) {
    let venue = reconciliation.venues + gateway
    if venue.pointee.roundNs < venue.pointee.listsCountFromNs {
      if input.nowNs < venue.pointee.listsCountFromNs {
        venue.pointee.dueNs = venue.pointee.listsCountFromNs
      } else {
        begin(.openOrders, gateway)
      }
      return
    }
    checkSums(gateway)
    venue.pointee.phase = .done
    venue.pointee.dueNs = input.nowNs &+ checkIntervalNs
    if venue.pointee.isGreen { return }
    venue.pointee.isGreen = true
    venue.pointee.hasBaseline = true
    isInheriting = false
    for i in 0..<instrumentCount where instruments[i].gateway == gateway { instruments[i].list.hasBaseline = true }
    note(.green, gateway)
  }

  /// The sums that are kept along the way, made anew: each must be what its parts come to.
  private mutating func checkSums(_ gateway: Int) {
    for i in 0..<instrumentCount where instruments[i].gateway == gateway {
      let found = instruments[i].list.startLots &+ instruments[i].list.filledLots
      guard found != instruments[i].position.lots else { continue }
      counters.reconciliation.invariants.add()
      note(.positionDifference, gateway, instrument: i, expected: instruments[i].position.lots, found: found)
      halt(i, cause: 0)
    }
    for b in 0..<balances.count where isOf(gateway, b) {
      var found: Int64 = 0
      for i in 0..<instrumentCount where instruments[i].base == b || instruments[i].quote == b {
        found &+= heldBack(of: b, in: i)
      }
      guard found != balances.rows[b].reserved else { continue }
      counters.reconciliation.invariants.add()
      note(
        .reservationDifference, gateway, asset: balances.rows[b].asset, expected: balances.rows[b].reserved,
        found: found)
      for i in 0..<instrumentCount where instruments[i].base == b || instruments[i].quote == b { halt(i, cause: 0) }
    }
  }

  /// What the open orders of an instrument, and of contracts the position, hold back of an asset that it moves.
  private func heldBack(of balance: Int, in instrument: Int) -> Int64 {
    let state = instruments + instrument
    var (units, buyLots, sellLots) = (0 as Int64, 0 as Int64, 0 as Int64)
    var next = orders.first(instrument)
    while let order = next {
      let isBuy = order.pointee.side == .buy
      if (isBuy ? state.pointee.quote : state.pointee.base) == balance { units &+= order.pointee.reserved.units }
      if isBuy { buyLots &+= order.pointee.remainingLots } else { sellLots &+= order.pointee.remainingLots }
      next = orders.following(order)
    }
    return units &+ state.pointee.marginNeeded(buyLots: buyLots, sellLots: sellLots)
  }

  /// A difference that has settled while trading is a finding: a whole comparison follows, and trades on when it agrees.
  ///
  /// - Returns: when the next one settles.
  mutating func judgeBalances() -> Int64 {
    var earliest = Int64.max
    for i in 0..<balances.count where balances.rows[i].differsSinceNs != .max {
      let gateway = Int(balances.rows[i].venue.rawValue)
      guard gateway < reconciliation.count, reconciliation.venues[gateway].isGreen else { continue }
      let row = balances.rows[i]
      let settlesNs = row.differsSinceNs &+ ReconciliationTiming.settlementNs
      if input.nowNs < settlesNs {
        earliest = min(earliest, settlesNs)
        continue
      }
      counters.balanceMismatches.add()
      counters.reconciliation.balanceDifferences.add()
      note(.balanceDifference, gateway, asset: row.asset, expected: row.computed, found: row.venueTotal)
      turnRed(gateway)
    }
    return earliest
  }

  /// What `apus ctl status` says of it.
  func showReconciliation() {
    var phase = ReconciliationPhase.done.rawValue
    var (waitingOrders, waitingLists, foreign) = (0 as Int64, 0, 0 as Int64)
    for g in 0..<reconciliation.count {
      let venue = reconciliation.venues[g]
      if !venue.isGreen {
        phase = min(phase, venue.phase.rawValue)
        waitingOrders &+= self.waitingOrders(g)
      }
      waitingLists &+= (venue.awaited | venue.unasked).nonzeroBitCount
    }
    for i in 0..<instrumentCount { foreign &+= instruments[i].list.listedForeign }
    counters.reconciliation.green.set(reconciliation.isGreen ? 1 : 0)
    counters.reconciliation.phase.set(Int64(phase))
    counters.reconciliation.waitingOrders.set(waitingOrders)
    counters.reconciliation.waitingLists.set(Int64(waitingLists))
    counters.reconciliation.foreignOrders.set(foreign)
  }
}
