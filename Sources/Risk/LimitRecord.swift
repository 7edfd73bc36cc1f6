// The journal's record of a limit that was changed while trading.

public import Market

/// A limit in force after a change (`RecordType.limit`); the last record of a limit and instrument holds. 16 bytes
/// without padding.
public struct LimitRecord: BitwiseCopyable, Hashable, Sendable {
  public let limit: CommandLimit
  let reserved: UInt8
  /// Of the limits that are an instrument's; 0 for those of the session.
  public let instrument: InstrumentIndex
  let reserved32: UInt32
  /// In the unit of the limit.
  public let value: Int64

  @_noLocks
  public init(_ limit: CommandLimit, instrument: InstrumentIndex = InstrumentIndex(0), value: Int64) {
    self.limit = limit
    reserved = 0
    self.instrument = limit.isOfInstrument ? instrument : InstrumentIndex(0)
    reserved32 = 0
    self.value = value
  }
}

extension CommandLimit {
  /// Each instrument has its own; the others are the session's.
  @inline(always)
  public var isOfInstrument: Bool {
    switch self {
    case .maximumOrderQuantity, .maximumOrderNotional, .maximumPosition, .maximumOpenOrders, .priceCollarBasisPoints:
      true
    case .none, .ordersPerSecond, .ordersPerTenSeconds, .maximumDailyLoss: false
    }
  }
}
