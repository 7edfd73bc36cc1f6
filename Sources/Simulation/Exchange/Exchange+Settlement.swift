// Money: what an order locks, and what a fill moves.

import Market

extension Exchange {
  /// The asset that a spot order pays with.
  @inline(always)
  func paidAsset(_ entry: borrowing OrderEntry) -> AssetIndex {
    let rules = markets[entry.instrument.i].rules
    return entry.side == .buy ? rules.quote : rules.base
  }

  /// What `lots` of an order lock: sells their base asset, limit buys their value rounded up, buys at any price nothing
  /// (each of their fills pays from the free balance). Contracts lock nothing: their margin is checked instead.
  @inline(always)
  func reserve(_ entry: borrowing OrderEntry, _ lots: Int64) -> Int64? {
    let rules = markets[entry.instrument.i].rules
    guard rules.isSpot, lots > 0 else { return 0 }
    if entry.side == .sell {
      let (units, overflow) = lots.multipliedReportingOverflow(by: rules.scale.unitsPerLot)
      return overflow ? nil : units
    }
    return entry.type.hasLimit ? rules.scale.value(entry.price.ticks, lots, roundedUp: true) : 0
  }

  /// Whether the account can pay for a new order.
  func checkFunds(_ entry: OrderEntry) throws(ExchangeRefusal) {
    let rules = markets[entry.instrument.i].rules
    guard rules.isSpot else { return try checkMargin(entry, addedLots: entry.quantity.lots) }
    guard let needed = reserve(entry, entry.quantity.lots), needed <= available(entry.account, paidAsset(entry)) else {
      throw .insufficientBalance
    }
  }

  /// The same for the new terms of an order in the book.
  func checkAmendedFunds(_ slot: Int32, _ entry: OrderEntry, remaining: Int64) throws(ExchangeRefusal) {
    guard markets[entry.instrument.i].rules.isSpot else {
      return try checkMargin(entry, addedLots: remaining - pool[slot].remaining)
    }
    guard let needed = reserve(entry, remaining),
      needed - pool[slot].locked <= available(entry.account, paidAsset(entry))
    else { throw .insufficientBalance }
  }

  /// Locks what `lots` of an order need, and frees or takes the difference.
  @inline(always)
  mutating func relock(_ slot: Int32, _ lots: Int64) {
    guard markets[pool[slot].entry.instrument.i].rules.isSpot else { return }
    guard let units = reserve(pool[slot].entry, lots) else { preconditionFailure("checked before it was accepted") }
    let (account, asset) = (pool[slot].entry.account, paidAsset(pool[slot].entry))
    let more = units &- pool[slot].locked
    tables[locked: account, asset] += more
    tables[free: account, asset] -= more
    pool[slot].locked = units
  }

  /// How many of `lots` an order can pay for: only spot purchases at any price are ever short.
  @inline(always)
  func affordable(_ slot: Int32, _ price: Int64, _ lots: Int64) -> Int64 {
    let entry = pool[slot].entry
    guard !entry.type.hasLimit, entry.side == .buy, entry.account != marketAccount else { return lots }
    let rules = markets[entry.instrument.i].rules
    guard rules.isSpot else { return lots }
    return min(lots, rules.scale.affordable(price, units: available(entry.account, rules.quote)))
  }

  /// What lots of a trade are worth, rounded down.
  @inline(always)
  func worth(_ instrument: InstrumentIndex, _ price: Int64, _ lots: Int64) -> Int64 {
    guard let value = markets[instrument.i].rules.scale.value(price, lots) else {
      preconditionFailure("the largest order's value was checked with the configuration")
    }
    return value
  }

  /// One side of lots that change hands for `value`: exchanges assets or changes the position, and frees what the order had
  /// locked for them. The caller takes them off `remaining`.
  ///
  /// - Returns: what a fee of the account would be taken from.
  @inline(always)
  @discardableResult
  mutating func exchange(
    _ slot: Int32, _ price: Int64, _ lots: Int64, _ value: Int64
  ) -> (asset: AssetIndex, units: Int64) {
    let entry = pool[slot].entry
    let rules = markets[entry.instrument.i].rules
    let isMarket = entry.account == marketAccount
    if !isMarket { count(entry, orders: 0, lots: -lots) }
    guard rules.isSpot else {
      move(entry.account, rules, entry.side, price, lots, value)
      return (rules.settlement, value)
    }
    let (base, quote) = (
      (asset: rules.base, units: lots &* rules.scale.unitsPerLot), (asset: rules.quote, units: value)
    )
    let (paid, received) = entry.side == .buy ? (quote, base) : (base, quote)
    if !isMarket { relock(slot, pool[slot].remaining &- lots) }
    tables[free: entry.account, paid.asset] -= paid.units
    tables[free: entry.account, received.asset] += received.units
    return received
  }

  /// One side of a trade worth `value`: exchanges, charges the fee, tells.
  @inline(always)
  mutating func settle(
    _ slot: Int32, _ price: Int64, _ lots: Int64, _ value: Int64, isMaker: Bool, _ outbox: inout [ExchangeEvent]
  ) {
    let entry = pool[slot].entry
    let received = exchange(slot, price, lots, value)
    var fee: (asset: AssetIndex, units: Int64) = (received.asset, 0)
    if !isFree, entry.account != marketAccount {
      let rules = markets[entry.instrument.i].rules
      fee = charge(entry.account, rules, received, value, lots, price, isMaker: isMaker)
    }
    tell(.filled, slot, &outbox) {
      $0.price = Price(ticks: price)
      $0.quantity = Quantity(lots: lots)
      $0.remaining.lots &-= lots
      $0.isMaker = isMaker
      $0.trade = trades
      $0.amount = Amount(units: value)
      $0.asset = fee.asset
      $0.fee = Amount(units: fee.units)
    }
  }

  /// Charges the commission of a fill and counts its volume. The insurance fund pays none.
  private func charge(
    _ account: AccountIndex, _ rules: MarketRules, _ received: (asset: AssetIndex, units: Int64), _ value: Int64,
    _ lots: Int64, _ price: Int64, isMaker: Bool
  ) -> (asset: AssetIndex, units: Int64) {
    guard account != insuranceFund else { return (received.asset, 0) }
    let schedule = configuration.fees
    let tier = schedule.tier(volume: Amount(units: volumes.trailing(account.i, timeNs: timeNs)))
    let rate = isMaker ? tier.maker : tier.taker
    let perLot = (isMaker ? schedule.makerPerLot : schedule.takerPerLot) &* lots
    volumes.add(account.i, value, timeNs: timeNs)
    var fee = (asset: received.asset, units: Commission.units(received.units, rate: rate) &+ perLot)
    if case .other(let asset, let unitsPerCoin) = configuration.feePayment, rate > 0,
      let units = Commission.units(value, rate: rate, unitsPerCoin: unitsPerCoin),
      units <= available(account, asset)
    {
      fee = (asset, units &+ perLot)
    }
    // A fee by contract may be more than a spot fill brings: it never takes more than that.
    if rules.isSpot, fee.asset == received.asset { fee.units = min(fee.units, received.units) }
    tables[free: account, fee.asset] -= fee.units
    tables.revenue[fee.asset.i] += fee.units
    return fee
  }
}
