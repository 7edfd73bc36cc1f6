// Execution: intents become routed, gated orders.

import Market
import Pipeline
import Risk

extension ExecutionStage {
  @_noLocks
  mutating func handle(_ intent: UnsafePointer<OrderIntent>, shard: Int) {
    let instrument = Int(intent.pointee.instrument.rawValue)
    switch intent.pointee.kind {
    case .place: place(intent, shard: shard)
    case .touch where instrument < instrumentCount: take(touch: intent, instrument)
    case .cancel where instrument < instrumentCount: cancel(intent, instrument, shard: shard)
    case .cancelAll where instrument < instrumentCount: cancelAll(intent, instrument, shard: shard)
    case .amend where instrument < instrumentCount: amend(intent, instrument, shard: shard)
    case .touch, .cancel, .cancelAll, .amend: counters.cancelMisses.add()
    }
  }

  @inline(always)
  private mutating func take(touch intent: UnsafePointer<OrderIntent>, _ instrument: Int) {
    instruments[instrument].take(
      TouchReference(
        bid: intent.pointee.price, bidQuantity: intent.pointee.quantity, ask: intent.pointee.askPrice,
        askQuantity: intent.pointee.askQuantity, receiveTimeNs: intent.pointee.marketTimeNs,
        definitionVersion: intent.pointee.definitionVersion))
    holdMargin(instrument)
  }

  /// Routes an order and puts each child before the gate.
  ///
  /// An instrument is listed by one venue, so there is one quote; the router takes as many as there will be.
  @inline(always)
  mutating func place(_ intent: UnsafePointer<OrderIntent>, shard: Int) {
    let index = Int(intent.pointee.instrument.rawValue)
    let touch = index < instrumentCount ? instruments[index].touch : .void
    var quote = VenueQuote(
      venue: intent.pointee.venue, instrument: intent.pointee.instrument, bid: touch.bid,
      bidQuantity: touch.bidQuantity, ask: touch.ask, askQuantity: touch.askQuantity,
      takerFeeBasisPoints: takerFeeBasisPoints, makerFeeBasisPoints: makerFeeBasisPoints)
    let children = self.children
    let count = withUnsafePointer(to: &quote) {
      Router.route(intent, quotes: UnsafeBufferPointer(start: $0, count: 1), into: children)
    }
    let isDuplicate = index < instrumentCount && hasOpenOrder(of: intent.pointee.intent, index, shard: shard)
    for i in 0..<count { submit(children[i], intent, shard: shard, isDuplicate: isDuplicate) }
  }

  /// One child: gate, record, order table, gateway.
  @_noLocks
  private mutating func submit(_ child: ChildOrder, _ intent: UnsafePointer<OrderIntent>, shard: Int, isDuplicate: Bool)
  {
    let instrument = Int(child.instrument.rawValue)
    let identifier = orders.nextIdentifier()
    var exposure = exposure(instrument)
    exposure.hasIntent = isDuplicate
    let candidate = OrderCandidate(
      venue: child.venue, account: account, instrument: child.instrument,
      definitionVersion: intent.pointee.definitionVersion, side: intent.pointee.side, type: child.type,
      timeInForce: child.timeInForce, reduceOnly: intent.pointee.reduceOnly, strategy: intent.pointee.strategy,
      clientOrder: identifier ?? .none, price: child.price, quantity: child.quantity,
      decisionTimeNs: intent.pointee.decisionTimeNs, expiryTimeNs: intent.pointee.expiryTimeNs,
      cause: records.next.rawValue, originTsc: intent.pointee.originTsc)
    let approved = decide(candidate, exposure, instrument)
    let decision = write(
      .riskDecision, cause: intent.pointee.cause,
      RiskDecisionRecord(
        gate.decision, candidate, strategy: intent.pointee.strategy, intent: intent.pointee.intent, exposure: exposure))
    guard let approved else {
      refuse(candidate, intent, shard: shard, cause: decision)
      return
    }
    enter(approved.record, intent, shard: shard)
    _ = write(.order, cause: decision, approved.record)
    counters.ordersSent.add()
    let isSent = ports.orders[instruments[instrument].gateway].tryPut(approved)
    precondition(isSent, "the step asked for room for its orders")
  }

  /// The gate's word, or a refusal for what only execution can see.
  @inline(always)
  private mutating func decide(_ candidate: OrderCandidate, _ exposure: Exposure, _ instrument: Int) -> ApprovedOrder? {
    let isKnown = instrument < instrumentCount
    let gateway = isKnown ? instruments[instrument].gateway : 0
    if orders.areIdentifiersUsedUp {
      gate.refuse(.identifiersUsedUp)
    } else if candidate.clientOrder.rawValue == 0 {
      gate.refuse(.orderTableFull, observed: Int64(orders.openCount) &+ 1, bound: Int64(orders.capacity))
    } else if input.flags.contains(.ordersBlocked(gateway: gateway)) {
      gate.refuse(.gatewayFull)
    } else {
      return gate.approve(
        candidate, exposure: exposure, touch: isKnown ? instruments[instrument].touch : .void,
        conditions: GateConditions(
          input: input, isSessionUp: sessions[gateway].isUp, isReconciled: isReconciled))
    }
    return nil
  }

  /// Enters an approved order as pending, with its reservation and its watchdog.
  @inline(always)
  private mutating func enter(_ approved: ApprovedOrderRecord, _ intent: UnsafePointer<OrderIntent>, shard: Int) {
    var order = Order()
    order.clientOrder = approved.clientOrder
    order.intent = intent.pointee.intent
    order.price = approved.price
    order.quantity = approved.quantity
    order.originTsc = approved.originTsc
    order.cause = approved.cause
    order.instrument = approved.instrument
    order.strategy = intent.pointee.strategy
    order.shard = UInt8(truncatingIfNeeded: shard)
    order.side = approved.side
    order.state = .pendingNew
    order.changedNs = input.nowNs
    order.dueNs = input.nowNs &+ OrderTiming.unansweredNs
    order.arrivesUntilNs = arrival(sentBy: approved.expiryTimeNs)
    let state = instruments + Int(approved.instrument.rawValue)
    order.reserved = Amount(units: state.pointee.reservation(order))
    balances.rows[order.side == .buy ? state.pointee.quote : state.pointee.base].reserved &+= order.reserved.units
    state.pointee.addWorking(order.quantity.lots, side: order.side)
    state.pointee.openOrders &+= 1
    holdMargin(Int(approved.instrument.rawValue))
    nextDueNs = min(nextDueNs, order.dueNs)
    _ = orders.insert(order)
  }

  @inline(always)
  private mutating func refuse(
    _ candidate: OrderCandidate, _ intent: UnsafePointer<OrderIntent>, shard: Int, cause: UInt64
  ) {
    counters.refusals[Int(gate.decision.reason.rawValue)].add()
    var update = OrderUpdate(
      kind: .refused, strategy: intent.pointee.strategy, instrument: candidate.instrument,
      intent: intent.pointee.intent, clientOrder: .none, timeNs: input.nowNs, cause: cause)
    update.side = candidate.side
    update.reasonCode = gate.decision.reason.rawValue
    update.remainingQuantity = candidate.quantity
    if Int(candidate.instrument.rawValue) < instrumentCount {
      tell(instruments[Int(candidate.instrument.rawValue)].position, in: &update)
    }
    send(update, shard: shard)
  }

  /// What is there already, for the gate. Own prices are looked up, not kept: the open orders of one instrument are few.
  @inline(always)
  func exposure(_ instrument: Int) -> Exposure {
    var exposure = Exposure()
    guard instrument < instrumentCount else { return exposure }
    let state = instruments + instrument
    exposure.positionLots = state.pointee.position.lots
    exposure.workingBuyLots = state.pointee.workingBuyLots
    exposure.workingSellLots = state.pointee.workingSellLots
    exposure.openOrders = state.pointee.openOrders
    exposure.freeBase = balances.rows[state.pointee.base].free
    exposure.freeQuote = balances.rows[state.pointee.quote].free
    var next = orders.first(instrument)
    while let order = next {
      let price = order.pointee.price
      if order.pointee.side == .buy {
        exposure.highestBuy = max(exposure.highestBuy, price)
      } else {
        exposure.lowestSell = min(exposure.lowestSell, price)
      }
      next = orders.following(order)
    }
    return exposure
  }

  /// Whether an order of that intent is open: the children of one intent are not duplicates of each other.
  @inline(always)
  private func hasOpenOrder(of intent: IntentIdentifier, _ instrument: Int, shard: Int) -> Bool {
    var next = orders.first(instrument)
    while let order = next {
      if order.pointee.intent.rawValue == intent.rawValue && Int(order.pointee.shard) == shard { return true }
      next = orders.following(order)
    }
    return false
  }

  @inline(always)
  private mutating func cancel(_ intent: UnsafePointer<OrderIntent>, _ instrument: Int, shard: Int) {
    var found = false
    var next = orders.first(instrument)
    while let order = next {
      if order.pointee.intent.rawValue == intent.pointee.intent.rawValue && Int(order.pointee.shard) == shard {
        want(cancelOf: order, cause: intent.pointee.cause, originTsc: intent.pointee.originTsc)
        found = true
      }
      next = orders.following(order)
    }
    if !found { counters.cancelMisses.add() }  // filled or gone meanwhile: normal
  }

  /// Cancels what this strategy has open in the instrument.
  @inline(always)
  private mutating func cancelAll(_ intent: UnsafePointer<OrderIntent>, _ instrument: Int, shard: Int) {
    var next = orders.first(instrument)
    while let order = next {
      if order.pointee.strategy == intent.pointee.strategy && Int(order.pointee.shard) == shard {
        want(cancelOf: order, cause: intent.pointee.cause, originTsc: intent.pointee.originTsc)
      }
      next = orders.following(order)
    }
  }
}
