// A strict single-pass reader of JSON text (RFC 8259) over raw bytes: no tree, no allocation, no floating point.

/// Why a text was refused.
public enum JSONError: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case none = 0
  case unexpectedEnd = 1
  case unexpectedByte = 2
  /// A control byte or a bad escape inside a string.
  case badString = 3
  case badNumber = 4
  /// A number with a fraction or an exponent where an integer must stand.
  case notAnInteger = 5
  case integerOverflow = 6
  case tooDeep = 7
  /// Something follows the value.
  case trailingBytes = 8
}

/// Reads one JSON value from front to back; the caller says what it expects next.
///
///     var scanner = JSONScanner(bytes)
///     scanner.beginObject()
///     while let key = scanner.nextKey() {
///       if key.equals("id") { id = scanner.integer() } else { scanner.skipValue() }
///     }
///     scanner.finish()
///     guard scanner.error == .none else { … }
///
/// The first error sticks: it moves the cursor to the end, every later call returns an empty answer, and loops end. So
/// a decoder asks for the error once, at its end. Nothing here traps, whatever the bytes are. One thread; a plain value,
/// so that a copy is a bookmark.
@frozen
public struct JSONScanner: BitwiseCopyable {
  /// Containers inside containers; Binance's deepest message has 4.
  public static var depthLimit: Int { 32 }

  @usableFromInline let base: UnsafePointer<UInt8>
  @usableFromInline let count: Int
  /// The next byte to read.
  public internal(set) var position = 0
  public internal(set) var error = JSONError.none
  /// A value was completed in the current container: a comma or the container's end must follow.
  var followsValue = false

  /// - Parameter bytes: the text; it must outlive the scanner and every `JSONText` taken from it.
  public init(_ bytes: UnsafeRawBufferPointer) {
    if let start = bytes.baseAddress {
      base = start.assumingMemoryBound(to: UInt8.self)
      count = bytes.count
    } else {
      base = UnsafePointer(bitPattern: 1)!  // Safe: never read, the count is 0.
      count = 0
    }
  }

  /// Enters an object: `nextKey` follows until it returns nil.
  public mutating func beginObject() { begin(UInt8(ascii: "{")) }

  /// Enters an array: `nextElement` follows until it returns false.
  public mutating func beginArray() { begin(UInt8(ascii: "[")) }

  /// The next member's key, the cursor then stands before its value; nil at the object's end and after an error.
  public mutating func nextKey() -> JSONText? {
    guard advance(closing: UInt8(ascii: "}")) else { return nil }
    let key = string()
    skipSpace()
    guard expect(UInt8(ascii: ":")) else { return nil }
    followsValue = false
    return key
  }

  /// Whether another element stands there, the cursor then before it; false at the array's end and after an error.
  public mutating func nextElement() -> Bool { advance(closing: UInt8(ascii: "]")) }

  /// The first byte of the next value, 0 at the end of the text: tells an object, array, string or number apart.
  public mutating func peek() -> UInt8 {
    skipSpace()
    return position < count ? base[position] : 0
  }

  /// Checks that nothing but space follows the value that was read.
  public mutating func finish() {
    skipSpace()
    if error == .none, position != count { fail(.trailingBytes) }
  }

  /// Passes over any value, checking its grammar.
  public mutating func skipValue() { skipValue(depth: 0) }
}

extension JSONScanner {
  @inline(always)
  mutating func fail(_ why: JSONError) {
    if error == .none { error = why }
    position = count
  }

  @inline(always)
  mutating func skipSpace() {
    while position < count {
      switch base[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position &+= 1
      default: return
      }
    }
  }

  /// Consumes exactly this byte.
  @inline(always)
  mutating func expect(_ byte: UInt8) -> Bool {
    guard position < count else {
      fail(.unexpectedEnd)
      return false
    }
    guard base[position] == byte else {
      fail(.unexpectedByte)
      return false
    }
    position &+= 1
    return true
  }

  @inline(always)
  private mutating func begin(_ opening: UInt8) {
    skipSpace()
    if expect(opening) { followsValue = false }
  }

  /// Moves to the next member or element: over the comma when one is due, or over the container's end.
  @inline(always)
  private mutating func advance(closing: UInt8) -> Bool {
    skipSpace()
    guard position < count else {
      fail(.unexpectedEnd)
      return false
    }
    if base[position] == closing, error == .none {
      position &+= 1
      followsValue = true
      return false
    }
    if followsValue {
      guard expect(UInt8(ascii: ",")) else { return false }
      skipSpace()
      if position < count, base[position] == closing {  // a comma before the end
        fail(.unexpectedByte)
        return false
      }
    }
    followsValue = false
    return error == .none
  }

  private mutating func skipValue(depth: Int) {
    guard depth < JSONScanner.depthLimit else { return fail(.tooDeep) }
    switch peek() {
    case UInt8(ascii: "{"):
      beginObject()
      while nextKey() != nil { skipValue(depth: depth &+ 1) }
    case UInt8(ascii: "["):
      beginArray()
      while nextElement() { skipValue(depth: depth &+ 1) }
    case UInt8(ascii: "\""): _ = string()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = boolean()
    case UInt8(ascii: "n"): _ = null()
    default: skipNumber()
    }
  }
}
