// What execution asks of a gateway besides new orders: cancels, and questions to the venue.

/// What execution asks of a gateway besides new orders: always allowed by the gate, polled before new orders.
public enum GatewayRequestKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case cancel = 1
  case cancelAll = 2
  case queryStatus = 3
  case queryBalances = 4
  /// Every open order of `instrument`, whoever placed it: `.status` for each, then `.openOrdersListed` or `.listFailed`.
  case queryOpenOrders = 5
  /// A page of the account's trades in `instrument` from `fromTrade` on: `.fill` for each, then `.tradesListed` or
  /// `.listFailed`.
  case queryTrades = 6
}

/// One cancel or query from execution to a gateway. 40 bytes without padding, so that its bytes are determined.
public struct GatewayRequest: BitwiseCopyable, Sendable {
  public var kind: GatewayRequestKind
  public var reserved: UInt8
  public var instrument: InstrumentIndex
  public var reserved2: UInt32
  public var clientOrder: ClientOrderIdentifier
  /// The venue's number of the first trade that is asked for (`queryTrades`); 0 asks for the latest page.
  public var fromTrade: UInt64
  public var cause: UInt64
  public var originTsc: UInt64

  /// Trades in a full answer to `queryTrades`.
  @inline(always) public static var tradesPerPage: Int { 1000 }

  @inline(always)
  public init(
    kind: GatewayRequestKind, instrument: InstrumentIndex, clientOrder: ClientOrderIdentifier, fromTrade: UInt64 = 0,
    cause: UInt64, originTsc: UInt64
  ) {
    self.kind = kind
    self.instrument = instrument
    self.clientOrder = clientOrder
    self.fromTrade = fromTrade
    self.cause = cause
    self.originTsc = originTsc
    reserved = 0
    reserved2 = 0
  }
}
