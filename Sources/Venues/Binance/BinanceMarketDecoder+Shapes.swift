// The fast way through the three messages that make up nearly all of the traffic: their fields in the order in which
// Binance writes them (web-socket-streams.md), recorded 2024. Any other text goes the general way, from its beginning.

internal import Market

extension BinanceMarketDecoder {
  /// Decodes a text of known form; false, and nothing has been decided, when it has another.
  @inline(__always)
  package mutating func decodeKnownShape(_ text: UnsafeRawBufferPointer) -> Bool {
    guard var shape = BinanceShape(text) else { return false }
    let isWrapped = shape.skip(#"{"stream":""#)
    if isWrapped {
      guard shape.string() != nil, shape.skip(#","data":{""#) else { return false }
    } else {
      guard shape.skip(#"{""#) else { return false }
    }
    if shape.skip(#"u":"#) { return readTicker(&shape, isWrapped) }
    if shape.skip(#"e":"depthUpdate","E":"#) { return readDepth(&shape, isWrapped) }
    if shape.skip(#"e":"trade","E":"#) { return readTrade(&shape, isWrapped) }
    return false
  }

  private mutating func readTicker(_ shape: inout BinanceShape, _ isWrapped: Bool) -> Bool {
    var sequence: UInt64 = 0
    var (bid, bidLots, ask, askLots) = (UInt64.max, UInt64.max, UInt64.max, UInt64.max)
    guard shape.number(&sequence), readSymbol(&shape), shape.skip(#","b":""#), shape.decimal(&bid),
      shape.skip(#","B":""#), shape.decimal(&bidLots), shape.skip(#","a":""#), shape.decimal(&ask),
      shape.skip(#","A":""#)
    else { return false }
    let braces = isWrapped ? 2 : 1
    guard shape.lastDecimal(&askLots, braces: braces), shape.closes(braces),
      let bestBid = displayed(bid, bidLots), let bestAsk = displayed(ask, askLots)
    else { return false }
    message.bid = bestBid
    message.ask = bestAsk
    return accept(.bookTicker, sequence, sequence, eventTimeMs: 0)
  }

  private mutating func readTrade(_ shape: inout BinanceShape, _ isWrapped: Bool) -> Bool {
    var (eventTimeMs, trade, tradeTimeMs): (UInt64, UInt64, UInt64) = (0, 0, 0)
    var (price, lots) = (UInt64.max, UInt64.max)
    guard shape.number(&eventTimeMs), readSymbol(&shape), shape.skip(#","t":"#), shape.number(&trade),
      shape.skip(#","p":""#), shape.decimal(&price), shape.skip(#","q":""#), shape.decimal(&lots),
      shape.skip(#","T":"#), shape.number(&tradeTimeMs)
    else { return false }
    let buyerIsMaker = shape.skip(#","m":true,"M":true"#)
    guard buyerIsMaker || shape.skip(#","m":false,"M":true"#) else { return false }
    message.takerSide = buyerIsMaker ? .sell : .buy
    guard shape.closes(isWrapped ? 2 : 1), let level = displayed(price, lots) else { return false }
    message.bid = level
    return accept(.trade, trade, trade, eventTimeMs: tradeTimeMs)
  }

  private mutating func readDepth(_ shape: inout BinanceShape, _ isWrapped: Bool) -> Bool {
    var (eventTimeMs, first, last): (UInt64, UInt64, UInt64) = (0, 0, 0)
    guard shape.number(&eventTimeMs), readSymbol(&shape), shape.skip(#","U":"#), shape.number(&first),
      shape.skip(#","u":"#), shape.number(&last), first <= last, shape.skip(#","b":"#)
    else { return false }
    bidCount = readLevels(&shape, at: 0)
    guard bidCount >= 0, shape.skip(#","a":"#) else { return false }
    askCount = readLevels(&shape, at: bidCount)
    return askCount >= 0 && shape.closes(isWrapped ? 2 : 1) && accept(.depth, first, last, eventTimeMs: eventTimeMs)
  }

  /// `,"s":"BTCUSDT"` of one of our instruments.
  @inline(always)
  private mutating func readSymbol(_ shape: inout BinanceShape) -> Bool {
    guard shape.skip(#","s":""#), let symbol = shape.name() else { return false }
    message.instrument = instruments.find(symbol)
    return message.instrument >= 0
  }

  /// An array of levels; those that are not of the common form, or too near to the text's end for a vector, are read by
  /// the scanner in their turn.
  ///
  /// - Returns: how many now stand from `offset` on; -1 when the array is not as it should be.
  @inline(always)
  private mutating func readLevels(_ shape: inout BinanceShape, at offset: Int) -> Int {
    var next = offset
    guard shape.skip(UInt8(ascii: "[")) else { return -1 }
    if shape.skip(UInt8(ascii: "]")) { return 0 }
    repeat {
      guard next < BinanceLimits.levelsPerDiff else { return -1 }
      let before = shape
      var (price, quantity) = (UInt64.max, UInt64.max)
      if shape.skip(#"[""#), shape.level(&price, &quantity), let level = displayed(price, quantity) {
        levels[next] = level
        next &+= 1
        continue
      }
      shape = before
      guard readLevel(&shape, &levels[next]) else { return -1 }
      next &+= 1
    } while shape.skip(UInt8(ascii: ","))
    return shape.skip(UInt8(ascii: "]")) ? next &- offset : -1
  }

  /// One level by the scanner.
  @inline(never)
  private func readLevel(_ shape: inout BinanceShape, _ level: inout BookLevel) -> Bool {
    var scanner = JSONScanner(UnsafeRawBufferPointer(start: shape.next, count: shape.end - shape.next))
    scanner.beginArray()
    guard scanner.nextElement() else { return false }
    let price = scanner.string()
    guard scanner.nextElement() else { return false }
    let quantity = scanner.string()
    guard !scanner.nextElement(), scanner.error == .none else { return false }
    shape.next += scanner.position
    return instruments[message.instrument].displayed(price, quantity, &level) == .none
  }

  /// Units of 10^-8 in the instrument's ticks and lots; nil leaves what lies between them to the general way.
  @inline(always)
  private func displayed(_ price: UInt64, _ quantity: UInt64) -> BookLevel? {
    let grid = instruments.grid(message.instrument)
    let (ticks, lots) = (grid.price.steps(price), grid.quantity.steps(quantity))
    guard ticks >= 0, lots >= 0 else { return nil }
    return BookLevel(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
  }

  @inline(always)
  private mutating func accept(
    _ kind: BinanceMessageKind, _ first: UInt64, _ last: UInt64, eventTimeMs: UInt64
  ) -> Bool {
    message.kind = kind
    message.firstSequence = first
    message.lastSequence = last
    message.eventTimeNs = nanoseconds(milliseconds: Int64(truncatingIfNeeded: eventTimeMs))  // Safe: 15 digits.
    return true
  }
}
