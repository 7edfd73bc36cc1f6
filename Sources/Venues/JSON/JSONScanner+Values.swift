// The scalar values of JSON: strings as slices of the text, integers, literals.

/// A string's bytes where they stand in the text, escapes left as they are.
///
/// Names, symbols and decimals of the venues carry no escapes, so nothing is ever decoded: an escaped spelling of a name
/// simply equals no known name.
@frozen
public struct JSONText: BitwiseCopyable {
  public let start: UnsafePointer<UInt8>
  public let count: Int

  @inline(always)
  public init(start: UnsafePointer<UInt8>, count: Int) {
    self.start = start
    self.count = count
  }

  @inline(always) public subscript(_ i: Int) -> UInt8 { start[i] }
  @inline(always) public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  /// Whether the bytes are exactly those of `text`.
  @inline(always)
  public func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    let other = text.utf8Start
    for i in 0..<count where start[i] != other[i] { return false }
    return true
  }

  /// Whether the bytes begin with those of `text`.
  @inline(always)
  public func begins(with text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    return count >= length && JSONText(start: start, count: length).equals(text)
  }
}

extension JSONScanner {
  /// A string's bytes between its quotes.
  public mutating func string() -> JSONText {
    skipSpace()
    guard expect(UInt8(ascii: "\"")) else { return JSONText(start: base, count: 0) }
    let start = position
    while position < count {
      let byte = base[position]
      if byte == UInt8(ascii: "\"") {
        let text = JSONText(start: base + start, count: position &- start)
        position &+= 1
        followsValue = true
        return text
      }
      if byte == UInt8(ascii: "\\") {
        skipEscape()
      } else if byte < 0x20 {
        fail(.badString)
      } else {
        position &+= 1
      }
    }
    fail(.unexpectedEnd)
    return JSONText(start: base, count: 0)
  }

  /// A number without fraction or exponent, within 64 signed bits.
  public mutating func integer() -> Int64 {
    skipSpace()
    let isNegative = position < count && base[position] == UInt8(ascii: "-")
    if isNegative { position &+= 1 }
    let first = position
    var value: Int64 = 0
    while position < count {
      let digit = base[position] &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.subtractingReportingOverflow(Int64(digit))  // negative: its range holds -2^63
      if overflow || carry {
        fail(.integerOverflow)
        return 0
      }
      value = sum
      position &+= 1
    }
    guard isWholeNumber(from: first) else { return 0 }
    followsValue = true
    if isNegative { return value }
    if value == .min {
      fail(.integerOverflow)
      return 0
    }
    return 0 &- value
  }

  /// `integer` where the venue counts upwards from 0: identifiers, sequence numbers and times.
  public mutating func unsigned() -> UInt64 {
    let value = integer()
    guard value >= 0 else {
      fail(.badNumber)
      return 0
    }
    return UInt64(value)
  }

  public mutating func boolean() -> Bool {
    if peek() == UInt8(ascii: "t") { return literal("true") }
    _ = literal("false")
    return false
  }

  /// - Returns: whether `null` stood there; anything else is an error.
  public mutating func null() -> Bool {
    skipSpace()
    return literal("null")
  }

  mutating func skipNumber() {
    skipSpace()
    if position < count, base[position] == UInt8(ascii: "-") { position &+= 1 }
    let first = position
    skipDigits()
    guard hasDigits(from: first) else { return }
    if position < count, base[position] == UInt8(ascii: ".") {
      position &+= 1
      let fraction = position
      skipDigits()
      guard position > fraction else { return fail(.badNumber) }
    }
    if position < count, base[position] | 0x20 == UInt8(ascii: "e") {
      position &+= 1
      if position < count, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") { position &+= 1 }
      let exponent = position
      skipDigits()
      guard position > exponent else { return fail(.badNumber) }
    }
    followsValue = true
  }

  @inline(always)
  private mutating func skipDigits() {
    while position < count, base[position] &- UInt8(ascii: "0") <= 9 { position &+= 1 }
  }

  /// At least one digit was read, and no zero leads others.
  @inline(always)
  private mutating func hasDigits(from first: Int) -> Bool {
    guard position > first else {
      fail(position < count ? .unexpectedByte : .unexpectedEnd)
      return false
    }
    if base[first] == UInt8(ascii: "0"), position &- first > 1 {
      fail(.badNumber)
      return false
    }
    return true
  }

  @inline(always)
  private mutating func isWholeNumber(from first: Int) -> Bool {
    guard hasDigits(from: first) else { return false }
    if position < count, base[position] == UInt8(ascii: ".") || base[position] | 0x20 == UInt8(ascii: "e") {
      fail(.notAnInteger)
      return false
    }
    return true
  }

  @inline(always)
  private mutating func literal(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard count &- position >= length else {
      fail(.unexpectedEnd)
      return false
    }
    guard JSONText(start: base + position, count: length).equals(text) else {
      fail(.unexpectedByte)
      return false
    }
    position &+= length
    followsValue = true
    return true
  }

  /// Passes over `\n`, `\u00e9` and their like.
  private mutating func skipEscape() {
    guard count &- position >= 2 else { return fail(.unexpectedEnd) }
    switch base[position &+ 1] {
    case UInt8(ascii: "u"):
      guard count &- position >= 6 else { return fail(.unexpectedEnd) }
      for i in 2..<6 where !isHexDigit(base[position &+ i]) { return fail(.badString) }
      position &+= 6
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position &+= 2
    default: fail(.badString)
    }
  }
}

@inline(always)
private func isHexDigit(_ byte: UInt8) -> Bool {
  byte &- UInt8(ascii: "0") <= 9 || (byte | 0x20) &- UInt8(ascii: "a") <= 5
}
