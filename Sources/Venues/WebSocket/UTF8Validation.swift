// Whether bytes are well-formed UTF-8: text messages have to be (RFC 6455 section 8.1).

/// Checks against table 3-7 of the Unicode Standard, with a fast path for ASCII, which exchange messages mostly are.
@_noLocks
package func isValidUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
  guard let start = bytes.baseAddress else { return true }
  var index = 0
  while index < bytes.count {
    if bytes[index] < 0x80 {
      index &+= 1
      while index &+ 32 <= bytes.count, isASCII32(start + index) { index &+= 32 }
      continue
    }
    let count = sequenceCount(bytes, index)
    guard count > 0 else { return false }
    index &+= count
  }
  return true
}

@inline(__always)
private func isASCII32(_ place: UnsafeRawPointer) -> Bool {
  let a = place.loadUnaligned(as: UInt64.self) | (place + 8).loadUnaligned(as: UInt64.self)
  let b = (place + 16).loadUnaligned(as: UInt64.self) | (place + 24).loadUnaligned(as: UInt64.self)
  return (a | b) & 0x8080_8080_8080_8080 == 0
}

/// Bytes of the well-formed sequence of two to four bytes at `index`; 0 when there is none.
@_noLocks
private func sequenceCount(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
  let left = bytes.count &- index
  let first = bytes[index]
  guard first >= 0xc2, first <= 0xf4 else { return 0 }
  let count = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  guard left >= count else { return 0 }
  let second = bytes[index &+ 1]
  let range: ClosedRange<UInt8> =
    switch first {
    case 0xe0: 0xa0...0xbf  // no overlong forms
    case 0xed: 0x80...0x9f  // no surrogates
    case 0xf0: 0x90...0xbf  // no overlong forms
    case 0xf4: 0x80...0x8f  // not above U+10FFFF
    default: 0x80...0xbf
    }
  guard second >= range.lowerBound, second <= range.upperBound else { return 0 }
  for offset in 2..<4 where offset < count && bytes[index &+ offset] & 0xc0 != 0x80 { return 0 }
  return count
}
