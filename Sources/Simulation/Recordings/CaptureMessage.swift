// One message of a Binance capture, spot or futures, as ranges of its line.

/// What a backtest takes from a message; everything else of a capture is passed over.
struct CaptureMessage {
  enum Kind {
    case depth
    case snapshot
    case trade
    case touch
    /// A message of another stream, or the venue's error text: nothing of the market.
    case other
  }

  var kind = Kind.other
  /// Upper case; nil for a spot snapshot, which names none.
  var symbol: String?
  /// `T`, the time at which the matching engine made it, in milliseconds.
  var transactionMs: UInt64?
  /// `E`, the time at which it was sent, in milliseconds.
  var eventMs: UInt64?
  /// The last update id, or the trade id.
  var number: UInt64 = 0
  /// Of a depth message: the update id that it continues, as far as it says: `pu` (futures), or `U` less one (spot).
  var previousNumber: UInt64?
  var bids: UnsafeRawBufferPointer?
  var asks: UnsafeRawBufferPointer?
  /// Of a trade: price and quantity. Of a touch: the bid's.
  var first: (UnsafeRawBufferPointer, UnsafeRawBufferPointer)?
  /// Of a touch: the ask's.
  var second: (UnsafeRawBufferPointer, UnsafeRawBufferPointer)?
  var buyerIsMaker = false
  /// `X` of a futures trade: MARKET for a match in the book, others for insurance fund and liquidation transfers.
  var tradeType: UnsafeRawBufferPointer?
  /// Depth with `pu` is a futures stream's: spot chains its messages by `U` alone.
  var isFutures = false

  /// - Returns: nil for text that is neither a combined-stream message nor a depth snapshot nor an error of the venue.
  init?(_ text: UnsafeRawBufferPointer) {
    var stream: UnsafeRawBufferPointer?
    var data: UnsafeRawBufferPointer?
    var isSnapshot = false
    var isError = false
    var scanner = JSONScanner(text)
    let isObject = scanner.members { name, value in
      if name.equals("stream") { stream = value } else if name.equals("data") { data = value }
      if name.equals("lastUpdateId") { isSnapshot = true }
      if name.equals("code") { isError = true }
      return true
    }
    guard isObject else { return nil }
    if let stream, let data {
      symbol = String(decoding: stream.prefix { $0 != UInt8(ascii: "@") }, as: UTF8.self).uppercased()
      guard readPayload(data, stream: stream) else { return nil }
    } else if isSnapshot {
      kind = .snapshot
      guard readSnapshot(text) else { return nil }
    } else if !isError {
      return nil
    }
  }

  private mutating func readSnapshot(_ text: UnsafeRawBufferPointer) -> Bool {
    var found = self
    var scanner = JSONScanner(text)
    let isWhole = scanner.members { name, value in
      if name.equals("lastUpdateId") { found.number = value.digits ?? 0 }
      if name.equals("T") { found.transactionMs = value.digits }
      if name.equals("E") { found.eventMs = value.digits }
      if name.equals("bids") { found.bids = value }
      if name.equals("asks") { found.asks = value }
      if name.equals("symbol") { found.symbol = String(decoding: value, as: UTF8.self) }
      return true
    }
    self = found
    isFutures = transactionMs != nil
    return isWhole && bids != nil && asks != nil
  }

  private mutating func readPayload(_ data: UnsafeRawBufferPointer, stream: UnsafeRawBufferPointer) -> Bool {
    let name = stream.drop { $0 != UInt8(ascii: "@") }
    func begins(_ text: StaticString) -> Bool { text.withUTF8Buffer { name.starts(with: $0) } }
    kind = begins("@depth") ? .depth : begins("@trade") ? .trade : begins("@bookTicker") ? .touch : .other
    guard kind != .other else { return true }
    var fields = PayloadFields()
    var scanner = JSONScanner(data)
    guard scanner.members({ fields.note($0, $1) }) else { return false }
    transactionMs = fields.transactionTime?.digits
    eventMs = fields.eventTime?.digits
    switch kind {
    case .depth:
      (bids, asks, number, isFutures) = (fields.bids, fields.asks, fields.update?.digits ?? 0, fields.previous != nil)
      previousNumber = fields.previous?.digits ?? fields.firstUpdate?.digits.map { $0 == 0 ? 0 : $0 - 1 }
      return bids != nil && asks != nil && eventMs != nil
    case .trade:
      guard let price = fields.price, let quantity = fields.quantity, let maker = fields.buyerIsMaker else {
        return false
      }
      (first, number, tradeType) = ((price, quantity), fields.trade?.digits ?? 0, fields.tradeType)
      (buyerIsMaker, isFutures) = (maker.equals("true"), fields.tradeType != nil)
      return transactionMs != nil
    case .touch:
      guard let bid = fields.bids, let bidSize = fields.bidSize, let ask = fields.asks, let askSize = fields.askSize
      else { return false }
      (first, second, number) = ((bid, bidSize), (ask, askSize), fields.update?.digits ?? 0)
      isFutures = transactionMs != nil
      return true
    case .snapshot, .other: return true
    }
  }
}

/// The members of a payload, which Binance names by one letter each and explains for each stream.
private struct PayloadFields {
  var transactionTime, eventTime, firstUpdate, update, previous: UnsafeRawBufferPointer?
  /// `b` and `a`: the levels of a depth message, the prices of a touch.
  var bids, asks: UnsafeRawBufferPointer?
  var bidSize, askSize: UnsafeRawBufferPointer?
  var trade, price, quantity, buyerIsMaker, tradeType: UnsafeRawBufferPointer?

  mutating func note(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    if name.equals("pu") { previous = value }
    guard name.count == 1 else { return true }
    switch Unicode.Scalar(name[0]) {
    case "T": transactionTime = value
    case "E": eventTime = value
    case "U": firstUpdate = value
    case "u": update = value
    case "b": bids = value
    case "a": asks = value
    case "B": bidSize = value
    case "A": askSize = value
    case "t": trade = value
    case "p": price = value
    case "q": quantity = value
    case "m": buyerIsMaker = value
    case "X": tradeType = value
    default: break
    }
    return true
  }
}
