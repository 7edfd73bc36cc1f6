// Comparisons of header text against literals, without strings.

@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

/// A "tchar" of RFC 9110 section 5.6.2.
@_noLocks
func isTokenCharacter(_ byte: UInt8) -> Bool {
  switch byte {
  case 48...57, 65...90, 94...122, 124, 126: true
  case 33, 35...39, 42, 43, 45, 46: true
  default: false
  }
}

@inline(__always)
private func lowercased(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 32 : byte }

@_noLocks
func startsWith(_ bytes: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
  guard bytes.count >= literal.utf8CodeUnitCount else { return false }
  for index in 0..<literal.utf8CodeUnitCount where bytes[index] != literal.utf8Start[index] { return false }
  return true
}

/// - Parameter literal: in lower case.
@_noLocks
func equalsIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
  guard bytes.count == literal.utf8CodeUnitCount else { return false }
  for index in 0..<bytes.count where lowercased(bytes[index]) != literal.utf8Start[index] { return false }
  return true
}

/// Whether a comma-separated list has that element (RFC 9110 section 5.6.1).
///
/// - Parameter literal: in lower case.
@_noLocks
func listContains(_ list: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
  var start = 0
  while start < list.count {
    var end = start
    while end < list.count, list[end] != 44 { end &+= 1 }
    var first = start
    var last = end
    while first < last, isBlank(list[first]) { first &+= 1 }
    while last > first, isBlank(list[last &- 1]) { last &-= 1 }
    if equalsIgnoringCase(UnsafeRawBufferPointer(rebasing: list[first..<last]), literal) { return true }
    start = end &+ 1
  }
  return false
}

/// A number of decimal digits only; nil when it is not one or is above `limit`.
@_noLocks
func decimalNumber(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Int? {
  guard bytes.count > 0 else { return nil }
  var number = 0
  for byte in bytes {
    guard byte >= 48 && byte <= 57 else { return nil }
    number = number &* 10 &+ Int(byte &- 48)  // Safe: it was at most `limit`, which is far below a tenth of the range.
    guard number <= limit else { return nil }
  }
  return number
}

/// The seconds of a Retry-After field (RFC 9110 section 10.2.3). Nil for a date, and for more than three days, which is
/// the longest ban of Binance.
@_noLocks
func retryDelaySeconds(_ value: UnsafeRawBufferPointer) -> Int? { decimalNumber(value, limit: 259_200) }
