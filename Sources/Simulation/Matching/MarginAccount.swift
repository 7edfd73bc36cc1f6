// The positions of the venue's one account in contracts, and the margin that they and its orders need: cross, one way.

import Market

/// Positions over the wallets of a `Ledger`. A value; money is in units of the settlement asset of each contract.
///
/// The rules are those of `Exchange` for an account in cross mode (docs/exchange.md): every position of a settlement asset
/// is supported by that asset's whole wallet.
struct MarginAccount: Sendable {
  struct Contract: Sendable {
    let instrument: Instrument
    let scale: ContractScale
    let terms: ContractTerms
    /// Lots, cost and what was realised; the counts of open orders are the engine's own.
    var position = ExchangePosition()
    /// What it is valued at, in ticks; zero before there is a book.
    var mark: Int64 = 0
    /// The first payment of a recorded series that has not been looked at.
    var nextFunding = 0
  }

  private(set) var contracts: [Contract]
  /// What the insurance fund has gained from the account (negative: paid for it), by contract.
  private(set) var insured: [Int64]

  /// - Returns: nil when an instrument is spot or has no terms, or its money is finer than 128 bits hold.
  init?(_ instruments: [Instrument], terms: [ContractTerms]) {
    guard instruments.count == terms.count else { return nil }
    contracts = []
    for (instrument, terms) in zip(instruments, terms) {
      guard instrument.kind != .spot, let scale = ContractScale(instrument) else { return nil }
      contracts.append(Contract(instrument: instrument, scale: scale, terms: terms))
    }
    insured = instruments.map { _ in 0 }
  }

  /// Lots of the account's open orders of one contract.
  struct OpenLots {
    var buys: Int64 = 0
    var sells: Int64 = 0
  }

  // MARK: Valuation

  /// Profit that is not realised, at the mark or at a price in its place.
  func unrealised(_ i: Int, at ticks: Int64? = nil) -> Int64 {
    let contract = contracts[i]
    guard contract.position.lots != 0 else { return 0 }
    return contract.signedValue(ticks ?? contract.mark, contract.position.lots) - contract.position.cost
  }

  /// Initial margin of the larger of the positions with all buys or with all sells filled, at the mark (Binance futures:
  /// "present notional plus open orders").
  func initialMargin(_ i: Int, _ open: OpenLots) -> Int64 {
    let contract = contracts[i]
    let worst = max(abs(contract.position.lots + open.buys), abs(contract.position.lots - open.sells))
    guard worst > 0 else { return 0 }
    return contract.terms.margin.initial(Amount(units: abs(contract.signedValue(contract.mark, worst)))).units
  }

  /// Whether margin is below maintenance margin (Binance futures, "Liquidation Protocols").
  ///
  /// - Parameters:
  ///   - wallet: of the settlement asset.
  ///   - price: of contract `i`, in the place of its mark.
  func isDue(_ asset: ShortName, wallet: Int64, at price: (i: Int, ticks: Int64)? = nil) -> Bool {
    var (equity, needed, isOpen) = (wallet, Int64(0), false)
    for i in indices(settledIn: asset) where contracts[i].position.lots != 0 {
      isOpen = true
      let ticks = price?.i == i ? price?.ticks ?? 0 : contracts[i].mark
      equity += unrealised(i, at: ticks)
      let value = abs(contracts[i].signedValue(ticks, contracts[i].position.lots))
      needed += contracts[i].terms.margin.maintenance(Amount(units: value)).units
    }
    return isOpen && equity < needed
  }

  func indices(settledIn asset: ShortName) -> [Int] {
    contracts.indices.filter { contracts[$0].instrument.settlement == asset }
  }

  /// The first tick against the position at which it is liquidated, everything else as it is; nil when there is none.
  /// Found by bisection on the rule itself, so that it is exact whatever the tiers and roundings.
  func liquidationPrice(_ i: Int, wallet: Int64) -> Price? {
    let contract = contracts[i]
    let isLong = contract.position.lots > 0
    func isDue(_ ticks: Int64) -> Bool {
      self.isDue(contract.instrument.settlement, wallet: wallet, at: (i, ticks))
    }
    var (low, high) = (contract.instrument.minimumPrice.ticks, contract.instrument.maximumPrice.ticks)
    guard contract.position.lots != 0, isDue(isLong ? low : high) else { return nil }
    while low < high {
      let middle = isLong ? high - (high - low) / 2 : low + (high - low) / 2
      switch (isLong, isDue(middle)) {
      case (true, true): low = middle
      case (true, false): high = middle - 1
      case (false, true): high = middle
      case (false, false): low = middle + 1
      }
    }
    return Price(ticks: low)
  }

  // MARK: Changes

  mutating func mark(_ i: Int, _ ticks: Int64) { contracts[i].mark = ticks }

  /// One side of a trade.
  ///
  /// - Parameter value: of all its lots at its price, rounded down.
  /// - Returns: the profit that it realises, for the wallet.
  mutating func trade(_ i: Int, _ side: Side, _ price: Price, _ quantity: Quantity, worth value: Int64) -> Int64 {
    contracts[i].position.trade(side, quantity.lots, at: price.ticks, worth: value, contracts[i].scale).profit
  }

  /// The rate of the next recorded payment between two times; nil when there is none, or no series.
  mutating func takeFundingRate(_ i: Int, after lastNs: Int64, upTo timeNs: Int64) -> Int64? {
    guard case .recorded(let series)? = contracts[i].terms.funding else { return nil }
    while contracts[i].nextFunding < series.payments.count {
      let payment = series.payments[contracts[i].nextFunding]
      guard payment.timeNs <= timeNs else { return nil }
      contracts[i].nextFunding += 1
      if payment.timeNs > lastNs { return payment.rate }
    }
    return nil
  }

  /// What the position receives at a funding time (negative: pays), at the mark; 0 without a position or a mark.
  ///
  /// Payment = position × mark × rate (Binance futures, "Introduction to Funding Rates"). A payer is rounded up, a receiver
  /// down, as in `Exchange`.
  mutating func fund(_ i: Int, rate: Int64) -> Int64 {
    let (contract, one) = (contracts[i], Int128(Amount.unitsPerCoin))
    let lots = contract.position.lots
    guard lots != 0, rate != 0, contract.mark > 0 else { return 0 }
    let pays = (lots > 0) == (rate > 0)
    guard let value = contract.scale.value(contract.mark, abs(lots), roundedUp: pays) else { return 0 }
    let product = Int128(value) * abs(Int128(rate))
    let units = Int64(pays ? -((product + one - 1) / one) : product / one)
    contracts[i].position.funding += units
    return units
  }

  /// Counts what the insurance fund takes from the account because of a contract (negative: gives).
  mutating func insure(_ i: Int, _ units: Int64) { insured[i] += units }
}

extension MarginAccount.Contract {
  /// What lots (signed) are worth at a price, with the sign in which costs are kept (`ExchangePosition.cost`).
  func signedValue(_ ticks: Int64, _ lots: Int64) -> Int64 {
    guard lots != 0, ticks > 0 else { return 0 }
    // What 64 bits do not hold is beyond every wallet: this is a valuation, not a payment.
    let value = scale.value(ticks, abs(lots)) ?? Int64.max / 4
    return (lots > 0) != scale.isInverse ? value : -value
  }
}
