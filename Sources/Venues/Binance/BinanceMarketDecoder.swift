// Binance's market streams: JSON text to integers in one pass, whatever the order of the fields (SBE: beside this file).
// One thread.
//
// Formats: binance-spot-api-docs, web-socket-streams.md (trade, bookTicker, diff depth, combined wrapper, control
// messages, serverShutdown).

public import Market

/// Decodes market messages of the given instruments into `message` and, for depth, `levels`.
///
/// Raw and wrapped payloads (`{"stream":…,"data":…}`) are read by the same pass: a payload says itself what it is.
/// A message is accepted as a whole or refused as a whole. Nothing here traps or allocates.
public struct BinanceMarketDecoder: ~Copyable {
  public let instruments: BinanceInstruments
  /// The last message that `decode` accepted.
  public internal(set) var message = BinanceMarketMessage()
  /// Bids, then asks, of the last depth message.
  public let levels: UnsafeMutablePointer<BookLevel>
  public internal(set) var bidCount = 0
  public internal(set) var askCount = 0
  /// What was wrong with the text when `decode` returned `malformed`.
  public private(set) var jsonError = JSONError.none
  /// SBE: trades of the last event that are still to be told.
  var laterTrades = SBEGroup.empty
  /// SBE: of each instrument, for the exponents of its last message.
  let scales: UnsafeMutablePointer<MantissaScale>
  private let depthLetters = LetterSet("EsUuba")
  private let tickerLetters = LetterSet("usbBaA")
  private let tradeLetters = LetterSet("stpqTm")

  public init(_ instruments: consuming BinanceInstruments) {
    scales = .allocate(capacity: instruments.count)
    for i in 0..<instruments.count { (scales + i).initialize(to: MantissaScale(of: instruments[i])) }
    self.instruments = instruments
    levels = .allocate(capacity: BinanceLimits.levelsPerDiff)
    levels.initialize(repeating: .none, count: BinanceLimits.levelsPerDiff)
  }

  deinit {
    levels.deallocate()
    scales.deallocate()
  }

  /// Decodes one message; on `none` it stands in `message`.
  @_noLocks @inline(never)
  public mutating func decode(_ text: UnsafeRawBufferPointer) -> BinanceDecodeError {
    forget()
    if decodeKnownShape(text) { return .none }
    return decodeAnyForm(text)
  }

  /// Nothing of the message before, nor of one that was given up, stays.
  @inline(always)
  mutating func forget() {
    message = BinanceMarketMessage()
    bidCount = 0
    askCount = 0
    laterTrades = .empty
    jsonError = .none
  }

  /// Decodes a message whatever the order of its fields, and finds out what is wrong with one.
  @_noLocks @inline(never)
  package mutating func decodeAnyForm(_ text: UnsafeRawBufferPointer) -> BinanceDecodeError {
    forget()
    var fields = MarketFields()
    var scanner = JSONScanner(text)
    readObject(&scanner, &fields, isOutermost: true)
    scanner.finish()
    jsonError = scanner.error
    if scanner.error != .none { return .malformed }
    if fields.error != .none { return fields.error }
    switch fields.event {
    case .depthUpdate: return interpretDepth(fields)
    case .trade: return interpretTrade(fields)
    case .serverShutdown: message.kind = .serverShutdown
    case .unknown: message.kind = .other
    case .absent: return interpretNameless(fields)
    }
    return .none
  }
}

// MARK: - Reading

extension BinanceMarketDecoder {
  /// Reads an object's members into `fields`; the wrapper's `data` is entered in place.
  private mutating func readObject(_ scanner: inout JSONScanner, _ fields: inout MarketFields, isOutermost: Bool) {
    scanner.beginObject()
    while let key = scanner.nextKey() {
      if key.count == 1 {
        readLetter(key[0], &scanner, &fields)
      } else if isOutermost, key.equals("data"), scanner.peek() == UInt8(ascii: "{") {
        readObject(&scanner, &fields, isOutermost: false)
      } else {
        readControl(key, &scanner, &fields)
      }
    }
  }

  private mutating func readLetter(_ letter: UInt8, _ scanner: inout JSONScanner, _ fields: inout MarketFields) {
    if !fields.seen.insert(letter) { fields.note(.duplicateField) }
    switch letter {
    case UInt8(ascii: "e"): fields.event = eventName(scanner.string())
    case UInt8(ascii: "E"): fields.eventTimeMs = scanner.integer()
    case UInt8(ascii: "T"): fields.tradeTimeMs = scanner.integer()
    case UInt8(ascii: "U"): fields.firstUpdate = scanner.unsigned()
    case UInt8(ascii: "u"): fields.lastUpdate = scanner.unsigned()
    case UInt8(ascii: "t"): fields.trade = scanner.unsigned()
    case UInt8(ascii: "m"): fields.buyerIsMaker = scanner.boolean()
    case UInt8(ascii: "p"): fields.price = scanner.string()
    case UInt8(ascii: "q"): fields.quantity = scanner.string()
    case UInt8(ascii: "B"): fields.bidQuantity = scanner.string()
    case UInt8(ascii: "A"): fields.askQuantity = scanner.string()
    case UInt8(ascii: "b"): readBids(&scanner, &fields)
    case UInt8(ascii: "a"): readAsks(&scanner, &fields)
    case UInt8(ascii: "s"):
      message.instrument = instruments.find(scanner.string())
      if message.instrument < 0 { fields.note(.unknownSymbol) }
    default: scanner.skipValue()
    }
  }

  private mutating func readBids(_ scanner: inout JSONScanner, _ fields: inout MarketFields) {
    switch scanner.peek() {
    case UInt8(ascii: "["):
      fields.hasBids = true
      // Bids stand first in `levels`: they wait too when the asks came before them.
      if message.instrument >= 0, !fields.hasAsks {
        bidCount = readLevels(&scanner, at: 0, &fields)
      } else {
        fields.deferredBids = scanner
        scanner.skipValue()
      }
    case UInt8(ascii: "\""): fields.bid = scanner.string()
    default: scanner.skipValue()
    }
  }

  private mutating func readAsks(_ scanner: inout JSONScanner, _ fields: inout MarketFields) {
    switch scanner.peek() {
    case UInt8(ascii: "["):
      fields.hasAsks = true
      if message.instrument >= 0, fields.hasBids, fields.deferredBids == nil {
        askCount = readLevels(&scanner, at: bidCount, &fields)
      } else {
        fields.deferredAsks = scanner
        scanner.skipValue()
      }
    case UInt8(ascii: "\""): fields.ask = scanner.string()
    default: scanner.skipValue()
    }
  }

  /// - Returns: how many levels now stand from `offset` on.
  private mutating func readLevels(_ scanner: inout JSONScanner, at offset: Int, _ fields: inout MarketFields) -> Int {
    let instrument = instruments[message.instrument]
    var level = BookLevel.none
    var next = offset
    scanner.beginArray()
    while scanner.nextLevel(instrument, &level, &fields.error) {
      if next == BinanceLimits.levelsPerDiff { fields.note(.tooManyLevels) }
      guard fields.error == .none else { continue }
      levels[next] = level
      next &+= 1
    }
    return next &- offset
  }

  /// Members of the wrapper and of answers to control messages: `{"result":null,"id":1}`,
  /// `{"code":2,"msg":"…","id":1}` and, newer, `{"error":{"code":2,"msg":"…"},"id":1}`.
  private mutating func readControl(_ key: JSONText, _ scanner: inout JSONScanner, _ fields: inout MarketFields) {
    if key.equals("id"), scanner.peek() != UInt8(ascii: "n"), scanner.peek() != UInt8(ascii: "\"") {
      fields.identifier = scanner.integer()
    } else if key.equals("result") {
      fields.hasResult = true
      scanner.skipValue()
    } else if key.equals("code") {
      fields.code = scanner.integer()
    } else if key.equals("error"), scanner.peek() == UInt8(ascii: "{") {
      scanner.beginObject()
      while let inner = scanner.nextKey() {
        if inner.equals("code") { fields.code = scanner.integer() } else { scanner.skipValue() }
      }
    } else {
      scanner.skipValue()
    }
  }

  @inline(always)
  private func eventName(_ name: JSONText) -> MarketEventName {
    if name.equals("depthUpdate") { return .depthUpdate }
    if name.equals("trade") { return .trade }
    if name.equals("serverShutdown") { return .serverShutdown }
    return .unknown
  }
}

// MARK: - Meaning

extension BinanceMarketDecoder {
  private mutating func interpretDepth(_ read: MarketFields) -> BinanceDecodeError {
    var fields = read
    guard fields.seen.contains(depthLetters), fields.hasBids, fields.hasAsks else { return .missingField }
    guard fields.firstUpdate <= fields.lastUpdate else { return .badSequence }
    if var scanner = fields.deferredBids { bidCount = readLevels(&scanner, at: 0, &fields) }
    if var scanner = fields.deferredAsks { askCount = readLevels(&scanner, at: bidCount, &fields) }
    guard fields.error == .none else { return fields.error }
    message.kind = .depth
    message.firstSequence = fields.firstUpdate
    message.lastSequence = fields.lastUpdate
    message.eventTimeNs = nanoseconds(milliseconds: fields.eventTimeMs)
    return .none
  }

  private mutating func interpretTrade(_ fields: MarketFields) -> BinanceDecodeError {
    guard fields.seen.contains(tradeLetters) else { return .missingField }
    let error = instruments[message.instrument].displayed(fields.price, fields.quantity, &message.bid)
    guard error == .none else { return error }
    message.kind = .trade
    message.takerSide = fields.buyerIsMaker ? .sell : .buy
    message.firstSequence = fields.trade
    message.lastSequence = fields.trade
    message.eventTimeNs = nanoseconds(milliseconds: fields.tradeTimeMs)
    return .none
  }

  /// A message without `e`: a bookTicker or an answer to a control message.
  private mutating func interpretNameless(_ fields: MarketFields) -> BinanceDecodeError {
    message.requestIdentifier = fields.identifier
    if let code = fields.code {
      message.kind = .replyError
      message.code = code
      return .none
    }
    if fields.hasResult {
      message.kind = .reply
      return .none
    }
    guard fields.seen.contains(tickerLetters) else { return .missingField }
    let definition = instruments[message.instrument]
    var error = definition.displayed(fields.bid, fields.bidQuantity, &message.bid)
    if error == .none { error = definition.displayed(fields.ask, fields.askQuantity, &message.ask) }
    guard error == .none else { return error }
    message.kind = .bookTicker
    message.firstSequence = fields.lastUpdate
    message.lastSequence = fields.lastUpdate
    return .none
  }
}

/// The times of JSON are milliseconds; a number that no clock shows (a hostile one) is held at the end of the range.
@inline(always)
func nanoseconds(milliseconds: Int64) -> Int64 { nanoseconds(milliseconds, unitNs: 1_000_000) }

/// The times of SBE are microseconds.
@inline(always)
func nanoseconds(microseconds: Int64) -> Int64 { nanoseconds(microseconds, unitNs: 1_000) }

@inline(always)
private func nanoseconds(_ time: Int64, unitNs: Int64) -> Int64 {
  let (ns, overflow) = time.multipliedReportingOverflow(by: unitNs)
  return overflow ? (time < 0 ? .min : .max) : ns
}
