// Walks over JSON text without making a tree of it: what a capture's millions of levels are read with.

/// A place in JSON text. Values are handed out as ranges of the text; strings without their quotes, escapes as they stand.
struct JSONScanner {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Calls `body` with the name and value of each member of the object that stands here.
  ///
  /// - Returns: false when it is no object, or `body` returned false.
  mutating func members(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool) -> Bool {
    guard take("{") else { return false }
    if take("}") { return true }
    repeat {
      guard let name = string(), take(":"), let value = value(), body(name, value) else { return false }
    } while take(",")
    return take("}")
  }

  /// Calls `body` with the two elements of each pair of the array that stands here.
  ///
  /// - Returns: false when it is no array of pairs of strings, or `body` returned false.
  mutating func pairs(_ body: (_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Bool) -> Bool {
    guard take("[") else { return false }
    if take("]") { return true }
    repeat {
      guard take("["), let first = string(), take(","), let second = string(), take("]"), body(first, second) else {
        return false
      }
    } while take(",")
    return take("]")
  }

  /// Any value; of objects and arrays only the brackets are looked at.
  private mutating func value() -> UnsafeRawBufferPointer? {
    skipSpace()
    guard place < bytes.count else { return nil }
    if bytes[place] == UInt8(ascii: "\"") { return string() }
    let start = place
    var depth = 0
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard depth > 0 else { return slice(start, place) }
        depth -= 1
        if depth == 0 {
          place += 1
          return slice(start, place)
        }
      case UInt8(ascii: ",") where depth == 0: return slice(start, place)
      case UInt8(ascii: "\""):
        guard string() != nil else { return nil }
        continue
      default: break
      }
      place += 1
    }
    return depth == 0 && place > start ? slice(start, place) : nil
  }

  private mutating func string() -> UnsafeRawBufferPointer? {
    guard take("\"") else { return nil }
    let start = place
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "\"") {
        place += 1
        return slice(start, place - 1)
      }
      place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    skipSpace()
    guard place < bytes.count, bytes[place] == UInt8(ascii: byte) else { return false }
    place += 1
    return true
  }

  private mutating func skipSpace() {
    while place < bytes.count, bytes[place] == 0x20 || (0x09...0x0D).contains(bytes[place]) { place += 1 }
  }

  private func slice(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer? {
    start <= end && end <= bytes.count ? UnsafeRawBufferPointer(rebasing: bytes[start..<end]) : nil
  }
}

extension UnsafeRawBufferPointer {
  func equals(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { $0.elementsEqual(self) }
  }

  /// The number in decimal digits; nil for anything else.
  var digits: UInt64? {
    guard !isEmpty, count <= 19 else { return nil }
    var value: UInt64 = 0
    for byte in self {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ UInt64(digit)  // 19 digits fit.
    }
    return value
  }
}
