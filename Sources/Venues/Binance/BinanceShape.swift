// Walks through a market message in exactly the form in which Binance writes it, many characters at a time.

internal import CShims
internal import Market

/// A cursor over text whose form is known. The first thing that is not as expected ends it: every call returns false or
/// nothing then, the caller gives up and the general decoder reads the text from its beginning. So this never decides what
/// is malformed, and may refuse anything that it cannot read with whole vectors inside the text.
struct BinanceShape: BitwiseCopyable {
  let start: UnsafePointer<UInt8>
  let end: UnsafePointer<UInt8>
  var next: UnsafePointer<UInt8>

  /// Nil for a text that has not even the room for one vector.
  @inline(always)
  init?(_ text: UnsafeRawBufferPointer) {
    guard let address = text.baseAddress, text.count >= 32 else { return nil }
    start = address.assumingMemoryBound(to: UInt8.self)
    next = start
    end = start + text.count
  }

  @inline(always) private var left: Int { end - next }

  /// Passes over exactly this text.
  @inline(always)
  mutating func skip(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard left >= count, apus_same_bytes(next, text.utf8Start, count) != 0 else { return false }
    next += count
    return true
  }

  /// Passes over exactly this byte.
  @inline(always)
  mutating func skip(_ byte: UInt8) -> Bool {
    guard left > 0, next[0] == byte else { return false }
    next += 1
    return true
  }

  /// Whether nothing is left but so many closing braces, one or two.
  @inline(always)
  func closes(_ braces: Int) -> Bool {
    left == braces && next[0] == UInt8(ascii: "}") && next[braces &- 1] == UInt8(ascii: "}")
  }

  /// A string without escapes of at most 31 bytes, its opening quote passed already; passes over the closing one.
  @inline(always)
  mutating func string() -> JSONText? {
    guard left >= 32 else { return nil }
    let ends = apus_string_ends_32(next)
    guard ends != 0 else { return nil }
    let text = JSONText(start: next, count: ends.trailingZeroBitCount)
    guard next[text.count] == UInt8(ascii: "\"") else { return nil }
    next += text.count &+ 1
    return text
  }

  /// A name of at most 15 bytes, its opening quote passed already; passes over the closing one.
  @inline(always)
  mutating func name() -> ShortName? {
    let start = UnsafeRawPointer(next)
    guard let text = string(), text.count > 0, text.count <= 15 else { return nil }
    // Safe: `string` saw that 32 bytes are there.
    let bits = UInt64(8 &* text.count)
    let low = start.loadUnaligned(as: UInt64.self)
    let high = start.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    let words = (
      bits < 64 ? low & (1 &<< bits &- 1) : low,
      (bits > 64 ? high & (1 &<< (bits &- 64) &- 1) : 0) | UInt64(text.count) &<< 56
    )
    return ShortName(storage: unsafeBitCast(words, to: SIMD16<UInt8>.self))
  }

  /// A whole number of at most 15 digits.
  @inline(always)
  mutating func number(_ value: inout UInt64) -> Bool {
    guard left >= 16, next - start >= 16 else { return false }
    let count = Int(apus_leading_digits_16(next))
    guard count > 0, count < 16, count == 1 || next[0] != UInt8(ascii: "0") else { return false }
    next += count
    value = apus_whole_number(next, count)
    return true
  }

  /// Decimal text in units of 10^-8, its opening quote passed already; passes over the closing one.
  @inline(always)
  mutating func decimal(_ units: inout UInt64) -> Bool {
    guard left >= 32 else { return false }
    return decimal(of: apus_quotes_32(next).trailingZeroBitCount, &units)
  }

  /// As `decimal`, where nothing but the quote and so many closing braces are behind it.
  @inline(always)
  mutating func lastDecimal(_ units: inout UInt64, braces: Int) -> Bool {
    let count = left &- braces &- 1
    guard count > 0, next[count] == UInt8(ascii: "\"") else { return false }
    return decimal(of: count, &units)
  }

  /// Decimal text of so many bytes before a quote that lies in the text.
  @inline(always)
  private mutating func decimal(of count: Int, _ units: inout UInt64) -> Bool {
    guard count <= 16, next - start >= 16 else { return false }
    units = apus_eight_decimals(next + count, count)
    next += count &+ 1
    return units != .max
  }

  /// Price and quantity of a level, `61837.63000000","0.02000000"]`, its bracket and opening quote passed already.
  @inline(always)
  mutating func level(_ price: inout UInt64, _ quantity: inout UInt64) -> Bool {
    guard left >= 32, next - start >= 16 else { return false }
    // The three quotes that are left lie in one vector: the price's end, the quantity's beginning and end.
    let quotes = apus_quotes_32(next)
    let priceEnd = quotes.trailingZeroBitCount
    let rest = quotes & (quotes &- 1)
    let quantityStart = rest.trailingZeroBitCount
    let quantityEnd = (rest & (rest &- 1)).trailingZeroBitCount
    guard quantityEnd < 31, quantityStart == priceEnd &+ 2, next[priceEnd &+ 1] == UInt8(ascii: ","),
      next[quantityEnd &+ 1] == UInt8(ascii: "]")
    else { return false }
    price = apus_eight_decimals(next + priceEnd, priceEnd)
    quantity = apus_eight_decimals(next + quantityEnd, quantityEnd &- quantityStart &- 1)
    guard price != .max, quantity != .max else { return false }
    next += quantityEnd &+ 2
    return true
  }
}
