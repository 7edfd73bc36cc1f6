// Auto-deleveraging: who closes a bankrupt position when the insurance fund cannot take it.

import Market

extension Exchange {
  /// Closes a position against those opposite at its bankruptcy price: the one at which nothing is left of its margin, and
  /// nobody has to pay for it. No fee; the orders of whom it meets are cancelled ("What Is Auto-Deleveraging (ADL) and How
  /// Does It Work", Binance; "What is Auto-Deleveraging", BitMEX).
  ///
  /// The most profitable and most leveraged come first, the market's account last, since it stands for many. The fund takes
  /// over what nobody stands opposite.
  ///
  /// - Parameter loss: what the account has lost beyond its margin at the mark, in units of the settlement asset.
  mutating func deleverage(
    _ account: AccountIndex, _ instrument: Int, _ loss: Int64, _ outbox: inout [ExchangeEvent]
  ) {
    let rules = markets[instrument].rules
    let held = tables[account, instrument].lots
    let mark = signedValue(rules, valuationPrice(instrument), held)
    // A bankruptcy price beyond every price is a gift of the whole position.
    var worth = mark > 0 ? mark + loss : max(0, -mark - loss)
    var lots = abs(held)
    let side: Side = held > 0 ? .sell : .buy
    for opposite in ranking(against: held, instrument) where lots > 0 {
      cancelAll(opposite, instrument, &outbox)
      let part = min(lots, abs(tables[opposite, instrument].lots))
      let value = part == lots ? worth : Int64(Int128(worth) * Int128(part) / Int128(lots))  // Safe: a share of it.
      closeOut(account, rules, side, part, value, &outbox)
      closeOut(opposite, rules, side.opposite, part, value, &outbox)
      lots -= part
      worth -= value
    }
  }

  private mutating func closeOut(
    _ account: AccountIndex, _ rules: MarketRules, _ side: Side, _ lots: Int64, _ value: Int64,
    _ outbox: inout [ExchangeEvent]
  ) {
    move(account, rules, side, valuationPrice(rules.index.i), lots, value)
    var event = ExchangeEvent(.deleveraged, timeNs: timeNs)
    event.account = account
    event.instrument = rules.index
    event.asset = rules.settlement
    event.side = side
    event.price = Price(ticks: valuationPrice(rules.index.i))
    event.quantity = Quantity(lots: lots)
    event.amount = Amount(units: value)
    outbox.append(event)
  }

  /// The accounts with a position opposite to `lots`, first those that give up theirs first; equal ones by their indices.
  /// Who has no equity is left to liquidation.
  private func ranking(against lots: Int64, _ instrument: Int) -> [AccountIndex] {
    func isOpposite(_ account: AccountIndex) -> Bool { (tables[account, instrument].lots > 0) == (lots < 0) }
    var ranked: [(account: AccountIndex, rank: Double)] = []
    for i in 0..<configuration.accounts {
      let account = AccountIndex(i)
      guard tables[account, instrument].lots != 0, isOpposite(account), equity(account, instrument) > 0 else {
        continue
      }
      ranked.append((account, rank(account, instrument)))
    }
    ranked.sort { ($1.rank, $0.account.rawValue) < ($0.rank, $1.account.rawValue) }
    let market = tables[marketAccount, instrument].lots != 0 && isOpposite(marketAccount) ? [marketAccount] : []
    return ranked.map(\.account) + market
  }

  /// Profit as a share of the cost, times the effective leverage; a loss divided by it ("Priority Ranking Calculation",
  /// BitMEX). Effective leverage is the value at the mark over what is left of the margin. An order of accounts, not money.
  private func rank(_ account: AccountIndex, _ instrument: Int) -> Double {
    let position = tables[account, instrument]
    let value = signedValue(markets[instrument].rules, valuationPrice(instrument), position.lots)
    let profit = Double(value - position.cost) / Double(max(1, abs(position.cost)))
    let leverage = Double(max(1, abs(value))) / Double(equity(account, instrument))
    return profit > 0 ? profit * leverage : profit / leverage
  }
}
