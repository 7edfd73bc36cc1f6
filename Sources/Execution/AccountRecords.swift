// The records from which an account is rebuilt: each carries what stands after it, so that the last one of a kind wins.

public import Market

/// A fill as execution counted it, and all that it changed (`RecordType.fill`). 176 bytes without padding.
///
/// One record, because a journal may end behind any: either the whole fill is in it or nothing of it.
public struct FillRecord: BitwiseCopyable, Equatable, Sendable {
  /// Of the fee; empty for lots that a status reply told of.
  public let feeAsset: ShortName
  /// The venue's number of the trade; 0 for lots that a status reply told of before their trade reports.
  public let trade: UInt64
  /// `.none` for a fill of the account that no known order made.
  public let clientOrder: ClientOrderIdentifier
  public let venueOrder: UInt64
  public let price: Price
  public let lots: Int64
  /// In units of the quote asset; of contracts of the settlement asset.
  public let value: Int64
  /// In units of `feeAsset`.
  public let fee: Int64
  // The order after it.
  public let cumulativeLots: Int64
  public let cumulativeValue: Int64
  /// Counted by status replies, their trade reports still to come.
  public let inferredLots: Int64
  public let inferredValue: Int64
  // The instrument after it.
  public let position: Position
  // The balances after it, in units of 10^-8 of each asset; of contracts base and quote are the settlement asset.
  public let baseComputed: Int64
  public let quoteComputed: Int64
  public let feeComputed: Int64
  /// All fees paid in `feeAsset`.
  public let feesPaid: Int64
  public let instrument: InstrumentIndex
  public let venue: VenueIndex
  public let account: UInt8
  public let side: Side
  public let isMaker: Bool
  let reserved: UInt16

  /// - Parameters:
  ///   - order: nil for a fill that no known order made.
  ///   - feeRow: the balance that the fee was taken from; nil without a fee, or where the asset is not tracked.
  init(
    _ fill: Fill, trade: UInt64, fee: Int64, feeAsset: ShortName, isMaker: Bool, venueOrder: UInt64, order: Order?,
    state: InstrumentState, base: AssetBalance, quote: AssetBalance, feeRow: AssetBalance?, account: UInt8
  ) {
    self.feeAsset = feeRow == nil ? .empty : feeAsset
    self.trade = trade
    clientOrder = order?.clientOrder ?? .none
    self.venueOrder = venueOrder
    price = fill.price
    lots = fill.lots
    value = fill.value
    self.fee = fee
    cumulativeLots = order?.cumulative.lots ?? 0
    cumulativeValue = order?.cumulativeQuote.units ?? 0
    inferredLots = order?.inferred.lots ?? 0
    inferredValue = order?.inferredQuote.units ?? 0
    position = state.position
    baseComputed = base.computed
    quoteComputed = quote.computed
    feeComputed = feeRow?.computed ?? 0
    feesPaid = feeRow?.fees ?? 0
    instrument = state.definition.index
    venue = state.definition.venue
    self.account = account
    side = fill.side
    self.isMaker = isMaker
    reserved = 0
  }
}

/// An instrument's figures at the beginning of a session day: what a daily loss is counted from.
public struct DailyFigures: BitwiseCopyable, Equatable, Sendable {
  /// Whole days since 1970-01-01 (UTC) in the session's clock; -1 before the first.
  public var day: Int64 = -1
  // In units of the asset that profit is counted in.
  public var realised: Int64 = 0
  public var fees: Int64 = 0
  public var unrealised: Int64 = 0

  public init() {}
}

/// An instrument's position and what it is counted from, when that changed without a fill (`RecordType.position`).
/// 80 bytes without padding.
public struct PositionRecord: BitwiseCopyable, Equatable, Sendable {
  public let position: Position
  public let daily: DailyFigures
  /// Every trade of the account up to this one was compared with the venue's list.
  public let verifiedTrade: UInt64
  public let instrument: InstrumentIndex
  public let venue: VenueIndex
  let reserved8: UInt8
  let reserved32: UInt32

  init(_ state: InstrumentState) {
    position = state.position
    daily = state.daily
    verifiedTrade = state.verifiedTrade
    instrument = state.definition.index
    venue = state.definition.venue
    reserved8 = 0
    reserved32 = 0
  }
}
