// A market message in SBE, as Binance's SBE streams have it. Written from the schema alone: the bot's decoder shares
// nothing with it, so that each proves the other.

import Market

/// The bytes of one event of binance-spot-api-docs, sbe/schemas/stream_1_0.xml (schema 1, version 0; little endian).
public struct SBEEvent: Sendable {
  public private(set) var bytes: [UInt8] = []

  /// Prices and quantities are mantissas of 10^-8, the decimals in which Binance prints them.
  private static let step = DecimalStep(mantissa: 1, exponent: -8)

  /// A recorded message: a diff, a bookTicker or a trade.
  ///
  /// - Parameter timeNs: the time of a bookTicker, which has none in JSON.
  /// - Returns: nil for any other message, and for numbers that do not fit.
  public init?(_ payload: JSONValue, timeNs: Int64) {
    switch payload["e"]?.scalarText {
    case "depthUpdate": guard appendDepth(payload) else { return nil }
    case "trade": guard appendTrade(payload) else { return nil }
    case nil: guard appendTouch(payload, timeNs) else { return nil }
    default: return nil
    }
    guard appendSymbol(payload) else { return nil }
  }

  private mutating func appendDepth(_ payload: JSONValue) -> Bool {
    appendHeader(template: 10_003, rootByteCount: 26)
    guard appendTime(payload["E"]), appendIdentifier(payload["U"]), appendIdentifier(payload["u"]) else { return false }
    appendExponents()
    return appendLevels(payload["b"]) && appendLevels(payload["a"])
  }

  private mutating func appendTrade(_ payload: JSONValue) -> Bool {
    appendHeader(template: 10_000, rootByteCount: 18)
    guard appendTime(payload["E"]), appendTime(payload["T"]), case .bool(let buyerIsMaker)? = payload["m"] else {
      return false
    }
    appendExponents()
    append(UInt16(25))  // a trade; `isBestMatch` is constant and takes none
    append(UInt32(1))
    guard appendIdentifier(payload["t"]), appendNumber(payload["p"]), appendNumber(payload["q"]) else { return false }
    bytes.append(buyerIsMaker ? 1 : 0)
    return true
  }

  private mutating func appendTouch(_ payload: JSONValue, _ timeNs: Int64) -> Bool {
    appendHeader(template: 10_001, rootByteCount: 50)
    append(timeNs / 1_000)
    guard appendIdentifier(payload["u"]) else { return false }
    appendExponents()
    return appendNumber(payload["b"]) && appendNumber(payload["B"]) && appendNumber(payload["a"])
      && appendNumber(payload["A"])
  }

  private mutating func appendHeader(template: UInt16, rootByteCount: UInt16) {
    append(rootByteCount)
    append(template)
    append(UInt16(1))  // schema
    append(UInt16(0))  // version
  }

  private mutating func appendExponents() {
    append(Self.step.exponent)
    append(Self.step.exponent)
  }

  private mutating func appendLevels(_ side: JSONValue?) -> Bool {
    guard let levels = side?.elements, let count = UInt16(exactly: levels.count) else { return false }
    append(UInt16(16))
    append(count)
    return levels.allSatisfy { level in
      guard let parts = level.elements, parts.count >= 2 else { return false }
      return appendNumber(parts[0]) && appendNumber(parts[1])
    }
  }

  private mutating func appendNumber(_ number: JSONValue?) -> Bool {
    guard case .string(let text)? = number, let mantissa = DecimalText.parse(text, step: Self.step) else {
      return false
    }
    append(mantissa)
    return true
  }

  private mutating func appendIdentifier(_ number: JSONValue?) -> Bool {
    guard let number = number?.unsigned, let identifier = Int64(exactly: number) else { return false }
    append(identifier)
    return true
  }

  /// Microseconds, of a time in milliseconds.
  private mutating func appendTime(_ time: JSONValue?) -> Bool {
    guard let timeMs = time?.unsigned, timeMs <= Int64.max / 1_000 else { return false }
    append(Int64(timeMs) * 1_000)
    return true
  }

  private mutating func appendSymbol(_ payload: JSONValue) -> Bool {
    guard let symbol = payload["s"]?.scalarText, let count = UInt8(exactly: symbol.utf8.count) else { return false }
    bytes.append(count)
    bytes += symbol.utf8
    return true
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }
}
