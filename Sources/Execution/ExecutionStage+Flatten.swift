// Execution: closing positions on command, by orders of its own that pass the gate like every other.

import Market
import Pipeline
import Risk

/// How hard a flatten tries.
enum FlattenTiming {
  /// Orders in a row that brought nothing before it is given up: 20 ms doubling to 2 s, so about a minute.
  static var fruitlessOrders: UInt16 { 32 }
  /// When there is no market to close into, or no way to the venue: how soon it looks again.
  static var waitNs: Int64 { 100_000_000 }
}

extension ExecutionStage {
  /// Pauses the scope, cancels what is open in it, and begins to close its positions.
  mutating func flatten(_ command: Command) -> CommandRefusal {
    // Positions are kept by instrument: what of one is whose cannot be told.
    if command.scope == .strategy { return .unknownScope }
    if input.flags.contains(.stopping) { return .stopping }
    if !isReconciled { return .notReconciled }
    guard gate.trading.isArmed, input.haltEpoch == gate.trading.armedEpoch, !isHalted(command) else {
      return .notTrading
    }
    let open = openOrders(of: command)
    gate.trading.paused.set(command, true)
    tradingChanged(by: command)
    cancel(command, isEmergency: false)
    for i in 0..<instrumentCount where covers(command, i) {
      instruments[i].flattening = Flattening(cause: command.cause, dueNs: input.nowNs)
      nextDueNs = min(nextDueNs, input.nowNs)
    }
    follow(command, openOrders: open)
    return .none
  }

  /// Whether any instrument of the scope is halted: what is halted stays as it is until somebody resumes it.
  private func isHalted(_ command: Command) -> Bool {
    for i in 0..<instrumentCount where covers(command, i) && isHalted(i) { return true }
    return false
  }

  private func isHalted(_ instrument: Int) -> Bool {
    let definition = instruments[instrument].definition
    return gate.trading.halted.scope(
      venue: definition.venue, instrument: definition.index, strategy: SessionOrders.strategy) != nil
  }

  func isFlattening(in command: Command) -> Bool {
    for i in 0..<instrumentCount where instruments[i].flattening.isActive && covers(command, i) { return true }
    return false
  }

  /// Ends the flattening of a scope before it is flat: somebody resumed it.
  mutating func endFlattening(in command: Command) {
    for i in 0..<instrumentCount where instruments[i].flattening.isActive && covers(command, i) { abandonFlattening(i) }
  }

  private mutating func abandonFlattening(_ instrument: Int) {
    instruments[instrument].flattening.isActive = false
    for i in 0..<underWay.count where underWay.entries[i].command.kind == .flatten {
      if covers(underWay.entries[i].command, instrument) { underWay.entries[i].hasFailed = true }
    }
  }

  /// Goes on with every flatten that is due.
  ///
  /// - Returns: when the next one is; `.max` when none waits for the time.
  mutating func handleFlattening() -> Int64 {
    var earliest = Int64.max
    var waiting: Int64 = 0
    var budget = ExecutionPorts.batchLimit  // of the room that a step asked for, what intents leave
    for i in 0..<instrumentCount where instruments[i].flattening.isActive {
      if instruments[i].flattening.dueNs <= input.nowNs && budget > 0 {
        budget &-= 1
        goOnFlattening(i)
      }
      guard instruments[i].flattening.isActive else { continue }
      waiting &+= 1
      earliest = min(earliest, instruments[i].flattening.dueNs)
    }
    counters.trading.flattening.set(waiting)
    return earliest
  }

  /// One look at one instrument: done, waiting, or one more order.
  private mutating func goOnFlattening(_ instrument: Int) {
    let state = instruments + instrument
    state.pointee.flattening.dueNs = input.nowNs &+ FlattenTiming.waitNs
    if isHalted(instrument) || !gate.trading.isArmed || input.flags.contains(.stopping) {
      abandonFlattening(instrument)
      return
    }
    guard state.pointee.openOrders == 0 else { return }  // cancels, or the last order of this flatten
    let lots = state.pointee.position.lots
    if lots.magnitude != state.pointee.flattening.lots.magnitude { state.pointee.flattening.fruitless = 0 }
    state.pointee.flattening.lots = lots
    if lots == 0 {
      state.pointee.flattening.isActive = false
      return
    }
    guard let limits = gate.limits(of: state.pointee.definition.index) else {
      abandonFlattening(instrument)  // nothing may be sent in an instrument without limits
      return
    }
    guard let price = state.pointee.closingPrice(limits), sessions[state.pointee.gateway].isUp,
      input.nowNs &- state.pointee.touch.receiveTimeNs <= limits.maximumMarketAgeNs
    else { return }
    guard let slice = state.pointee.closingSlice(limits, price: price) else {
      state.pointee.flattening.isActive = false  // less than the venue takes
      return
    }
    if state.pointee.flattening.fruitless >= FlattenTiming.fruitlessOrders {
      abandonFlattening(instrument)
      return
    }
    state.pointee.flattening.fruitless &+= 1
    state.pointee.flattening.dueNs = input.nowNs &+ OrderTiming.retryNs(state.pointee.flattening.fruitless)
    sendClosing(instrument, price: price, lots: slice)
  }

  /// An immediate-or-cancel order at the collar: it takes what is there and leaves nothing behind.
  private mutating func sendClosing(_ instrument: Int, price: Price, lots: Int64) {
    let state = instruments + instrument
    ownIntents &+= 1
    ownIntent.pointee = OrderIntent(
      kind: .place, side: state.pointee.position.lots > 0 ? .sell : .buy, timeInForce: .immediateOrCancel,
      instrument: state.pointee.definition.index, definitionVersion: state.pointee.definition.definitionVersion,
      strategy: SessionOrders.strategy, venue: state.pointee.definition.venue, reduceOnly: true,
      intent: IntentIdentifier(1 << 63 | ownIntents), price: price, quantity: Quantity(lots: lots),
      decisionTimeNs: input.nowNs, marketTimeNs: state.pointee.touch.receiveTimeNs,
      cause: state.pointee.flattening.cause, originTsc: 0)
    place(ownIntent, shard: state.pointee.shard)
  }
}
