// Funding: what longs pay to shorts of a perpetual, so that its price stays near the index.

public import Market

extension Exchange {
  /// Pays funding at the mark price: each position pays or receives its value × `rate`; a positive rate is paid by longs.
  ///
  /// Payment = position × mark × rate (Binance futures, "Introduction to Funding Rates"). Payers are rounded up,
  /// receivers down; the remainder goes to the insurance fund. Isolated positions pay from their own margin. Accounts
  /// that can no longer support their positions are liquidated.
  ///
  /// - Parameter rate: parts of 10^-8, within −1...1.
  public mutating func payFunding(
    rate: Int64, of instrument: InstrumentIndex, timeNs: Int64, outbox: inout [ExchangeEvent]
  ) {
    begin(timeNs, &outbox)
    let one = Int128(Amount.unitsPerCoin)
    guard knows(instrument), !markets[instrument.i].rules.isSpot, abs(Int128(rate)) <= one else { return }
    let rules = markets[instrument.i].rules
    let price = valuationPrice(instrument.i)
    guard price > 0, rate != 0 else { return }
    for account in 0..<Int32(tables.accounts) {
      let account = AccountIndex(account)
      let lots = tables[account, instrument.i].lots
      guard lots != 0 else { continue }
      let pays = (lots > 0) == (rate > 0)
      guard let value = rules.scale.value(price, abs(lots), roundedUp: pays) else { continue }
      let product = Int128(value) * abs(Int128(rate))
      let units = Int64(pays ? -((product + one - 1) / one) : product / one)
      if tables[account, instrument.i].mode == .isolated {
        tables[account, instrument.i].isolatedMargin += units
      } else {
        tables[free: account, rules.settlement] += units
      }
      tables[account, instrument.i].funding += units
      tables[free: insuranceFund, rules.settlement] -= units
      tell(units, account, rules, lots, price, &outbox)
    }
    checkLiquidations(instrument, &outbox)
  }

  private func tell(
    _ units: Int64, _ account: AccountIndex, _ rules: MarketRules, _ lots: Int64, _ price: Int64,
    _ outbox: inout [ExchangeEvent]
  ) {
    var event = ExchangeEvent(.funding, timeNs: timeNs)
    event.account = account
    event.instrument = rules.index
    event.asset = rules.settlement
    event.side = lots > 0 ? .buy : .sell
    event.price = Price(ticks: price)
    event.quantity = Quantity(lots: abs(lots))
    event.amount = Amount(units: units)
    outbox.append(event)
  }
}
