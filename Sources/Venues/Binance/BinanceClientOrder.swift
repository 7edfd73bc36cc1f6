// The text form of client order identifiers on Binance: `ap` and 16 lower-case hexadecimal digits.

public import Market

/// Writes and reads `newClientOrderId`; what is not of this form was not placed by this bot.
public enum BinanceClientOrder {
  public static var byteCount: Int { 18 }

  /// The identifier, or `.none` for an order that others placed.
  @_noLocks
  public static func parse(_ text: UnsafeRawBufferPointer) -> ClientOrderIdentifier {
    guard text.count == byteCount, text[0] == UInt8(ascii: "a"), text[1] == UInt8(ascii: "p") else { return .none }
    var value: UInt64 = 0
    for i in 2..<byteCount {
      let digit = text[i] &- UInt8(ascii: "0")
      let letter = text[i] &- UInt8(ascii: "a")
      guard digit <= 9 || letter <= 5 else { return .none }
      value = value << 4 | UInt64(digit <= 9 ? digit : letter &+ 10)
    }
    return ClientOrderIdentifier(value)
  }

  /// The byte of the text at a place from 0 on.
  @inline(always)
  static func character(_ order: ClientOrderIdentifier, _ i: Int) -> UInt8 {
    if i == 0 { return UInt8(ascii: "a") }
    if i == 1 { return UInt8(ascii: "p") }
    let nibble = UInt8(truncatingIfNeeded: order.rawValue >> UInt64(4 &* (17 &- i)) & 15)
    return nibble < 10 ? UInt8(ascii: "0") &+ nibble : UInt8(ascii: "a") &+ nibble &- 10
  }
}
