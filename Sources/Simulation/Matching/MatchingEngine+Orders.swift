// How an order enters: trading rules, funds, self-trade prevention, then the levels it takes and the queue it joins.

import Market

/// What an incoming order would do to the book as it stands.
struct MatchingPlan {
  /// Levels to take, best first.
  var takes: [(level: DisplayedLevel, quantity: Quantity)] = []
  var taken = Quantity.zero
  var cost = Amount.zero
  /// The opposite order of the same account that stands in the way of the rest.
  var ownOrder: UInt64?
}

extension MatchingEngine {
  mutating func place(_ request: PlaceOrder, timeNs: Int64, outbox: inout [VenueEvent]) {
    let plan: MatchingPlan
    do throws(OrderRefusal) {
      plan = try self.plan(request, timeNs: timeNs)
    } catch {
      outbox.append(.refused(request, error))
      return
    }
    let id = UInt64(orders.count) + 1
    orders.append(VenueOrder(id: id, request: request, createdNs: timeNs, updatedNs: timeNs))
    let (asset, amount) = reserve(request, quantity: request.quantity)
    ledger.lock(asset, amount)
    outbox.append(.accepted(order(id)))

    if request.timeInForce == .fillOrKill, plan.taken != request.quantity {
      if let own = plan.ownOrder { return prevent(id, meeting: own, timeNs: timeNs, outbox: &outbox) }
      return expire(id, .notFillable, timeNs: timeNs, outbox: &outbox)
    }
    take(plan, for: id, timeNs: timeNs, outbox: &outbox)
    guard order(id).status.isOpen else { return }
    if tradable(id) == .zero {
      expire(id, .reduceOnly, timeNs: timeNs, outbox: &outbox)
    } else if let own = plan.ownOrder {
      prevent(id, meeting: own, timeNs: timeNs, outbox: &outbox)
    } else if request.type == .market || request.timeInForce != .goodTilCanceled {
      expire(id, .noLiquidity, timeNs: timeNs, outbox: &outbox)
    } else {
      rest(id)
    }
  }

  /// Checks everything that can refuse an order, and walks the levels it would take.
  func plan(_ request: PlaceOrder, timeNs: Int64) throws(OrderRefusal) -> MatchingPlan {
    let i = Int(request.instrument.rawValue)
    guard i < instruments.count else { throw .unknownInstrument }
    try checkRules(request, instruments[i], scales[i])
    guard isOpen(i, timeNs: timeNs) else { throw .marketClosed }
    guard bids[i].count + asks[i].count < Self.maximumOpenOrders else { throw .tooManyOpenOrders }

    let quantity = tradable(request, of: request.quantity)
    guard quantity > .zero else { throw .reduceOnly }
    let plan = walk(request, upTo: quantity, at: i)
    if request.type == .limitMaker, plan.taken != .zero || plan.ownOrder != nil { throw .wouldTake }
    if margin != nil {
      let best = markets[i].fused.levels(request.side.opposite).last?.price
      try checkMargin(request, at: request.type == .market ? best ?? Price(ticks: 0) : request.price)
      return plan
    }
    let (asset, amount) = reserve(request, quantity: request.quantity)
    let needed = request.side == .buy && request.type == .market ? plan.cost : amount
    guard needed <= ledger.free(asset) else { throw .insufficientBalance }
    return plan
  }

  /// PRICE_FILTER, LOT_SIZE and NOTIONAL (applied to market orders at the last price, `avgPriceMins` 0).
  private func checkRules(_ request: PlaceOrder, _ rules: Instrument, _ scale: MoneyScale) throws(OrderRefusal) {
    if request.type != .market {
      guard request.price >= rules.minimumPrice, request.price <= rules.maximumPrice else { throw .priceFilter }
    }
    guard request.quantity >= rules.minimumQuantity, request.quantity <= rules.maximumQuantity else { throw .lotSize }
    let i = Int(rules.index.rawValue)
    let reference =
      request.type == .market ? markets[i].lastTradePrice ?? markets[i].fused.bestAsk?.price : request.price
    guard let reference else { throw .marketClosed }
    guard let notional = scale.notional(reference, request.quantity), notional >= rules.minimumNotional,
      notional <= rules.maximumNotional
    else { throw .notional }
  }

  /// - Parameter wanted: what it may trade.
  private func walk(_ request: PlaceOrder, upTo wanted: Quantity, at i: Int) -> MatchingPlan {
    var plan = MatchingPlan()
    let opposite = request.side.opposite
    let own = resting(i, opposite).first
    let ownPrice = own.map { order($0).request.price }
    func reaches(_ price: Price) -> Bool {
      request.type == .market || !price.isBetter(than: request.price, for: request.side)
    }
    for level in markets[i].fused.levels(opposite).reversed() {
      guard plan.taken < wanted, reaches(level.price) else { break }
      // Better displayed levels trade first; at its own order's price the incoming order stops.
      if let ownPrice, !level.price.isBetter(than: ownPrice, for: opposite) { break }
      let quantity = Quantity(lots: min(level.available.lots, wanted.lots - plan.taken.lots))
      guard quantity > .zero, let cost = scales[i].notional(level.price, quantity) else { continue }
      plan.takes.append((level, quantity))
      plan.taken.lots += quantity.lots
      plan.cost.units += cost.units
    }
    if plan.taken < wanted, ownPrice.map(reaches) == true { plan.ownOrder = own }
    return plan
  }

  private mutating func take(_ plan: MatchingPlan, for id: UInt64, timeNs: Int64, outbox: inout [VenueEvent]) {
    let request = order(id).request
    let i = Int(request.instrument.rawValue)
    // All at once: fees of the first fills must not take what the last ones cost.
    if margin == nil, request.type == .market, request.side == .buy { ledger.lock(instruments[i].quote, plan.cost) }
    for (level, quantity) in plan.takes {
      markets[i].take(request.side.opposite, level.price, quantity)
      let source = FillSource.level(price: level.price, updateId: level.updateId)
      fill(id, quantity, at: level.price, isMaker: false, source: source, timeNs: timeNs, outbox: &outbox)
    }
    pushes[i]?.model.take(plan.taken, request.side, timeNs: timeNs)
  }

  /// Joins the queue at its price behind everything displayed there, and behind our own older orders.
  private mutating func rest(_ id: UInt64) {
    let request = order(id).request
    let i = Int(request.instrument.rawValue)
    let displayed = recordedQuantity(request.side, request.price, at: i)
    orders[Int(id) - 1].place = QueuePlace(behind: displayed)
    let own = resting(i, request.side)
    let place = own.firstIndex { request.price.isBetter(than: order($0).request.price, for: request.side) }
    if request.side == .buy {
      bids[i].insert(id, at: place ?? own.count)
    } else {
      asks[i].insert(id, at: place ?? own.count)
    }
  }

  /// What is left of an order, as far as it may trade.
  func tradable(_ id: UInt64) -> Quantity { tradable(order(id).request, of: order(id).remaining) }

  /// Reduce-only orders trade as far as they make the position smaller, judged when they trade, as in `Exchange`
  /// (docs/exchange.md).
  private func tradable(_ request: PlaceOrder, of quantity: Quantity) -> Quantity {
    guard request.reduceOnly else { return quantity }
    let held = margin?.contracts[Int(request.instrument.rawValue)].position.lots ?? 0
    return Quantity(lots: max(0, min(quantity.lots, -held * request.side.sign)))
  }

  mutating func expire(_ id: UInt64, _ reason: ExpiryReason, timeNs: Int64, outbox: inout [VenueEvent]) {
    close(id, .expired, timeNs: timeNs)
    outbox.append(.expired(order(id), reason))
  }

  /// The whole rest of the incoming order expires where it would have met `own` (EXPIRE_TAKER, stp_faq.md).
  private mutating func prevent(_ id: UInt64, meeting own: UInt64, timeNs: Int64, outbox: inout [VenueEvent]) {
    preventedMatches += 1
    let prevention = Prevention(
      matchId: preventedMatches, counterOrderId: own, price: order(own).request.price, quantity: order(id).remaining)
    close(id, .expiredInMatch, timeNs: timeNs)
    outbox.append(.prevented(order(id), prevention))
  }

  /// Takes quantity off an open order where it stands in the queue, and frees what that part locked.
  mutating func amend(_ id: UInt64, to quantity: Quantity, timeNs: Int64) throws(OrderRefusal) {
    guard let open = find(orderId: id), open.status.isOpen else { throw .notOpen }
    guard !isHalted(Int(open.request.instrument.rawValue), timeNs: timeNs) else { throw .marketClosed }
    guard quantity <= open.request.quantity else { throw .amendIncreases }
    guard quantity < open.request.quantity, quantity > open.executed else { throw .amendChangesNothing }
    var request = open.request
    request.quantity = quantity
    let i = Int(request.instrument.rawValue)
    try checkRules(request, instruments[i], scales[i])
    let (asset, amount) = reserve(request, quantity: Quantity(lots: open.request.quantity.lots - quantity.lots))
    ledger.lock(asset, Amount(units: -amount.units))
    orders[Int(id) - 1].request = request
    orders[Int(id) - 1].updatedNs = timeNs
  }
}
