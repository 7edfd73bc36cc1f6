// What stood in the text of a market message, before its meaning is known.

/// Binance names the fields of its market messages by one letter each: the set of letters that were met.
struct LetterSet: BitwiseCopyable {
  private var bits: UInt64 = 0

  /// The letters of `text`; anything else in it is a mistake of the programmer.
  init(_ text: StaticString = "") {
    for i in 0..<text.utf8CodeUnitCount { precondition(insert(text.utf8Start[i]), "letters, each once") }
  }

  /// - Returns: false when the letter was there already, or is none.
  @inline(always)
  mutating func insert(_ letter: UInt8) -> Bool {
    guard letter >= UInt8(ascii: "A"), letter <= UInt8(ascii: "z") else { return false }
    let bit: UInt64 = 1 << UInt64(letter &- UInt8(ascii: "A"))
    defer { bits |= bit }
    return bits & bit == 0
  }

  @inline(always) func contains(_ other: LetterSet) -> Bool { bits & other.bits == other.bits }
}

/// The value of the field `e`.
enum MarketEventName: UInt8, BitwiseCopyable {
  /// No such field: a bookTicker, or an answer to a control message.
  case absent, depthUpdate, trade, serverShutdown, unknown
}

/// The fields of one message, each where it was found; what they mean is decided when all of them are there.
struct MarketFields: BitwiseCopyable {
  var seen = LetterSet()
  var error = BinanceDecodeError.none
  var event = MarketEventName.absent
  var eventTimeMs: Int64 = 0
  var tradeTimeMs: Int64 = 0
  var firstUpdate: UInt64 = 0
  var lastUpdate: UInt64 = 0
  var trade: UInt64 = 0
  var buyerIsMaker = false
  var price = JSONText.empty
  var quantity = JSONText.empty
  /// `b` and `a` are level arrays in a diff, decimal texts in a bookTicker, order ids in trades of 2023 and before.
  var bid = JSONText.empty
  var bidQuantity = JSONText.empty
  var ask = JSONText.empty
  var askQuantity = JSONText.empty
  var hasBids = false
  var hasAsks = false
  /// Scanners standing before level arrays that came before the symbol, without which they mean nothing.
  var deferredBids: JSONScanner?
  var deferredAsks: JSONScanner?
  var hasResult = false
  var identifier: Int64 = -1
  var code: Int64?

  /// The first error stays.
  @inline(always)
  mutating func note(_ why: BinanceDecodeError) {
    if error == .none { error = why }
  }
}

extension JSONText {
  /// The text of a field that was not there.
  @inline(always)
  static var empty: JSONText { JSONText(start: UnsafePointer(bitPattern: 1)!, count: 0) }  // Safe: never read.
}
