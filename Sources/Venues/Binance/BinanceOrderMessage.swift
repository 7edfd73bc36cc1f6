// Messages of Binance's WebSocket API, answers and user data events alike: one pass, whatever the order of the fields.
//
// Formats: binance-spot-api-docs, web-socket-api.md ("Response format", "Trading requests", "Account requests") and
// user-data-stream.md (executionReport, listStatus, outboundAccountPosition).

internal import Market
internal import Pipeline

/// The name of a user data event.
enum BinanceEventName: UInt8, BitwiseCopyable {
  case absent, executionReport, accountPosition, listStatus, streamTerminated, serverShutdown, unknown

  init(_ name: JSONText) {
    if name.equals("executionReport") {
      self = .executionReport
    } else if name.equals("outboundAccountPosition") {
      self = .accountPosition
    } else if name.equals("listStatus") {
      self = .listStatus
    } else if name.equals("eventStreamTerminated") {
      self = .streamTerminated
    } else if name.equals("serverShutdown") {
      self = .serverShutdown
    } else {
      self = .unknown
    }
  }
}

/// One message of the order session.
struct BinanceOrderMessage: ~Copyable {
  private let place = InPlace()
  /// -1 in events and in answers to nobody.
  var identifier: Int64 = -1
  var status: Int64 = 0
  var errorCode: Int64 = 0
  var errorText = JSONText.empty
  /// When the venue wants to hear from this address again, in its milliseconds; 0 where it does not say.
  var retryAfterMs: Int64 = 0
  var event = BinanceEventName.absent
  var serverTime = BinanceTime.none
  var order = BinanceOrderFields()
  /// Scanners standing before arrays: fills, balances, a result that is a list, the orders of a cancelled order list.
  var fills: JSONScanner?
  var balances: JSONScanner?
  var list: JSONScanner?
  var orderReports: JSONScanner?
  /// The limits that the answer counted against, and those that exchangeInfo tells of.
  var rateLimits: JSONScanner?
  var exchangeLimits: JSONScanner?

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
      } else if key.equals("rateLimits"), scanner.peek() == UInt8(ascii: "[") {
        rateLimits = scanner
        scanner.skipValue()
      } else if key.equals("event"), scanner.peek() == UInt8(ascii: "{") {
        readEvent(&scanner)
      } else if key.equals("e") {
        event = BinanceEventName(scanner.string())
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
      list = scanner
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
      } else if key.equals("data"), scanner.peek() == UInt8(ascii: "{") {
        readErrorData(&scanner)
      } else {
        scanner.skipValue()
      }
    }
  }

  /// `{"serverTime":…,"retryAfter":…}` of rate limits; other errors carry other objects.
  private mutating func readErrorData(_ scanner: inout JSONScanner) {
    scanner.beginObject()
    while let key = scanner.nextKey() {
      if key.equals("retryAfter"), scanner.peek() &- UInt8(ascii: "0") <= 9 {
        retryAfterMs = BinanceTime(scanner.integer()).milliseconds
      } else {
        scanner.skipValue()
      }
    }
  }

  /// An answer's result, or an element of its list: an order, an account, or the server's time.
  ///
  /// - Parameter isAmended: this is the order inside an amendment's result, which holds none itself.
  mutating func readOrder(_ scanner: inout JSONScanner, isAmended: Bool = false) {
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
        order.status = BinanceOrderStatus(scanner.string())
      } else if key.equals("side") {
        order.side = scanner.string().equals("SELL") ? .sell : .buy
      } else if key.equals("price") {
        order.price = scanner.string()
      } else if key.equals("origQty") || key.equals("qty") {
        order.quantity = scanner.string()
      } else if key.equals("executedQty") {
        order.executed = scanner.string()
      } else if key.equals("cummulativeQuoteQty") {
        order.executedQuote = scanner.string()
      } else if key.equals("transactTime") || key.equals("updateTime") {
        order.time = BinanceTime(scanner.integer())
      } else if key.equals("serverTime") {
        serverTime = BinanceTime(scanner.integer())
      } else if !isAmended, key.equals("amendedOrder"), scanner.peek() == UInt8(ascii: "{") {
        readOrder(&scanner, isAmended: true)
      } else {
        readArray(key, &scanner)
      }
    }
  }

  private mutating func readArray(_ key: JSONText, _ scanner: inout JSONScanner) {
    if scanner.peek() == UInt8(ascii: "[") {
      if key.equals("fills") { fills = scanner }
      if key.equals("balances") { balances = scanner }
      if key.equals("orderReports") { orderReports = scanner }
      if key.equals("rateLimits") { exchangeLimits = scanner }
    }
    scanner.skipValue()
  }
}

// MARK: - User data events

extension BinanceOrderMessage {
  /// Fields of one letter, which mean what they mean in an execution report unless `e` names another event.
  private mutating func readEvent(_ scanner: inout JSONScanner) {
    scanner.beginObject()
    while let key = scanner.nextKey() {
      guard key.count == 1 else {
        scanner.skipValue()
        continue
      }
      switch key[0] {
      case UInt8(ascii: "e"): event = BinanceEventName(scanner.string())
      case UInt8(ascii: "s"): order.symbol = scanner.string()
      case UInt8(ascii: "c"): order.clientOrder = scanner.string()
      case UInt8(ascii: "C"): order.originalClientOrder = scanner.string()
      case UInt8(ascii: "S"): order.side = scanner.string().equals("SELL") ? .sell : .buy
      case UInt8(ascii: "x"): order.execution = BinanceExecution(scanner.string())
      case UInt8(ascii: "X"): order.status = BinanceOrderStatus(scanner.string())
      case UInt8(ascii: "p"): order.price = scanner.string()
      case UInt8(ascii: "q"): order.quantity = scanner.string()
      case UInt8(ascii: "l"): order.lastQuantity = scanner.string()
      case UInt8(ascii: "L"): order.lastPrice = scanner.string()
      case UInt8(ascii: "Y"): order.lastQuote = scanner.string()
      case UInt8(ascii: "z"): order.executed = scanner.string()
      case UInt8(ascii: "n"): order.commission = scanner.string()
      default: readOptional(key[0], &scanner)
      }
    }
  }

  /// Fields that are null, or of another type, in some events; `B` is a list in one event and a quantity in another.
  private mutating func readOptional(_ letter: UInt8, _ scanner: inout JSONScanner) {
    let first = scanner.peek()
    let isNumber = first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") <= 9
    switch letter {
    case UInt8(ascii: "N") where first == UInt8(ascii: "\""): order.commissionAsset = scanner.string()
    case UInt8(ascii: "B") where first == UInt8(ascii: "["):
      balances = scanner
      scanner.skipValue()
    case UInt8(ascii: "B") where first == UInt8(ascii: "\""): order.prevented = scanner.string()
    case UInt8(ascii: "i") where isNumber: order.venueOrder = scanner.unsigned()
    case UInt8(ascii: "U") where isNumber: order.counterOrder = scanner.unsigned()
    case UInt8(ascii: "t") where isNumber: order.trade = scanner.integer()
    case UInt8(ascii: "T") where isNumber: order.time = BinanceTime(scanner.integer())
    case UInt8(ascii: "m") where first == UInt8(ascii: "t") || first == UInt8(ascii: "f"):
      order.isMaker = scanner.boolean()
    default: scanner.skipValue()
    }
  }
}
