// Execution: cutting an open order, which keeps its place in the queue.

import Market
import Pipeline
import Risk

extension ExecutionStage {
  /// Puts the new whole quantity of an open order before the gate. An order that the venue has not acknowledged would be
  /// overtaken by its own amendment, and one that is being cancelled or is unknown has its end coming: those, and an
  /// order that is gone, are misses like a cancel's.
  @_noLocks
  mutating func amend(_ intent: UnsafePointer<OrderIntent>, _ instrument: Int, shard: Int) {
    guard let order = resting(intent.pointee.intent, instrument, shard: shard) else {
      counters.cancelMisses.add()
      return
    }
    let definition = instruments[instrument].definition
    let candidate = OrderCandidate(
      venue: definition.venue, account: account, instrument: definition.index,
      definitionVersion: intent.pointee.definitionVersion, side: order.pointee.side, type: .limit,
      timeInForce: .goodTilCanceled, strategy: intent.pointee.strategy, clientOrder: order.pointee.clientOrder,
      price: order.pointee.price, quantity: intent.pointee.quantity, decisionTimeNs: intent.pointee.decisionTimeNs,
      expiryTimeNs: intent.pointee.expiryTimeNs, cause: records.next.rawValue, originTsc: intent.pointee.originTsc)
    let approved = decideAmend(candidate, of: order, gateway: instruments[instrument].gateway)
    let decision = write(
      .riskDecision, cause: intent.pointee.cause,
      RiskDecisionRecord(
        gate.decision, candidate, strategy: intent.pointee.strategy, intent: intent.pointee.intent,
        exposure: exposure(instrument)))
    guard let approved else {
      counters.refusals[Int(gate.decision.reason.rawValue)].add()
      return
    }
    _ = write(.order, cause: decision, approved.record)
    counters.amendsSent.add()
    let isSent = ports.amends[instruments[instrument].gateway].tryPut(approved)
    precondition(isSent, "the step asked for room for its amendments")
  }

  private mutating func decideAmend(
    _ candidate: OrderCandidate, of order: UnsafeMutablePointer<Order>, gateway: Int
  ) -> ApprovedOrder? {
    if input.flags.contains(.amendsBlocked(gateway: gateway)) {
      gate.refuse(.gatewayFull)
      return nil
    }
    return gate.approveAmend(
      candidate, from: order.pointee.quantity, filled: order.pointee.cumulative,
      conditions: GateConditions(
        input: input, isSessionUp: sessions[gateway].isUp, isReconciled: isReconciled))
  }

  /// The strategy's order as it rests at the venue, with nothing under way that ends it.
  private func resting(_ intent: IntentIdentifier, _ instrument: Int, shard: Int) -> UnsafeMutablePointer<Order>? {
    var next = orders.first(instrument)
    while let order = next {
      if order.pointee.intent.rawValue == intent.rawValue && Int(order.pointee.shard) == shard {
        let isResting = order.pointee.state == .working || order.pointee.state == .partiallyFilled
        return isResting && !order.pointee.isCancelWanted ? order : nil
      }
      next = orders.following(order)
    }
    return nil
  }

  /// The venue says that an order's whole quantity is less than it was: its rest shrinks, and may be nothing when the
  /// fills were told before.
  @_noLocks
  mutating func cut(_ order: UnsafeMutablePointer<Order>, _ report: UnsafePointer<ExecutionReport>) {
    let lots = report.pointee.quantity.lots
    guard order.pointee.isOpen, lots > 0, lots < order.pointee.quantity.lots else { return }
    let state = instruments + Int(order.pointee.instrument.rawValue)
    let restBefore = order.pointee.remainingLots
    order.pointee.quantity.lots = lots
    state.pointee.addWorking(order.pointee.remainingLots &- restBefore, side: order.pointee.side)
    reserve(order, units: state.pointee.reservation(order.pointee))
    if order.pointee.remainingLots == 0 {
      advance(order, .finalFill, report)
    } else {
      tell(order, nil, report, cause: report.pointee.cause)
    }
  }
}
