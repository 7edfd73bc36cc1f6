// One instrument of the exchange: its rules in flat form, its state, its book and its waiting stops.

import Market

/// The rules that the path of an order reads, without a reference in them.
struct MarketRules: BitwiseCopyable {
  let index: InstrumentIndex
  let kind: ContractKind
  let scale: ContractScale
  let base: AssetIndex
  let quote: AssetIndex
  let settlement: AssetIndex
  let minimumPrice: Int64
  let maximumPrice: Int64
  let minimumLots: Int64
  let maximumLots: Int64
  let minimumNotional: Int64
  let maximumNotional: Int64
  let bandLow: Int64
  let bandHigh: Int64
  let maximumOpenOrders: Int32
  let maximumIcebergParts: Int64
  @inline(always) var isSpot: Bool { kind == .spot }
}

struct ExchangeMarket: ~Copyable {
  let rules: MarketRules
  var state: InstrumentState
  /// The price of the last trade; zero before the first.
  var lastPrice: Int64 = 0
  /// What positions are valued at; zero before it is set.
  var markPrice: Int64 = 0
  /// The highest and lowest price that traded since the stops were last looked at.
  var highest: Int64 = 0
  var lowest: Int64 = .max
  var book: RestingBook
  /// Stop orders that wait, by stop price: those that buy are on the side `.sell`, because the lowest comes first.
  var stops: RestingBook
  /// Reduce-only orders in the book.
  var reduceOnlyOrders = 0

  init(_ instrument: ExchangeInstrument, scale: ContractScale) {
    let definition = instrument.definition
    rules = MarketRules(
      index: definition.index, kind: definition.kind, scale: scale, base: instrument.base, quote: instrument.quote,
      settlement: instrument.settlement, minimumPrice: definition.minimumPrice.ticks,
      maximumPrice: definition.maximumPrice.ticks, minimumLots: definition.minimumQuantity.lots,
      maximumLots: definition.maximumQuantity.lots, minimumNotional: definition.minimumNotional.units,
      maximumNotional: definition.maximumNotional.units, bandLow: instrument.priceBand?.lowerBound ?? 0,
      bandHigh: instrument.priceBand?.upperBound ?? .max, maximumOpenOrders: instrument.maximumOpenOrders,
      maximumIcebergParts: instrument.maximumIcebergParts)
    state = instrument.startState
    let range = definition.minimumPrice.ticks...definition.maximumPrice.ticks
    book = RestingBook(range: range)
    stops = RestingBook(range: range)
  }

  /// The value of an order for the notional filter: its limit price, or what a market order would meet.
  func reference(_ entry: borrowing OrderEntry) -> Int64? {
    switch entry.type {
    case .limit, .stopLimit: entry.price.ticks
    case .stop: entry.stopPrice.ticks
    case .market: book.best(entry.side.opposite) ?? (lastPrice > 0 ? lastPrice : nil)
    }
  }
}
