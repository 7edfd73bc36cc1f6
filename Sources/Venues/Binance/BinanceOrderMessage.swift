// Messages of Binance's WebSocket API, answers and user data events alike: one pass, whatever the order of the fields.
//
// Formats: binance-spot-api-docs, web-socket-api.md ("Response format", "Trading requests", "Account requests") and
// user-data-stream.md (executionReport, outboundAccountPosition).

internal import Market

/// The name of a user data event.
enum BinanceEventName: UInt8, BitwiseCopyable {
  case absent, executionReport, accountPosition, streamTerminated, serverShutdown, unknown
}

/// An order's status (`status` of answers, `X` of events).
enum BinanceOrderStatus: UInt8, BitwiseCopyable {
  case absent, new, partiallyFilled, filled, canceled, rejected, expired, expiredInMatch, unknown

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

/// What an execution report tells (`x`).
enum BinanceExecution: UInt8, BitwiseCopyable { case absent, new, canceled, rejected, trade, expired, other }

/// An order as an answer or an event describes it; texts where they stand in the message.
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
  var timeMs: Int64 = 0

  /// The order that this is about.
  var order: ClientOrderIdentifier {
    BinanceClientOrder.parse((originalClientOrder.count > 0 ? originalClientOrder : clientOrder).bytes)
  }
}

/// One message of the order session.
struct BinanceOrderMessage: BitwiseCopyable {
  /// -1 in events and in answers to nobody.
  var identifier: Int64 = -1
  var status: Int64 = 0
  var errorCode: Int64 = 0
  var errorText = JSONText.empty
  var event = BinanceEventName.absent
  var serverTimeMs: Int64 = 0
  var order = BinanceOrderFields()
  /// Scanners standing before arrays: fills, balances, orders cancelled together.
  var fills: JSONScanner?
  var balances: JSONScanner?
  var orders: JSONScanner?

  /// Decodes a message; an error means that nothing of it may be used.
  mutating func decode(_ text: UnsafeRawBufferPointer) -> JSONError {
    var scanner = JSONScanner(text)
    scanner.beginObject()
    while let key = scanner.nextKey() {
      if key.equals("id") {
        identifier = scanner.peek() == UInt8(ascii: "n") || scanner.peek() == UInt8(ascii: "\"") ? -1 : 0
        if identifier < 0 { scanner.skipValue() } else { identifier = scanner.integer() }
      } else if key.equals("status") {
        status = scanner.integer()
      } else if key.equals("result") {
        readResult(&scanner)
      } else if key.equals("error") {
        readError(&scanner)
      } else if key.equals("event"), scanner.peek() == UInt8(ascii: "{") {
        readEvent(&scanner)
      } else if key.equals("e") {
        event = eventName(scanner.string())
      } else {
        scanner.skipValue()
      }
    }
    scanner.finish()
    return scanner.error
  }

  private mutating func readResult(_ scanner: inout JSONScanner) {
    switch scanner.peek() {
    case UInt8(ascii: "{"): readOrder(&scanner)
    case UInt8(ascii: "["):
      orders = scanner
      scanner.skipValue()
    default: scanner.skipValue()
    }
  }

  private mutating func readError(_ scanner: inout JSONScanner) {
    scanner.beginObject()
    while let key = scanner.nextKey() {
      if key.equals("code") {
        errorCode = scanner.integer()
      } else if key.equals("msg") {
        errorText = scanner.string()
      } else {
        scanner.skipValue()
      }
    }
  }

  /// An answer's result: an order, an account, or the server's time.
  mutating func readOrder(_ scanner: inout JSONScanner) {
    scanner.beginObject()
    while let key = scanner.nextKey() {
      if key.equals("symbol") {
        order.symbol = scanner.string()
      } else if key.equals("clientOrderId") {
        order.clientOrder = scanner.string()
      } else if key.equals("origClientOrderId") {
        order.originalClientOrder = scanner.string()
      } else if key.equals("orderId") {
        order.venueOrder = scanner.unsigned()
      } else if key.equals("status") {
        order.status = orderStatus(scanner.string())
      } else if key.equals("side") {
        order.side = scanner.string().equals("SELL") ? .sell : .buy
      } else if key.equals("executedQty") {
        order.executed = scanner.string()
      } else if key.equals("cummulativeQuoteQty") {
        order.executedQuote = scanner.string()
      } else if key.equals("transactTime") || key.equals("updateTime") {
        order.timeMs = scanner.integer()
      } else if key.equals("serverTime") {
        serverTimeMs = scanner.integer()
      } else {
        readArray(key, &scanner)
      }
    }
  }

  private mutating func readArray(_ key: JSONText, _ scanner: inout JSONScanner) {
    if scanner.peek() == UInt8(ascii: "[") {
      if key.equals("fills") { fills = scanner }
      if key.equals("balances") { balances = scanner }
    }
    scanner.skipValue()
  }

  /// A user data event: fields of one letter.
  private mutating func readEvent(_ scanner: inout JSONScanner) {
    scanner.beginObject()
    while let key = scanner.nextKey() {
      guard key.count == 1 else {
        scanner.skipValue()
        continue
      }
      switch key[0] {
      case UInt8(ascii: "e"): event = eventName(scanner.string())
      case UInt8(ascii: "s"): order.symbol = scanner.string()
      case UInt8(ascii: "c"): order.clientOrder = scanner.string()
      case UInt8(ascii: "C"): order.originalClientOrder = scanner.string()
      case UInt8(ascii: "S"): order.side = scanner.string().equals("SELL") ? .sell : .buy
      case UInt8(ascii: "x"): order.execution = execution(scanner.string())
      case UInt8(ascii: "X"): order.status = orderStatus(scanner.string())
      case UInt8(ascii: "l"): order.lastQuantity = scanner.string()
      case UInt8(ascii: "L"): order.lastPrice = scanner.string()
      case UInt8(ascii: "Y"): order.lastQuote = scanner.string()
      case UInt8(ascii: "z"): order.executed = scanner.string()
      case UInt8(ascii: "n"): order.commission = scanner.string()
      case UInt8(ascii: "N"), UInt8(ascii: "B"), UInt8(ascii: "i"), UInt8(ascii: "t"), UInt8(ascii: "T"),
        UInt8(ascii: "m"):
        readOptional(key[0], &scanner)
      default: scanner.skipValue()
      }
    }
  }

  /// Fields that are null, or of another type, in some events.
  private mutating func readOptional(_ letter: UInt8, _ scanner: inout JSONScanner) {
    let first = scanner.peek()
    let isNumber = first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") <= 9
    switch letter {
    case UInt8(ascii: "N") where first == UInt8(ascii: "\""): order.commissionAsset = scanner.string()
    case UInt8(ascii: "B") where first == UInt8(ascii: "["):
      balances = scanner
      scanner.skipValue()
    case UInt8(ascii: "i") where isNumber: order.venueOrder = scanner.unsigned()
    case UInt8(ascii: "t") where isNumber: order.trade = scanner.integer()
    case UInt8(ascii: "T") where isNumber: order.timeMs = scanner.integer()
    case UInt8(ascii: "m") where first == UInt8(ascii: "t") || first == UInt8(ascii: "f"):
      order.isMaker = scanner.boolean()
    default: scanner.skipValue()
    }
  }
}

extension BinanceOrderMessage {
  private func eventName(_ name: JSONText) -> BinanceEventName {
    if name.equals("executionReport") { return .executionReport }
    if name.equals("outboundAccountPosition") { return .accountPosition }
    if name.equals("eventStreamTerminated") { return .streamTerminated }
    if name.equals("serverShutdown") { return .serverShutdown }
    return .unknown
  }

  private func execution(_ name: JSONText) -> BinanceExecution {
    if name.equals("TRADE") { return .trade }
    if name.equals("NEW") { return .new }
    if name.equals("CANCELED") { return .canceled }
    if name.equals("EXPIRED") { return .expired }
    if name.equals("REJECTED") { return .rejected }
    return .other
  }

  private func orderStatus(_ name: JSONText) -> BinanceOrderStatus {
    if name.equals("NEW") || name.equals("PENDING_NEW") { return .new }
    if name.equals("PARTIALLY_FILLED") { return .partiallyFilled }
    if name.equals("FILLED") { return .filled }
    if name.equals("CANCELED") || name.equals("PENDING_CANCEL") { return .canceled }
    if name.equals("REJECTED") { return .rejected }
    if name.equals("EXPIRED") { return .expired }
    if name.equals("EXPIRED_IN_MATCH") { return .expiredInMatch }
    return .unknown
  }
}
