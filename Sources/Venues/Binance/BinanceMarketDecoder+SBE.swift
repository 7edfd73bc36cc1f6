// Binance's market streams in SBE: the same messages as in JSON, from integers to integers. Layout: BinanceSBE.swift.

internal import Market

extension BinanceMarketDecoder {
  /// Decodes one message of the SBE streams; on `none` it stands in `message`. What the venue does not say in SBE (answers to
  /// control messages, `serverShutdown`) is JSON there, too.
  ///
  /// An event of several trades is several messages: the first one stands in `message`, `nextTrade` brings the others.
  @_noLocks @inline(never)
  public mutating func decodeSBE(_ frame: UnsafeRawBufferPointer) -> BinanceDecodeError {
    if BinanceSBE.isText(frame) { return decode(frame) }
    forget()
    guard var reader = SBEReader(frame), let header = reader.block(BinanceSBE.Header.byteCount, atLeast: 0) else {
      return .malformed
    }
    guard header.short(BinanceSBE.Header.schema) == BinanceSBE.schema else { return .wrongSchema }
    let rootByteCount = Int(header.short(BinanceSBE.Header.rootByteCount))
    switch header.short(BinanceSBE.Header.template) {
    case BinanceSBE.Depth.template: return readDepth(&reader, rootByteCount)
    case BinanceSBE.Touch.template: return readTouch(&reader, rootByteCount)
    case BinanceSBE.Trades.template: return readTrades(&reader, rootByteCount)
    default: return .none  // `message` is of the kind `other`
    }
  }

  /// Puts the next trade of the last event into `message`.
  ///
  /// - Precondition: the frame's bytes are still where they were.
  /// - Returns: false when there is none.
  @_noLocks @inline(never)
  public mutating func nextTrade() -> Bool {
    guard laterTrades.count > 0 else { return false }
    let error = readTrade(laterTrades[0], scales[message.instrument])
    laterTrades.removeFirst()
    return error == .none  // always: it was read before
  }
}

extension BinanceMarketDecoder {
  private mutating func readDepth(_ reader: inout SBEReader, _ rootByteCount: Int) -> BinanceDecodeError {
    guard let root = reader.block(rootByteCount, atLeast: BinanceSBE.Depth.byteCount),
      let bids = reader.group(atLeast: BinanceSBE.Level.byteCount),
      let asks = reader.group(atLeast: BinanceSBE.Level.byteCount), let symbol = reader.text()
    else { return .malformed }
    let first = root.integer(BinanceSBE.Depth.firstUpdate)
    let last = root.integer(BinanceSBE.Depth.lastUpdate)
    guard first >= 0, last >= 0 else { return .malformed }
    let error = beginPrices(
      symbol, root.exponent(BinanceSBE.Depth.priceExponent), root.exponent(BinanceSBE.Depth.quantityExponent))
    guard error == .none else { return error }
    guard first <= last else { return .badSequence }
    guard bids.count &+ asks.count <= BinanceLimits.levelsPerDiff else { return .tooManyLevels }
    let scale = scales[message.instrument]
    let bidError = readLevels(bids, at: 0, scale)
    guard bidError == .none else { return bidError }
    let askError = readLevels(asks, at: bids.count, scale)
    guard askError == .none else { return askError }
    bidCount = bids.count
    askCount = asks.count
    accept(.depth, first, last, timeUs: root.integer(BinanceSBE.Depth.eventTime))
    return .none
  }

  private mutating func readTouch(_ reader: inout SBEReader, _ rootByteCount: Int) -> BinanceDecodeError {
    guard let root = reader.block(rootByteCount, atLeast: BinanceSBE.Touch.byteCount), let symbol = reader.text()
    else { return .malformed }
    let update = root.integer(BinanceSBE.Touch.update)
    guard update >= 0 else { return .malformed }
    var error = beginPrices(
      symbol, root.exponent(BinanceSBE.Touch.priceExponent), root.exponent(BinanceSBE.Touch.quantityExponent))
    guard error == .none else { return error }
    let scale = scales[message.instrument]
    error = scale.displayed(
      root.integer(BinanceSBE.Touch.bid &+ BinanceSBE.Level.price),
      root.integer(BinanceSBE.Touch.bid &+ BinanceSBE.Level.quantity), &message.bid)
    guard error == .none else { return error }
    error = scale.displayed(
      root.integer(BinanceSBE.Touch.ask &+ BinanceSBE.Level.price),
      root.integer(BinanceSBE.Touch.ask &+ BinanceSBE.Level.quantity), &message.ask)
    guard error == .none else { return error }
    accept(.bookTicker, update, update, timeUs: root.integer(BinanceSBE.Touch.eventTime))
    return .none
  }

  private mutating func readTrades(_ reader: inout SBEReader, _ rootByteCount: Int) -> BinanceDecodeError {
    guard let root = reader.block(rootByteCount, atLeast: BinanceSBE.Trades.byteCount),
      let trades = reader.longGroup(atLeast: BinanceSBE.Trade.byteCount), let symbol = reader.text()
    else { return .malformed }
    guard trades.count > 0 else { return .missingField }
    let error = beginPrices(
      symbol, root.exponent(BinanceSBE.Trades.priceExponent), root.exponent(BinanceSBE.Trades.quantityExponent))
    guard error == .none else { return error }
    message.kind = .trade
    message.eventTimeNs = nanoseconds(microseconds: root.integer(BinanceSBE.Trades.transactTime))
    // All of them are read, the first one last: it stays, and the event is accepted as a whole.
    let scale = scales[message.instrument]
    for i in 0..<trades.count {
      let error = readTrade(trades[trades.count &- 1 &- i], scale)
      guard error == .none else { return error }
    }
    laterTrades = trades
    laterTrades.removeFirst()
    return .none
  }

  @inline(always)
  private mutating func readTrade(_ trade: SBEBlock, _ scale: MantissaScale) -> BinanceDecodeError {
    let identifier = trade.integer(BinanceSBE.Trade.identifier)
    let buyerIsMaker = trade.byte(BinanceSBE.Trade.buyerIsMaker)
    guard identifier >= 0, buyerIsMaker <= 1 else { return .malformed }
    message.firstSequence = UInt64(identifier)
    message.lastSequence = UInt64(identifier)
    message.takerSide = buyerIsMaker == 1 ? .sell : .buy
    return scale.displayed(
      trade.integer(BinanceSBE.Trade.price), trade.integer(BinanceSBE.Trade.quantity), &message.bid)
  }

  @inline(always)
  private func readLevels(_ group: SBEGroup, at offset: Int, _ scale: MantissaScale) -> BinanceDecodeError {
    for i in 0..<group.count {
      let level = group[i]
      let error = scale.displayed(
        level.integer(BinanceSBE.Level.price), level.integer(BinanceSBE.Level.quantity), &levels[offset &+ i])
      guard error == .none else { return error }
    }
    return .none
  }

  /// Finds the instrument, and makes its scale where the exponents are others than before.
  @inline(always)
  private mutating func beginPrices(
    _ symbol: JSONText, _ priceExponent: Int8, _ quantityExponent: Int8
  ) -> BinanceDecodeError {
    message.instrument = instruments.find(symbol)
    guard message.instrument >= 0 else { return .unknownSymbol }
    let scale = scales[message.instrument]
    if scale.priceExponent == priceExponent, scale.quantityExponent == quantityExponent { return .none }
    guard
      let new = MantissaScale(
        instruments[message.instrument], priceExponent: priceExponent, quantityExponent: quantityExponent)
    else { return .badDecimal }
    scales[message.instrument] = new
    return .none
  }

  @inline(always)
  private mutating func accept(_ kind: BinanceMessageKind, _ first: Int64, _ last: Int64, timeUs: Int64) {
    message.kind = kind
    message.firstSequence = UInt64(bitPattern: first)
    message.lastSequence = UInt64(bitPattern: last)
    message.eventTimeNs = nanoseconds(microseconds: timeUs)
  }
}
