// What an exchange is made of; everything that can be wrong with it is said before it runs.

public import Market

/// What fees are paid with.
public enum FeePayment: BitwiseCopyable, Equatable, Sendable {
  /// What the order receives: buyers pay in the base asset, sellers in the quote asset, contracts in their settlement
  /// asset (commission_faq.md).
  case received
  /// A third asset, as BNB on Binance: one whole coin of the quote (contracts: settlement) asset is `unitsPerCoin` units
  /// of it, any discount included. An account without enough of it pays with what it receives (commission_faq.md).
  case other(AssetIndex, unitsPerCoin: Int64)
}

public struct ExchangeConfiguration: Sendable {
  /// Accounts of clients; the exchange adds one for the market and one for its insurance fund.
  public var accounts: Int32
  public var assets: [ShortName]
  public var instruments: [ExchangeInstrument]
  public var fees: FeeSchedule
  public var feePayment: FeePayment
  /// The trade group of each account, -1 for none: self-trade prevention takes accounts of one group for one client
  /// (stp_faq.md, `tradeGroupId`). Empty when no account has one.
  public var tradeGroups: [Int32]
  /// The most orders that are open at once: memory is taken for them at the start.
  public var openOrderCapacity: Int

  public init(
    accounts: Int32, assets: [ShortName], instruments: [ExchangeInstrument], fees: FeeSchedule = .free,
    feePayment: FeePayment = .received, tradeGroups: [Int32] = [], openOrderCapacity: Int = 65_536
  ) {
    self.accounts = accounts
    self.assets = assets
    self.instruments = instruments
    self.fees = fees
    self.feePayment = feePayment
    self.tradeGroups = tradeGroups
    self.openOrderCapacity = openOrderCapacity
  }

  func check() throws(ExchangeProblem) {
    guard accounts > 0, accounts < 1 << 24 else { throw .noAccounts }
    guard !assets.isEmpty else { throw .noAssets }
    guard !instruments.isEmpty else { throw .noInstruments }
    guard (1...(1 << 24)).contains(openOrderCapacity) else { throw .badCapacity }
    guard tradeGroups.isEmpty || tradeGroups.count == accounts, tradeGroups.allSatisfy({ $0 >= -1 }) else {
      throw .badTradeGroups
    }
    for (i, instrument) in instruments.enumerated() {
      let (definition, known) = (instrument.definition, 0..<Int32(assets.count))
      guard Int(definition.index.rawValue) == i else { throw .wrongIndex(definition.index) }
      guard known.contains(instrument.base.rawValue), known.contains(instrument.quote.rawValue),
        instrument.base != instrument.quote
      else { throw .unknownAsset(definition.index) }
      if case .other(let asset, let unitsPerCoin) = feePayment {
        guard known.contains(asset.rawValue), unitsPerCoin > 0 else { throw .unknownAsset(definition.index) }
      }
      guard definition.minimumPrice.ticks > 0, definition.minimumPrice < definition.maximumPrice,
        definition.maximumPrice.ticks - definition.minimumPrice.ticks < 1 << 30,
        definition.minimumQuantity.lots > 0, definition.minimumQuantity <= definition.maximumQuantity
      else { throw .badRange(definition.index) }
      guard (definition.kind == .spot) == (instrument.margin == nil) else { throw .badMargin(definition.index) }
      guard let scale = ContractScale(definition),
        let largest = scale.value(
          (scale.isInverse ? definition.minimumPrice : definition.maximumPrice).ticks, definition.maximumQuantity.lots),
        largest <= Int64.max / 4,
        !definition.maximumQuantity.lots.multipliedReportingOverflow(by: max(1, scale.unitsPerLot)).overflow
      else { throw .notRepresentable(definition.index) }
    }
  }
}
