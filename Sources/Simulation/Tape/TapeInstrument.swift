// What a tape is of: as much of an instrument as its rows need to mean something.

public import Market

/// The contract whose prices and quantities a tape counts in ticks and lots.
public struct TapeInstrument: BitwiseCopyable, Hashable, Sendable {
  /// The venue's own name, upper case.
  public var symbol: ShortName
  public var kind: ContractKind
  public var tick: DecimalStep
  public var lot: DecimalStep
  /// Worth of one contract: in the quote asset for inverse contracts, in the base asset for linear ones; 1 for spot.
  public var multiplier: Int64

  public init(symbol: ShortName, kind: ContractKind, tick: DecimalStep, lot: DecimalStep, multiplier: Int64 = 1) {
    self.symbol = symbol
    self.kind = kind
    self.tick = tick
    self.lot = lot
    self.multiplier = multiplier
  }

  public init(_ instrument: Instrument) {
    self.init(
      symbol: instrument.symbol, kind: instrument.kind, tick: instrument.tick, lot: instrument.lot,
      multiplier: instrument.multiplier)
  }
}

extension TapeInstrument: CustomStringConvertible {
  public var description: String {
    "\(symbol.text) (\(kind), tick \(tick.mantissa)e\(tick.exponent), lot \(lot.mantissa)e\(lot.exponent), "
      + "multiplier \(multiplier))"
  }
}

/// What is known of a tape without reading its rows.
public struct TapeSummary: Equatable, Sendable {
  public internal(set) var rowCount: Int64 = 0
  public internal(set) var firstLocalTimeNs: Int64 = 0
  public internal(set) var lastLocalTimeNs: Int64 = 0
  /// The extremes of the exchange times, which need not be in order.
  public internal(set) var earliestExchangeTimeNs: Int64 = 0
  public internal(set) var latestExchangeTimeNs: Int64 = 0
  /// The extremes of local minus exchange time: what a reader in exchange order must look ahead.
  public internal(set) var leastLatencyNs: Int64 = 0
  public internal(set) var greatestLatencyNs: Int64 = 0
  /// The extremes of the prices in ticks: what a book must have room for.
  public internal(set) var lowestPriceTicks: Int64 = 0
  public internal(set) var highestPriceTicks: Int64 = 0

  public init() {}

  /// Takes a row into account; local times do not decrease.
  mutating func note(_ row: TapeRow) {
    // Times are checked to be positive, so that the difference cannot overflow.
    let latencyNs = row.localTimeNs - row.exchangeTimeNs
    if rowCount == 0 {
      firstLocalTimeNs = row.localTimeNs
      (earliestExchangeTimeNs, latestExchangeTimeNs) = (row.exchangeTimeNs, row.exchangeTimeNs)
      (leastLatencyNs, greatestLatencyNs) = (latencyNs, latencyNs)
      (lowestPriceTicks, highestPriceTicks) = (row.price.ticks, row.price.ticks)
    }
    rowCount += 1
    lastLocalTimeNs = row.localTimeNs
    earliestExchangeTimeNs = min(earliestExchangeTimeNs, row.exchangeTimeNs)
    latestExchangeTimeNs = max(latestExchangeTimeNs, row.exchangeTimeNs)
    leastLatencyNs = min(leastLatencyNs, latencyNs)
    greatestLatencyNs = max(greatestLatencyNs, latencyNs)
    lowestPriceTicks = min(lowestPriceTicks, row.price.ticks)
    highestPriceTicks = max(highestPriceTicks, row.price.ticks)
  }
}
