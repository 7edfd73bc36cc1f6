// What is known about the accounts: balances, positions, and the balance sheet that must always be zero.

public import Market

extension Exchange {
  /// Pays into (negative: out of) an account.
  ///
  /// - Returns: false, and nothing is changed, when the account or asset is unknown, the account does not have that
  ///   much available, or all deposits together no longer fit 64 bits.
  @discardableResult
  public mutating func deposit(_ amount: Amount, of asset: AssetIndex, to account: AccountIndex) -> Bool {
    guard knows(account), (0..<tables.assets).contains(asset.i) else { return false }
    let (sum, overflow) = tables.deposited[asset.i].addingReportingOverflow(amount.units)
    let balance = tables[free: account, asset].addingReportingOverflow(amount.units)
    guard !overflow, !balance.overflow, amount.units >= 0 || -amount.units <= available(account, asset) else {
      return false
    }
    tables.deposited[asset.i] = sum
    tables[free: account, asset] = balance.partialValue
    return true
  }

  public func free(_ account: AccountIndex, _ asset: AssetIndex) -> Amount {
    Amount(units: tables[free: account, asset])
  }

  public func locked(_ account: AccountIndex, _ asset: AssetIndex) -> Amount {
    Amount(units: tables[locked: account, asset])
  }

  public func position(_ account: AccountIndex, _ instrument: InstrumentIndex) -> ExchangePosition {
    tables[account, instrument.i]
  }

  /// Fees less rebates of an asset.
  public func revenue(_ asset: AssetIndex) -> Amount { Amount(units: tables.revenue[asset.i]) }

  /// What is in all accounts, with the market's, the insurance fund and the fees, less what was paid in: zero, always,
  /// in every asset, to the last unit.
  ///
  /// Contracts count at their cost: what one side of a trade is credited with there, the other is debited.
  public func imbalance(_ asset: AssetIndex) -> Int128 {
    var sum = Int128(tables.revenue[asset.i]) - Int128(tables.deposited[asset.i])
    for account in 0..<Int32(tables.accounts) {
      let account = AccountIndex(account)
      sum += Int128(tables[free: account, asset]) + Int128(tables[locked: account, asset])
      for i in 0..<marketCount where !markets[i].rules.isSpot && markets[i].rules.settlement == asset {
        sum += Int128(tables[account, i].isolatedMargin) - Int128(tables[account, i].cost)
      }
    }
    return sum
  }

  /// The contracts of all accounts together: zero, always.
  public func openContracts(_ instrument: InstrumentIndex) -> Int128 {
    (0..<Int32(tables.accounts)).reduce(Int128(0)) {
      $0 + Int128(tables[AccountIndex($1), instrument.i].lots)
    }
  }
}
