// Perpetual contracts: positions, and the margin that new orders need.

public import Market

extension Exchange {
  /// What lots (signed) are worth at a price, with the sign in which costs are kept (see `ExchangePosition.cost`).
  func signedValue(_ rules: MarketRules, _ price: Int64, _ lots: Int64) -> Int64 {
    guard lots != 0, price > 0 else { return 0 }
    // What 64 bits do not hold is beyond every balance: this is a valuation, not a payment.
    let value = rules.scale.value(price, abs(lots)) ?? Int64.max / 4
    return (lots > 0) == (rules.kind == .linear) ? value : -value
  }

  /// Changes a position by one side of a trade worth `value`, and the free balance by what that releases and needs.
  func move(_ account: AccountIndex, _ rules: MarketRules, _ side: Side, _ price: Int64, _ lots: Int64, _ value: Int64)
  {
    let i = rules.index.i
    let change = tables[account, i].trade(side, lots, at: price, worth: value, rules.scale)
    tables[free: account, rules.settlement] += change.profit + change.releasedMargin
    guard change.openedValue > 0, tables[account, i].mode == .isolated,
      let margin = configuration.instruments[i].margin
    else { return }
    // As far as the free balance goes: the order's margin was checked when it was placed.
    let needed = margin.initial(Amount(units: change.openedValue)).units
    let moved = min(needed, max(0, tables[free: account, rules.settlement]))
    tables[free: account, rules.settlement] -= moved
    tables[account, i].isolatedMargin += moved
  }

  // MARK: Margin

  /// What contracts are valued at: the mark price, else the last price, else nothing.
  func valuationPrice(_ instrument: Int) -> Int64 {
    markets[instrument].markPrice > 0 ? markets[instrument].markPrice : markets[instrument].lastPrice
  }

  /// Profit of a position that is not realised, at the valuation price.
  func unrealised(_ account: AccountIndex, _ instrument: Int, at price: Int64? = nil) -> Int64 {
    let position = tables[account, instrument]
    let price = price ?? valuationPrice(instrument)
    guard position.lots != 0, price > 0 else { return 0 }
    return signedValue(markets[instrument].rules, price, position.lots) - position.cost
  }

  /// The margin that a position with its open orders needs from the free balance: of the larger of what it would be with
  /// all buys or with all sells filled (Binance futures: "present notional plus open orders"), less what is set aside.
  private func initialMargin(_ account: AccountIndex, _ instrument: Int, buys: Int64 = 0, sells: Int64 = 0) -> Int64 {
    let position = tables[account, instrument]
    let worst = max(
      abs(position.lots + position.openBuys + buys), abs(position.lots - position.openSells - sells))
    guard worst > 0, let margin = configuration.instruments[instrument].margin else { return 0 }
    let notional = abs(signedValue(markets[instrument].rules, valuationPrice(instrument), worst))
    return max(0, margin.initial(Amount(units: notional)).units - position.isolatedMargin)
  }

  /// What an account may lock, pay out or use as margin: its free balance, with unrealised profit and without initial
  /// margin of the positions that it supports. Never more than the free balance.
  func available(_ account: AccountIndex, _ asset: AssetIndex) -> Int64 {
    let free = tables[free: account, asset]
    var margin: Int64 = 0
    for i in 0..<marketCount where !markets[i].rules.isSpot && markets[i].rules.settlement == asset {
      let position = tables[account, i]
      guard position.lots != 0 || position.openOrders != 0 else { continue }
      margin += initialMargin(account, i)
      if position.mode == .cross { margin -= unrealised(account, i) }
    }
    return min(free, free - margin)
  }

  /// Whether the account's margin supports more lots of an order: one that cannot make the position larger always passes.
  func checkMargin(_ entry: OrderEntry, addedLots: Int64) throws(ExchangeRefusal) {
    let i = entry.instrument.i
    let rules = markets[i].rules
    let (buys, sells) = entry.side == .buy ? (addedLots, 0) : (0, addedLots)
    let position = tables[entry.account, i]
    let worst = max(abs(position.lots + position.openBuys + buys), abs(position.lots - position.openSells - sells))
    guard worst <= rules.maximumLots else { throw .positionLimit }
    guard addedLots > 0 else { return }
    let more = initialMargin(entry.account, i, buys: buys, sells: sells) - initialMargin(entry.account, i)
    guard more > 0 || position.lots == 0 else { return }
    guard valuationPrice(i) > 0 else { throw .marketClosed }
    // What the order loses at once when it trades at its price (Binance futures: "open loss").
    let price = markets[i].reference(entry) ?? valuationPrice(i)
    let signed = addedLots * entry.side.sign
    let loss = signedValue(rules, price, signed) - signedValue(rules, valuationPrice(i), signed)
    guard more + max(0, loss) <= available(entry.account, rules.settlement) else { throw .insufficientBalance }
  }

  /// Chooses how the account's margin is kept for an instrument.
  ///
  /// - Returns: false with an open position or open orders (Binance futures: -4047, -4048), or for spot.
  @discardableResult
  public mutating func setMarginMode(_ mode: MarginMode, _ account: AccountIndex, _ instrument: InstrumentIndex) -> Bool
  {
    guard knows(account), knows(instrument), !markets[instrument.i].rules.isSpot else { return false }
    let i = instrument.i
    guard tables[account, i].lots == 0, tables[account, i].openOrders == 0 else { return false }
    tables[account, i].mode = mode
    return true
  }
}
