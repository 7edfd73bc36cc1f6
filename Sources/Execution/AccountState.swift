// What the account is by the records of execution: orders, positions, balances, trades. A value; cold.

public import Market
public import Pipeline
public import Risk

/// An order that may still fill, or whose trades are still to come.
public struct AccountOrder: Equatable, Sendable {
  public internal(set) var clientOrder: ClientOrderIdentifier
  /// 0 as long as the venue has not told it.
  public internal(set) var venueOrder: UInt64 = 0
  public internal(set) var instrument: InstrumentIndex
  public internal(set) var side: Side
  public internal(set) var price: Price
  public internal(set) var quantity: Quantity
  public internal(set) var cumulative = Quantity.zero
  /// In units of the asset that profit is counted in.
  public internal(set) var cumulativeValue = Amount.zero
  /// Counted by status replies, their trade reports still to come.
  public internal(set) var inferred = Quantity.zero
  public internal(set) var inferredValue = Amount.zero
  public internal(set) var state = OrderState.pendingNew
}

/// One instrument of the account.
public struct AccountInstrument: Equatable, Sendable {
  public let venue: VenueIndex
  public let symbol: ShortName
  /// What a trade moves; of contracts both are the settlement asset. Profit is counted in the second.
  public let base: ShortName
  public let quote: ShortName
  /// What the lots of the position are.
  public let lot: DecimalStep
  public internal(set) var position = Position()
  public internal(set) var daily = DailyFigures()
  /// Every trade up to this one was compared with the venue's list.
  public internal(set) var verifiedTrade: UInt64 = 0
  /// It was compared with the venue once: the position counts every trade from then on.
  public internal(set) var hasBaseline = false
  /// The trades counted beyond it, ascending: those that the venue will list again.
  public internal(set) var trades: [UInt64] = []
}

/// One asset of the account, in units of 10^-8.
public struct AccountAsset: Equatable, Sendable {
  public let venue: VenueIndex
  public let asset: ShortName
  /// The venue's first word plus every fill and fee since.
  public internal(set) var computed: Int64 = 0
  /// Paid in this asset.
  public internal(set) var fees: Int64 = 0
}

/// The account as the records of an execution stage tell it: the fold of them, last record wins.
///
/// It depends on the records only and not on where the folding was interrupted: `fold` passes over what it has seen, and
/// a state that was encoded and decoded goes on like the one it was. Any bytes can be folded; a record that is none of
/// execution's is passed over.
///
/// Trades: a new session asks the venue for those after `verifiedTrade` and counts each that is not in `trades`. So the
/// list has to hold exactly the trades counted since the last comparison; it is bounded by the fill window, which the
/// running stage lives with as well.
public struct AccountState: Equatable, Sendable, RecordFold {
  /// The number of the execution stage in records.
  public let stage: UInt8
  /// The last record folded: its number and its time in the session's clock.
  public internal(set) var lastSequence: UInt64 = 0
  public internal(set) var timeNs: Int64 = 0
  /// At the places of the session's instrument indices.
  public internal(set) var instruments: [AccountInstrument]
  public internal(set) var assets: [AccountAsset] = []
  /// By client order identifier.
  public internal(set) var orders: [UInt64: AccountOrder] = [:]
  /// What may be traded; nil when nothing was ever changed.
  public internal(set) var tradingState: TradingState?
  /// The last change of each limit, oldest first.
  public internal(set) var limits: [LimitRecord] = []

  /// The account of a session that begins with nothing.
  public init(stage: UInt8, instruments: [Instrument]) {
    self.stage = stage
    self.instruments = instruments.map {
      AccountInstrument(venue: $0.venue, symbol: $0.symbol, base: $0.moved.base, quote: $0.moved.quote, lot: $0.lot)
    }
  }

  /// The account of a session that goes on from this one: the same, in the new session's instruments and numbers.
  ///
  /// - Throws: `AccountError` when the new session leaves out an instrument in which something is open or held, or
  ///   counts it in lots that do not divide what is held.
  public func begin(stage: UInt8, instruments definitions: [Instrument]) throws(AccountError) -> AccountState {
    var next = AccountState(stage: stage, instruments: definitions)
    next.assets = assets
    var places: [Int: InstrumentIndex] = [:]
    for (i, old) in instruments.enumerated() {
      let place = next.instruments.firstIndex { $0.venue == old.venue && $0.symbol == old.symbol }
      guard let place else {
        if old.position.lots != 0 { throw .leftOut(old.symbol.text) }
        continue
      }
      places[i] = InstrumentIndex(UInt16(place))
      guard let lots = old.lot.converted(old.position.lots, to: next.instruments[place].lot) else {
        throw .otherLots(old.symbol.text)
      }
      next.instruments[place].position = old.position
      next.instruments[place].position.lots = lots
      next.instruments[place].daily = old.daily
      next.instruments[place].verifiedTrade = old.verifiedTrade
      next.instruments[place].trades = old.trades
      next.instruments[place].hasBaseline = old.hasBaseline
    }
    next.limits = limits.filter { places[Int($0.instrument.rawValue)] == $0.instrument }
    next.tradingState = tradingState
    if places.contains(where: { $0.key != Int($0.value.rawValue) }) { next.tradingState?.widen() }
    for (key, order) in orders {
      let old = instruments[Int(order.instrument.rawValue)]
      guard let place = places[Int(order.instrument.rawValue)] else { throw .leftOut(old.symbol.text) }
      guard let moved = order.converted(from: old.lot, to: next.instruments[Int(place.rawValue)].lot, place) else {
        throw .otherLots(old.symbol.text)
      }
      next.orders[key] = moved
    }
    return next
  }
}

extension AccountState {
  /// Whether balances at that venue go on from what they were.
  func hasBaseline(_ venue: VenueIndex) -> Bool { instruments.contains { $0.venue == venue && $0.hasBaseline } }
}

/// Why an account cannot be taken over by a session.
public enum AccountError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The bytes are not those of an account, or not whole.
  case damaged
  case unknownVersion(UInt32)
  /// The instrument has a position or open orders and is not among the session's.
  case leftOut(String)
  /// The venue changed the instrument's lot, and what is held is no multiple of the new one.
  case otherLots(String)

  public var description: String {
    switch self {
    case .damaged: "the saved account is damaged"
    case .unknownVersion(let version): "the saved account is of version \(version), which this program does not know"
    case .leftOut(let symbol):
      "\(symbol) has a position or open orders from the last session: keep it among the instruments until it is flat"
    case .otherLots(let symbol): "\(symbol): what is held is no multiple of the instrument's present lot"
    }
  }
}

extension TradingState {
  /// A halt or a reduce-only profile of a part becomes one of everything: its instruments have other numbers now.
  fileprivate mutating func widen() {
    if !halted.isEmpty { halted.isEverything = true }
    if !reducing.isEmpty { reducing.isEverything = true }
  }
}

extension DecimalStep {
  /// So many of these steps in steps of another size; nil when that is no whole number.
  func converted(_ count: Int64, to other: DecimalStep) -> Int64? {
    if self == other { return count }
    var (numerator, denominator) = (Int128(count) * Int128(mantissa), Int128(other.mantissa))
    // Exponents of real steps lie between -18 and 18; beyond, the power leaves 128 bits and there is no answer.
    for _ in 0..<abs(Int(exponent) - Int(other.exponent)) {
      let isCoarser = exponent > other.exponent
      let scaled = (isCoarser ? numerator : denominator).multipliedReportingOverflow(by: 10)
      if scaled.overflow { return nil }
      if isCoarser { numerator = scaled.partialValue } else { denominator = scaled.partialValue }
    }
    let (quotient, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
    return rest == 0 ? Int64(exactly: quotient) : nil
  }
}

extension AccountOrder {
  /// The same order in another definition of its instrument. Its price is of no use there: it is only cancelled.
  func converted(from: DecimalStep, to: DecimalStep, _ place: InstrumentIndex) -> AccountOrder? {
    guard let quantity = from.converted(quantity.lots, to: to),
      let cumulative = from.converted(cumulative.lots, to: to), let inferred = from.converted(inferred.lots, to: to)
    else { return nil }
    var order = self
    order.instrument = place
    order.quantity = Quantity(lots: quantity)
    order.cumulative = Quantity(lots: cumulative)
    order.inferred = Quantity(lots: inferred)
    return order
  }
}
