// Whether bytes are well-formed UTF-8, told at the first byte that cannot be: text messages have to be (RFC 6455
// section 8.1), however they are cut into fragments.

/// Checks a text piece by piece against table 3-7 of the Unicode Standard, with a fast path for ASCII, which exchange
/// messages mostly are.
package struct UTF8Validator: BitwiseCopyable {
  /// Continuation bytes that the sequence under way still needs,
  private var missing: UInt8 = 0
  /// and what the next of them has to be.
  private var lower: UInt8 = 0x80
  private var upper: UInt8 = 0xbf

  package init() {}

  /// Whether the text may end here.
  package var isComplete: Bool {
    @_noLocks get { missing == 0 }
  }

  /// Goes on with more of the text.
  ///
  /// - Returns: false when it cannot become well-formed any more; the validator is not asked again then.
  @_noLocks
  package mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress else { return true }
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index &+= 1
      if missing > 0 {
        guard byte >= lower, byte <= upper else { return false }
        missing &-= 1
        (lower, upper) = (0x80, 0xbf)
      } else if byte < 0x80 {
        while index &+ 32 <= bytes.count, isASCII32(start + index) { index &+= 32 }
      } else if !begin(byte) {
        return false
      }
    }
    return true
  }

  /// Begins a sequence of two to four bytes.
  @_noLocks
  private mutating func begin(_ first: UInt8) -> Bool {
    guard first >= 0xc2, first <= 0xf4 else { return false }
    missing = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    switch first {
    case 0xe0: lower = 0xa0  // no overlong forms
    case 0xed: upper = 0x9f  // no surrogates
    case 0xf0: lower = 0x90  // no overlong forms
    case 0xf4: upper = 0x8f  // not above U+10FFFF
    default: break
    }
    return true
  }
}

@inline(__always)
private func isASCII32(_ place: UnsafeRawPointer) -> Bool {
  let a = place.loadUnaligned(as: UInt64.self) | (place + 8).loadUnaligned(as: UInt64.self)
  let b = (place + 16).loadUnaligned(as: UInt64.self) | (place + 24).loadUnaligned(as: UInt64.self)
  return (a | b) & 0x8080_8080_8080_8080 == 0
}

/// Whether a whole text is well-formed.
@_noLocks
package func isValidUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
  var validator = UTF8Validator()
  return validator.accept(bytes) && validator.isComplete
}
