// Bytes as text: hexadecimal and base64 (RFC 4648), written into the caller's memory.

/// Writes two lower-case hexadecimal digits for each byte.
@_noLocks
public func writeHex(_ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawPointer) {
  var place = text
  for byte in bytes {
    place.storeBytes(of: hexDigit(byte >> 4), as: UInt8.self)
    (place + 1).storeBytes(of: hexDigit(byte & 15), as: UInt8.self)
    place += 2
  }
}

@inline(always)
private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? value &+ 48 : value &+ 87 }

/// Base64 with the standard alphabet and padding (RFC 4648 section 4).
public enum Base64 {
  /// Characters that so many bytes become.
  @_noLocks
  public static func encodedCount(_ byteCount: Int) -> Int { (byteCount &+ 2) / 3 &* 4 }

  /// Writes `encodedCount` characters.
  ///
  /// - Returns: how many.
  @_noLocks
  public static func encode(_ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawPointer) -> Int {
    var place = text
    var index = 0
    while index < bytes.count {
      let left = bytes.count &- index
      let first = UInt32(bytes[index]) << 16
      let second = left > 1 ? UInt32(bytes[index &+ 1]) << 8 : 0
      let third = left > 2 ? UInt32(bytes[index &+ 2]) : 0
      let group = first | second | third
      place.storeBytes(of: character(group >> 18), as: UInt8.self)
      (place + 1).storeBytes(of: character(group >> 12), as: UInt8.self)
      (place + 2).storeBytes(of: left > 1 ? character(group >> 6) : padding, as: UInt8.self)
      (place + 3).storeBytes(of: left > 2 ? character(group) : padding, as: UInt8.self)
      place += 4
      index &+= 3
    }
    return place - text
  }

  /// The bytes that a text stands for; nil when it is not canonical base64. Cold.
  public static func decode(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let padded = text.suffix(2).filter { $0 == padding }.count
    guard padded == 0 || text.last == padding else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var group: UInt32 = 0
    var bits = 0
    for byte in text.dropLast(padded) {
      guard let value = value(byte) else { return nil }
      group = group << 6 | value
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
      }
    }
    // Bits that no byte takes must be zero: otherwise two texts would stand for the same bytes.
    return group & (1 << UInt32(bits) - 1) == 0 ? bytes : nil
  }

  private static var padding: UInt8 { 61 }  // "="

  @inline(always)
  private static func character(_ group: UInt32) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: group & 63)
    switch value {
    case ..<26: return value &+ 65
    case ..<52: return value &+ 71
    case ..<62: return value &- 4
    case 62: return 43
    default: return 47
    }
  }

  private static func value(_ character: UInt8) -> UInt32? {
    switch character {
    case 65...90: UInt32(character) - 65
    case 97...122: UInt32(character) - 71
    case 48...57: UInt32(character) + 4
    case 43: 62
    case 47: 63
    default: nil
    }
  }
}
