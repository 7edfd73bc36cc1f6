// Marks and forced liquidation: positions whose margin is used up are closed by orders of the exchange.

public import Market

extension Exchange {
  /// Values an instrument's contracts at a price, and liquidates every account whose margin it uses up, in the order of
  /// their indices. Then the insurance fund offers what it has taken over, by a market order.
  public mutating func setMark(
    _ price: Price, of instrument: InstrumentIndex, timeNs: Int64, outbox: inout [ExchangeEvent]
  ) {
    begin(timeNs, &outbox)
    guard knows(instrument), !markets[instrument.i].rules.isSpot else { return }
    let rules = markets[instrument.i].rules
    guard (rules.minimumPrice...rules.maximumPrice).contains(price.ticks) else { return }
    markets[instrument.i].markPrice = price.ticks
    checkLiquidations(instrument, &outbox)
    if tables[insuranceFund, instrument.i].lots != 0 { forceOut(insuranceFund, instrument.i, &outbox) }
  }

  mutating func checkLiquidations(_ instrument: InstrumentIndex, _ outbox: inout [ExchangeEvent]) {
    for account in 0..<configuration.accounts where tables[AccountIndex(account), instrument.i].lots != 0 {
      liquidateIfDue(AccountIndex(account), instrument.i, &outbox)
    }
  }

  /// Whether margin is below maintenance margin: of the position alone in isolated mode, of all positions that the free
  /// balance supports in cross mode (Binance futures, "Liquidation Protocols").
  func isDue(_ account: AccountIndex, _ instrument: Int, at price: Int64? = nil) -> Bool {
    if tables[account, instrument].mode == .isolated {
      return equity(account, instrument, at: price) < maintenanceMargin(account, instrument, at: price)
    }
    var needed: Int64 = 0
    for i in supported(account, markets[instrument].rules.settlement) {
      needed += maintenanceMargin(account, i, at: i == instrument ? price : nil)
    }
    return equity(account, instrument, at: price) < needed
  }

  /// What supports a position: its own margin and profit in isolated mode, the free balance with the profit of all positions
  /// that it supports in cross mode; below zero the account has lost more than that.
  func equity(_ account: AccountIndex, _ instrument: Int, at price: Int64? = nil) -> Int64 {
    if tables[account, instrument].mode == .isolated {
      return tables[account, instrument].isolatedMargin + unrealised(account, instrument, at: price)
    }
    let asset = markets[instrument].rules.settlement
    return supported(account, asset).reduce(tables[free: account, asset]) {
      $0 + unrealised(account, $1, at: $1 == instrument ? price : nil)
    }
  }

  private func maintenanceMargin(_ account: AccountIndex, _ instrument: Int, at price: Int64?) -> Int64 {
    guard let margin = configuration.instruments[instrument].margin else { return 0 }
    let at = price ?? valuationPrice(instrument)
    let notional = abs(signedValue(markets[instrument].rules, at, tables[account, instrument].lots))
    return margin.maintenance(Amount(units: notional)).units
  }

  /// The account's cross positions that are settled in an asset.
  private func supported(_ account: AccountIndex, _ asset: AssetIndex) -> [Int] {
    (0..<marketCount).filter {
      !markets[$0].rules.isSpot && markets[$0].rules.settlement == asset && tables[account, $0].lots != 0
        && tables[account, $0].mode == .cross
    }
  }

  /// The first tick against the position at which it is liquidated, everything else as it is; nil when there is none.
  ///
  /// Found by bisection on the rule itself, so that it is exact whatever the tiers and roundings.
  public func liquidationPrice(_ account: AccountIndex, _ instrument: InstrumentIndex) -> Price? {
    first(against: account, instrument.i) { isDue(account, instrument.i, at: $0) }.map(Price.init(ticks:))
  }

  /// The first tick against a position at which something holds that holds from there on; nil when there is none.
  private func first(against account: AccountIndex, _ instrument: Int, _ holds: (Int64) -> Bool) -> Int64? {
    let isLong = tables[account, instrument].lots > 0
    var (low, high) = (markets[instrument].rules.minimumPrice, markets[instrument].rules.maximumPrice)
    guard tables[account, instrument].lots != 0, holds(isLong ? low : high) else { return nil }
    while low < high {
      let middle = isLong ? low + (high - low + 1) / 2 : low + (high - low) / 2
      if isLong {
        if holds(middle) { low = middle } else { high = middle - 1 }
      } else {
        if holds(middle) { high = middle } else { low = middle + 1 }
      }
    }
    return low
  }

  // MARK: Liquidation

  private mutating func liquidateIfDue(_ account: AccountIndex, _ instrument: Int, _ outbox: inout [ExchangeEvent]) {
    guard isDue(account, instrument) else { return }
    let asset = markets[instrument].rules.settlement
    let isIsolated = tables[account, instrument].mode == .isolated
    let affected = isIsolated ? [instrument] : supported(account, asset)
    // What the account owns beside the margin of an isolated position is not touched by its end.
    let kept = isIsolated ? tables[free: account, asset] : 0
    for i in affected {
      tellLiquidation(.liquidated, account, i, Amount.zero, &outbox)
      cancelAll(account, i, &outbox)
    }
    for i in affected where tables[account, i].lots != 0 { forceOut(account, i, &outbox) }
    let left = affected.filter { tables[account, $0].lots != 0 }
    if let first = left.first, isDue(account, first) {
      // What an isolated position has lost beyond its margin already was paid from the free balance.
      let paid = isIsolated ? kept - tables[free: account, asset] : 0
      let loss = paid - equity(account, first)
      if loss > insurance(asset) { deleverage(account, left.contains(instrument) ? instrument : first, loss, &outbox) }
      // The rest goes to the fund at the price at which nothing is left of the margin (the bankruptcy price).
      for i in left where tables[account, i].lots != 0 { takeOver(account, i, &outbox) }
      let rest = tables[free: account, asset] - kept
      if rest > 0 { forfeit(rest, account, instrument, &outbox) }
    }
    let missing = kept - tables[free: account, asset]
    guard missing > 0, !affected.contains(where: { tables[account, $0].lots != 0 }) else { return }
    moveFree(missing, insuranceFund, account, asset)
    tellLiquidation(.shortfall, account, instrument, Amount(units: missing), &outbox)
  }

  /// What the insurance fund can pay.
  private func insurance(_ asset: AssetIndex) -> Int64 { max(0, tables[free: insuranceFund, asset]) }

  /// Closes a position as far as the book goes, by an order of the exchange that takes no price at which the account's loss
  /// would be more than its margin and the insurance fund pay; the account pays the liquidation fee on what traded to the fund.
  private mutating func forceOut(_ account: AccountIndex, _ instrument: Int, _ outbox: inout [ExchangeEvent]) {
    let rules = markets[instrument].rules
    guard markets[instrument].state == .trading, !pool.isFull else { return }
    let lots = tables[account, instrument].lots
    var entry = OrderEntry(
      account: account, instrument: rules.index, side: lots > 0 ? .sell : .buy, type: .market,
      lifetime: .immediateOrCancel, selfTradePrevention: .none, quantity: Quantity(lots: abs(lots)))
    if account != insuranceFund {
      let paid = insurance(rules.settlement)
      if let unpaid = first(against: account, instrument, { equity(account, instrument, at: $0) + paid < 0 }) {
        entry.type = .limit
        entry.price = Price(ticks: unpaid + entry.side.opposite.sign)
        guard (rules.minimumPrice...rules.maximumPrice).contains(entry.price.ticks) else { return }
      }
    }
    let start = outbox.count
    let slot = accept(entry, &outbox)
    let id = pool[slot].id
    enter(slot, &outbox)
    triggerStops(rules.index, &outbox)
    guard account != insuranceFund, let margin = configuration.instruments[instrument].margin else { return }
    let traded = outbox[start...].reduce(Int64(0)) { $1.id == id && $1.kind == .filled ? $0 + $1.amount.units : $0 }
    let fee = MarginTable.part(traded, margin.liquidationFeeRate)
    if fee > 0 { forfeit(fee, account, instrument, &outbox) }
  }

  /// Moves a position with its cost and margin to the insurance fund.
  private mutating func takeOver(_ account: AccountIndex, _ instrument: Int, _ outbox: inout [ExchangeEvent]) {
    let rules = markets[instrument].rules
    let position = tables[account, instrument]
    let side: Side = position.lots > 0 ? .buy : .sell
    let cost = signedValue(rules, valuationPrice(instrument), position.lots)
    // The account's loss up to the mark is its own; the fund enters at the mark and gets what is left of the margin.
    tables[free: account, rules.settlement] += cost - position.cost + position.isolatedMargin
    tables[account, instrument].realised += cost - position.cost
    tables[account, instrument].lots = 0
    tables[account, instrument].cost = 0
    tables[account, instrument].isolatedMargin = 0
    let fund = tables[insuranceFund, instrument].lots
    if fund == 0 || (fund > 0) == (position.lots > 0) {
      tables[insuranceFund, instrument].lots += position.lots
      tables[insuranceFund, instrument].cost += cost
    } else {
      move(insuranceFund, rules, side, valuationPrice(instrument), abs(position.lots), abs(cost))
    }
    tellLiquidation(.takenOver, account, instrument, Amount(units: abs(cost)), &outbox, position.lots)
  }

  private func forfeit(
    _ units: Int64, _ account: AccountIndex, _ instrument: Int, _ outbox: inout [ExchangeEvent]
  ) {
    moveFree(units, account, insuranceFund, markets[instrument].rules.settlement)
    tellLiquidation(.forfeited, account, instrument, Amount(units: units), &outbox)
  }

  private func moveFree(_ units: Int64, _ from: AccountIndex, _ to: AccountIndex, _ asset: AssetIndex) {
    tables[free: from, asset] -= units
    tables[free: to, asset] += units
  }

  /// Ends every order of an account in an instrument. Liquidations are rare: it looks at every slot.
  mutating func cancelAll(_ account: AccountIndex, _ instrument: Int, _ outbox: inout [ExchangeEvent]) {
    for slot in 0..<pool.slotsUsed where tables[account, instrument].openOrders > 0 {
      guard pool[slot].id != .none, pool[slot].entry.account == account, pool[slot].entry.instrument.i == instrument
      else { continue }
      expire(slot, .liquidation, &outbox)
    }
  }

  private func tellLiquidation(
    _ kind: ExchangeEventKind, _ account: AccountIndex, _ instrument: Int, _ amount: Amount,
    _ outbox: inout [ExchangeEvent], _ lots: Int64? = nil
  ) {
    let held = lots ?? tables[account, instrument].lots
    var event = ExchangeEvent(kind, timeNs: timeNs)
    event.account = account
    event.instrument = markets[instrument].rules.index
    event.asset = markets[instrument].rules.settlement
    event.side = held < 0 ? .sell : .buy
    event.price = Price(ticks: valuationPrice(instrument))
    event.quantity = Quantity(lots: abs(held))
    event.amount = amount
    outbox.append(event)
  }
}
