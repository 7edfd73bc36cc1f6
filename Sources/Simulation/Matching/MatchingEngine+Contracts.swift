// What contracts add to the engine: margin of orders, marks, funding and forced liquidation.

public import Market

/// Money that a venue moves without a trade.
public struct VenueTransfer: BitwiseCopyable, Equatable, Sendable {
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    case funding
    /// The fee of a liquidation, or what is left of the margin after one, to the insurance fund; or what the fund pays for
    /// a loss beyond the margin.
    case insurance
  }

  public var kind: Kind
  /// Counts from 1.
  public var number: UInt64
  public var instrument: InstrumentIndex
  public var asset: ShortName
  /// To the account; negative: from it.
  public var amount: Amount
  public var timeNs: Int64
}

extension MatchingEngine {
  /// A position in contracts as the venue has it.
  public struct ContractPosition: BitwiseCopyable, Equatable, Sendable {
    public var lots: Int64
    /// What it cost in units of the settlement asset, with the sign of `ExchangePosition.cost`.
    public var cost: Int64
    public var realised: Int64
    public var funding: Int64
    /// In ticks: the mid of the displayed book, rounded down.
    public var mark: Price
    /// What the insurance fund has gained from it; negative: paid.
    public var insured: Int64
  }

  /// - Returns: nil for spot.
  public func position(_ instrument: InstrumentIndex) -> ContractPosition? {
    let i = Int(instrument.rawValue)
    guard let margin, i < instruments.count else { return nil }
    let contract = margin.contracts[i]
    return ContractPosition(
      lots: contract.position.lots, cost: contract.position.cost, realised: contract.position.realised,
      funding: contract.position.funding, mark: Price(ticks: contract.mark), insured: margin.insured[i])
  }

  /// The first tick against the position at which it is liquidated, everything else as it is; nil where no price would
  /// end it.
  public func liquidationPrice(_ instrument: InstrumentIndex) -> Price? {
    let i = Int(instrument.rawValue)
    guard let margin, i < instruments.count else { return nil }
    return margin.liquidationPrice(i, wallet: ledger.free(instruments[i].settlement).units)
  }

  /// Wallets of contracts as an account's owner is told: free is the wallet less the margin in use, which is at most the
  /// wallet. So free and locked are the wallet together.
  var marginBalances: [AssetBalance] {
    guard let margin else { return ledger.balances }
    return ledger.balances.map { balance in
      let used = margin.indices(settledIn: balance.asset).reduce(Int64(0)) {
        $0 + margin.initialMargin($1, openLots($1))
      }
      let locked = min(used, max(0, balance.free.units))
      return AssetBalance(
        asset: balance.asset, free: Amount(units: balance.free.units - locked), locked: Amount(units: locked))
    }
  }

  /// - Returns: the balances that are not as they were told last.
  mutating func takeChangedMargins() -> [AssetBalance] {
    let now = marginBalances
    defer { toldBalances = now }
    return zip(now, toldBalances).filter { $0 != $1 }.map(\.0)
  }

  private func openLots(_ i: Int) -> MarginAccount.OpenLots {
    func lots(_ side: Side) -> Int64 { resting(i, side).reduce(0) { $0 + order($1).remaining.lots } }
    return MarginAccount.OpenLots(buys: lots(.buy), sells: lots(.sell))
  }

  // MARK: Orders

  /// Whether the margin supports a new order: one that cannot make the position larger always passes.
  ///
  /// It needs the initial margin that comes on top, and what it would lose at once at its price (Binance futures: "open
  /// loss"), out of the wallet with unrealised profit and without margin in use; never more than the wallet.
  ///
  /// - Parameter price: its limit, or for a market order the best price of the other side.
  func checkMargin(_ request: PlaceOrder, at price: Price) throws(OrderRefusal) {
    guard let margin else { return }
    let i = Int(request.instrument.rawValue)
    let contract = margin.contracts[i]
    guard contract.mark > 0 else { throw .marketClosed }
    var open = openLots(i)
    let now = margin.initialMargin(i, open)
    if request.side == .buy { open.buys += request.quantity.lots } else { open.sells += request.quantity.lots }
    let more = margin.initialMargin(i, open) - now
    guard more > 0 || contract.position.lots == 0 else { return }
    let signed = request.quantity.lots * request.side.sign
    let loss = contract.signedValue(price.ticks, signed) - contract.signedValue(contract.mark, signed)
    let asset = contract.instrument.settlement
    let wallet = ledger.free(asset).units
    let supported = margin.indices(settledIn: asset)
    let spare = supported.reduce(wallet) { $0 + margin.unrealised($1) - margin.initialMargin($1, openLots($1)) }
    guard more + max(0, loss) <= min(wallet, spare) else { throw .insufficientBalance }
  }

  /// Books a trade in a contract: the position, and what it realises.
  mutating func settleContract(_ i: Int, _ side: Side, _ price: Price, _ quantity: Quantity, worth: Amount) {
    guard let profit = margin?.trade(i, side, price, quantity, worth: worth.units) else { return }
    ledger.credit(instruments[i].settlement, Amount(units: profit))
  }

  // MARK: Time and marks

  /// Pays what was due between the last input and this one, at the marks of the last one.
  mutating func payFunding(until timeNs: Int64, outbox: inout [VenueEvent]) {
    defer { fundedUntilNs = timeNs }
    guard let lastNs = fundedUntilNs, margin != nil else { return }
    // Several at once where nothing happened for long: each on its own, as it would have been.
    for i in instruments.indices {
      switch margin?.contracts[i].terms.funding {
      case .constant(let rate, let intervalNs)?:
        for _ in lastNs / intervalNs..<max(lastNs, timeNs) / intervalNs { fund(i, rate, timeNs, &outbox) }
      case .recorded?:
        while let rate = margin?.takeFundingRate(i, after: lastNs, upTo: timeNs) { fund(i, rate, timeNs, &outbox) }
      case nil: continue
      }
    }
    liquidateWhereDue(timeNs: timeNs, outbox: &outbox)
  }

  private mutating func fund(_ i: Int, _ rate: Int64, _ timeNs: Int64, _ outbox: inout [VenueEvent]) {
    guard let units = margin?.fund(i, rate: rate), units != 0 else { return }
    transfer(.funding, units, i, timeNs, &outbox)
  }

  /// Values the contracts at the displayed book, and liquidates what its margin no longer supports.
  mutating func markContracts(timeNs: Int64, outbox: inout [VenueEvent]) {
    guard margin != nil else { return }
    for i in instruments.indices {
      guard let bid = markets[i].fused.bestBid?.price.ticks, let ask = markets[i].fused.bestAsk?.price.ticks else {
        continue
      }
      margin?.mark(i, (bid + ask) / 2)
    }
    liquidateWhereDue(timeNs: timeNs, outbox: &outbox)
  }

  private mutating func liquidateWhereDue(timeNs: Int64, outbox: inout [VenueEvent]) {
    for balance in ledger.balances {
      guard let margin, margin.isDue(balance.asset, wallet: balance.free.units) else { continue }
      liquidate(balance.asset, timeNs: timeNs, outbox: &outbox)
    }
  }

  // MARK: Liquidation

  /// Ends the account's positions in an asset, as Binance's "Liquidation Protocols" do: open orders are cancelled, then a
  /// market order of the venue closes what the displayed book takes, with a liquidation fee to the insurance fund. What
  /// is left and still not supported goes to the fund at the mark with the rest of the wallet (Binance: at the bankruptcy
  /// price, which moves the same money). What the account lost beyond its wallet, the fund pays.
  private mutating func liquidate(_ asset: ShortName, timeNs: Int64, outbox: inout [VenueEvent]) {
    guard let affected = margin?.indices(settledIn: asset).filter({ margin?.contracts[$0].position.lots != 0 }),
      let first = affected.first
    else { return }
    for i in affected {
      for open in openOrders(instruments[i].index) {
        close(open.id, .expired, timeNs: timeNs)
        outbox.append(.expired(order(open.id), .liquidation))
      }
    }
    for i in affected { forceOut(i, timeNs: timeNs, outbox: &outbox) }
    if margin?.isDue(asset, wallet: ledger.free(asset).units) == true {
      for i in affected { takeOver(i, timeNs: timeNs, outbox: &outbox) }
      let rest = ledger.free(asset).units
      if rest > 0 { transfer(.insurance, -rest, first, timeNs, &outbox) }
    }
    let isFlat = affected.allSatisfy { margin?.contracts[$0].position.lots == 0 }
    let missing = -ledger.free(asset).units
    if isFlat, missing > 0 { transfer(.insurance, missing, first, timeNs, &outbox) }
  }

  /// A market order of the venue against the position, as far as the displayed book goes.
  private mutating func forceOut(_ i: Int, timeNs: Int64, outbox: inout [VenueEvent]) {
    guard let lots = margin?.contracts[i].position.lots, lots != 0 else { return }
    let side: Side = lots > 0 ? .sell : .buy
    let id = enterLiquidation(i, side, abs(lots), timeNs, &outbox)
    var traded: Int64 = 0
    for level in markets[i].fused.levels(side.opposite).reversed() {
      let quantity = Quantity(lots: min(level.available.lots, order(id).remaining.lots))
      guard quantity > .zero else { continue }
      markets[i].take(side.opposite, level.price, quantity)
      let source = FillSource.level(price: level.price, updateId: level.updateId)
      fill(id, quantity, at: level.price, isMaker: false, source: source, timeNs: timeNs, outbox: &outbox)
      traded += fills[fills.count - 1].notional.units
    }
    if order(id).status.isOpen {
      close(id, .expired, timeNs: timeNs)
      outbox.append(.expired(order(id), .noLiquidity))
    }
    let fee = MarginTable.part(traded, margin?.contracts[i].terms.margin.liquidationFeeRate ?? 0)
    if fee > 0 { transfer(.insurance, -fee, i, timeNs, &outbox) }
  }

  /// The insurance fund takes what is left of a position, at the mark and without a fee.
  private mutating func takeOver(_ i: Int, timeNs: Int64, outbox: inout [VenueEvent]) {
    guard let contract = margin?.contracts[i], contract.position.lots != 0 else { return }
    let (lots, side): (Int64, Side) = (abs(contract.position.lots), contract.position.lots > 0 ? .sell : .buy)
    let id = enterLiquidation(i, side, lots, timeNs, &outbox)
    fill(
      id, Quantity(lots: lots), at: Price(ticks: contract.mark), isMaker: false, source: .insuranceFund, timeNs: timeNs,
      outbox: &outbox)
  }

  private mutating func enterLiquidation(
    _ i: Int, _ side: Side, _ lots: Int64, _ timeNs: Int64, _ outbox: inout [VenueEvent]
  ) -> UInt64 {
    let id = UInt64(orders.count) + 1
    let request = PlaceOrder(
      instrument: instruments[i].index, side: side, type: .market, timeInForce: .immediateOrCancel,
      quantity: Quantity(lots: lots))
    orders.append(VenueOrder(id: id, request: request, createdNs: timeNs, updatedNs: timeNs))
    outbox.append(.liquidating(order(id)))
    return id
  }

  private mutating func transfer(
    _ kind: VenueTransfer.Kind, _ units: Int64, _ i: Int, _ timeNs: Int64, _ outbox: inout [VenueEvent]
  ) {
    ledger.credit(instruments[i].settlement, Amount(units: units))
    if kind == .insurance { margin?.insure(i, -units) }
    transfers += 1
    outbox.append(
      .transferred(
        VenueTransfer(
          kind: kind, number: transfers, instrument: instruments[i].index, asset: instruments[i].settlement,
          amount: Amount(units: units), timeNs: timeNs)))
  }
}
