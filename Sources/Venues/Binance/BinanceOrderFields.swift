// An order as an answer or a user data event describes it, and the names that its fields may have.

internal import Market

/// An order's status (`status` of answers, `X` of events).
enum BinanceOrderStatus: UInt8, BitwiseCopyable {
  case absent, new, partiallyFilled, filled, canceled, rejected, expired, expiredInMatch, unknown

  init(_ name: JSONText) {
    if name.equals("NEW") || name.equals("PENDING_NEW") {
      self = .new
    } else if name.equals("PARTIALLY_FILLED") {
      self = .partiallyFilled
    } else if name.equals("FILLED") {
      self = .filled
    } else if name.equals("CANCELED") || name.equals("PENDING_CANCEL") {
      self = .canceled
    } else if name.equals("REJECTED") {
      self = .rejected
    } else if name.equals("EXPIRED") {
      self = .expired
    } else if name.equals("EXPIRED_IN_MATCH") {
      self = .expiredInMatch
    } else {
      self = .unknown
    }
  }

  var venueState: VenueOrderState {
    switch self {
    case .new: .new
    case .partiallyFilled: .partiallyFilled
    case .filled: .filled
    case .canceled: .canceled
    case .rejected: .rejected
    case .expired, .expiredInMatch: .expired
    case .absent, .unknown: .none
    }
  }
}

/// What an execution report tells (`x`; user-data-stream.md, "Execution types").
enum BinanceExecution: UInt8, BitwiseCopyable {
  case absent, new, canceled, rejected, trade, expired, replaced, tradePrevention, other

  init(_ name: JSONText) {
    if name.equals("TRADE") {
      self = .trade
    } else if name.equals("NEW") {
      self = .new
    } else if name.equals("CANCELED") {
      self = .canceled
    } else if name.equals("EXPIRED") {
      self = .expired
    } else if name.equals("REJECTED") {
      self = .rejected
    } else if name.equals("REPLACED") {
      self = .replaced
    } else if name.equals("TRADE_PREVENTION") {
      self = .tradePrevention
    } else {
      self = .other
    }
  }
}

/// An order's fields; texts where they stand in the message.
struct BinanceOrderFields: BitwiseCopyable {
  var symbol = JSONText.empty
  var clientOrder = JSONText.empty
  /// The order that a cancel was for: then `clientOrder` names the cancel itself.
  var originalClientOrder = JSONText.empty
  var venueOrder: UInt64 = 0
  var status = BinanceOrderStatus.absent
  var execution = BinanceExecution.absent
  var side = Side.buy
  var isMaker = false
  /// The order's own price and whole quantity.
  var price = JSONText.empty
  var quantity = JSONText.empty
  var executed = JSONText.empty
  /// The quote amount of all fills together.
  var executedQuote = JSONText.empty
  var lastQuantity = JSONText.empty
  var lastPrice = JSONText.empty
  var lastQuote = JSONText.empty
  var commission = JSONText.empty
  var commissionAsset = JSONText.empty
  /// -1 where the event is no trade.
  var trade: Int64 = -1
  var time = BinanceTime.none
  /// Of a prevented trade: what it took off this order, and the other order.
  var prevented = JSONText.empty
  var counterOrder: UInt64 = 0

  /// The order that this is about; `.none` for one that this bot did not place.
  var order: ClientOrderIdentifier {
    BinanceClientOrder.parse((originalClientOrder.count > 0 ? originalClientOrder : clientOrder).bytes)
  }
}
