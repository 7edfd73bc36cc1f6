// The trading rules of one instrument of the exchange, and the states it can be in.

public import Market

/// What an instrument takes at the moment. Which request passes in which state is our choice, made like a venue's.
public enum InstrumentState: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case trading
  /// Nothing but the expiry of orders whose time came.
  case halted
  /// Cancels only.
  case cancelOnly
  /// Post-only limit orders and cancels: the book fills up without trading.
  case postOnly
}

/// One instrument of the exchange with the rules beyond its definition.
public struct ExchangeInstrument: Sendable {
  /// Its prices, quantities and notionals obey the definition's minima and maxima (filters.md: PRICE_FILTER, LOT_SIZE,
  /// NOTIONAL). The book covers `minimumPrice` to `maximumPrice`, at most 2^30 ticks.
  public var definition: Instrument
  public var base: AssetIndex
  public var quote: AssetIndex
  /// A limit price lies within these parts of 10^-4 of the last price (filters.md: PERCENT_PRICE, with the last price as
  /// its reference, as for `avgPriceMins` 0); nil: no band.
  public var priceBand: ClosedRange<Int64>?
  /// Open orders of one account (filters.md: MAX_NUM_ORDERS); stop orders count.
  public var maximumOpenOrders: Int32
  /// Parts that an iceberg may have, rounded up (filters.md: ICEBERG_PARTS).
  public var maximumIcebergParts: Int64
  public var startState: InstrumentState
  /// Present for perpetuals, absent for spot.
  public var margin: MarginTable?

  public init(
    _ definition: Instrument, base: AssetIndex, quote: AssetIndex, priceBand: ClosedRange<Int64>? = nil,
    maximumOpenOrders: Int32 = 200, maximumIcebergParts: Int64 = 100, startState: InstrumentState = .trading,
    margin: MarginTable? = nil
  ) {
    self.definition = definition
    self.base = base
    self.quote = quote
    self.priceBand = priceBand
    self.maximumOpenOrders = maximumOpenOrders
    self.maximumIcebergParts = maximumIcebergParts
    self.startState = startState
    self.margin = margin
  }

  /// The asset in which profit, margin and fees of a perpetual are counted.
  var settlement: AssetIndex { definition.kind == .inverse ? base : quote }
  var isSpot: Bool { definition.kind == .spot }
}

/// Why an exchange cannot be made.
public enum ExchangeProblem: Error, Equatable {
  case noAccounts
  case noAssets
  case noInstruments
  /// `definition.index` differs from its place in the list.
  case wrongIndex(InstrumentIndex)
  case unknownAsset(InstrumentIndex)
  /// Steps out of proportion, or a largest order whose value 64 bits do not hold.
  case notRepresentable(InstrumentIndex)
  /// Prices or quantities without room, or more than 2^30 ticks of it.
  case badRange(InstrumentIndex)
  /// A perpetual needs a margin table, spot has none.
  case badMargin(InstrumentIndex)
  case badCapacity
  /// Not one trade group for each account, or one below -1.
  case badTradeGroups
}
