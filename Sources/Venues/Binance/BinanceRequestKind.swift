// What the order session asks, and what each of it weighs.

public import Market

/// What a request asks, which is also how its answer is read.
public enum BinanceRequestKind: UInt8, BitwiseCopyable {
  case none
  case time
  case exchangeInfo
  case logOn
  case subscribe
  case account
  case place
  case amend
  case cancel
  case cancelAll
  case queryStatus
  case openOrders
  case trades
}

extension BinanceRequestKind {
  /// A cancel or question of execution.
  @_noLocks
  public init(_ kind: GatewayRequestKind) {
    switch kind {
    case .cancel: self = .cancel
    case .cancelAll: self = .cancelAll
    case .queryStatus: self = .queryStatus
    case .queryBalances: self = .account
    case .queryOpenOrders: self = .openOrders
    case .queryTrades: self = .trades
    }
  }

  /// Request weight (web-socket-api.md, beside each request).
  public var weight: Int64 {
    @_noLocks get {
      switch self {
      case .none, .time, .place, .cancel, .cancelAll: 1
      case .logOn, .subscribe: 2
      case .amend, .queryStatus: 4
      case .openOrders: 6
      case .exchangeInfo, .account, .trades: 20
      }
    }
  }
}
