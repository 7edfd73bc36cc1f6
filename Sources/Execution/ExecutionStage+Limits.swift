// Execution: limits that change while trading, and what is open beyond them.

import Market
import Pipeline
import Risk

extension ExecutionStage {
  /// Applies a limit from the next order on. Whether it may be loosened is the control stage's business.
  mutating func setLimit(_ command: Command) -> CommandRefusal {
    let instrument = Int(command.instrument.rawValue)
    switch command.limit {
    case .none: return .badValue
    case .maximumDailyLoss:
      guard command.value > 0 else { return .badValue }
      maximumDailyLoss = command.value
      if gate.trading.isLossUsedUp {
        gate.trading.lossDay = TradingState.noDay  // measured anew against this limit, in this very step
        tradingChanged(by: command)
      }
      areLossesDue = true
    case .ordersPerSecond, .ordersPerTenSeconds:
      guard gate.setRate(command.limit, to: command.value) else { return .badValue }
    case .maximumOrderQuantity, .maximumOrderNotional, .maximumPosition, .maximumOpenOrders, .priceCollarBasisPoints:
      guard instrument < instrumentCount, case .some = gate.limits(of: command.instrument) else {
        return .unknownScope
      }
      guard gate.set(command.limit, of: command.instrument, to: command.value) else { return .badValue }
      cancelBeyondLimits(instrument, cause: command.cause)
    }
    _ = write(
      .limit, cause: command.cause,
      LimitRecord(command.limit, instrument: command.instrument, value: command.value))
    return .none
  }

  /// Cancels what is open beyond limits that have become tighter: each order that is itself too large; all of a side
  /// that could carry the position too far; all when there are too many. The strategies quote anew within the limits.
  private mutating func cancelBeyondLimits(_ instrument: Int, cause: UInt64) {
    let state = instruments + instrument
    guard let limits = gate.limits(of: state.pointee.definition.index) else { return }
    let furthest = Int128(limits.maximumPosition.lots)
    let position = Int128(state.pointee.position.lots)
    let areBuysTooFar = position &+ Int128(state.pointee.workingBuyLots) > furthest
    let areSellsTooFar = Int128(state.pointee.workingSellLots) &- position > furthest
    let areTooMany = state.pointee.openOrders > limits.maximumOpenOrders
    var next = orders.first(instrument)
    while let order = next {
      let lots = order.pointee.remainingLots
      let worth = state.pointee.scale?.quoteUnits(ticks: order.pointee.price.ticks, lots: lots, rounding: .up)
      let isTooLarge =
        lots > limits.maximumOrderQuantity.lots || worth ?? .max > limits.maximumOrderNotional.units
      if isTooLarge || areTooMany || (order.pointee.side == .buy ? areBuysTooFar : areSellsTooFar) {
        want(cancelOf: order, cause: cause, originTsc: 0)
      }
      next = orders.following(order)
    }
  }

  /// A fill that carried the position beyond its limit, which the gate bounds: somebody else trades on the account, or a
  /// limit was tightened below what was on its way. Only reducing orders from here on, until an operator resumes.
  mutating func checkPosition(_ instrument: Int, side: Side, cause: UInt64) {
    let state = instruments + instrument
    let reach = state.pointee.position.lots.multipliedReportingOverflow(by: side.sign)
    guard let limits = gate.limits(of: state.pointee.definition.index), reach.partialValue > limits.maximumPosition.lots
    else { return }
    let command = ownCommand(.reduceOnly, scope: .instrument, instrument: instrument, cause: cause)
    guard !gate.trading.reducing.contains(command) else { return }
    counters.trading.positionBreaches.add()
    reduceOnly(command)
  }

  /// Repeated rejects for one reason are a fault of the strategy or of the venue: the instrument is paused until
  /// somebody has looked (MiFID II RTS 6, Article 15(3): a repeated execution throttle that a named person re-enables).
  mutating func watchRejects(_ instrument: Int, reason: UInt16, cause: UInt64) {
    // A post-only order that would take is an answer to the market's move, not a fault. An order that never arrived was
    // refused by nobody: the network lost it.
    if reason == ReportReason.wouldTakeLiquidity.rawValue || reason == ReportReason.unknownOrder.rawValue { return }
    guard instruments[instrument].rejects.count(reason, nowNs: input.nowNs) else { return }
    let command = ownCommand(.pause, scope: .instrument, instrument: instrument, cause: cause)
    guard !gate.trading.paused.contains(command) else { return }
    counters.trading.rejectPauses.add()
    pause(command)
  }
}
