// The form in which Binance prints every price and quantity, read sixteen characters at a time.

/// Decimal text of one to seven digits, a point and eight digits ("61837.63000000"), in two machine words.
enum EightDecimals {
  static var decimals: Int { 8 }

  /// - Returns: the digits without the point; nil when the text has another form, which says nothing about it.
  @inline(always)
  static func read(_ text: UnsafeRawBufferPointer) -> UInt64? {
    guard text.count >= 10, text.count <= 16 else { return nil }
    // As the first character is in the lowest byte: what precedes the last eight characters, moved to the top, with
    // zeros below. The exclusive or makes digits of their characters.
    let missing = UInt64(16 &- text.count)
    let head = (text.loadUnaligned(as: UInt64.self) ^ zeros) &<< (8 &* missing)
    let tail = text.loadUnaligned(fromByteOffset: text.count &- 8, as: UInt64.self) ^ zeros
    guard head &>> 56 == UInt64(UInt8(ascii: ".") ^ UInt8(ascii: "0")) else { return nil }
    let whole = head &<< 8
    guard areDigits(whole), areDigits(tail) else { return nil }
    return value(whole) &* 100_000_000 &+ value(tail)
  }

  private static var zeros: UInt64 { 0x3030_3030_3030_3030 }

  /// Whether every byte is 0 to 9: adding 118 to a larger one reaches its top bit, if that is not set already.
  @inline(always)
  private static func areDigits(_ bytes: UInt64) -> Bool {
    (bytes &+ 0x7676_7676_7676_7676 | bytes) & 0x8080_8080_8080_8080 == 0
  }

  /// The number of eight digits: neighbours are joined to pairs, pairs to fours, fours to the whole.
  @inline(always)
  private static func value(_ digits: UInt64) -> UInt64 {
    let pairs = (digits &* 10 &+ digits &>> 8) & 0x00ff_00ff_00ff_00ff
    let fours = (pairs &* 100 &+ pairs &>> 16) & 0x0000_ffff_0000_ffff
    return (fours &* 10_000 &+ fours &>> 32) & 0xffff_ffff
  }
}
