// Natural numbers of any size as lists of decimal digits: the slow, obvious reference for exact arithmetic.

struct Natural: Comparable {
  /// Least significant first, no leading zeros.
  private(set) var digits: [UInt8]

  init(_ digits: [UInt8]) {
    self.digits = digits
    while self.digits.last == 0 { self.digits.removeLast() }
  }

  /// From decimal text.
  init(_ text: some StringProtocol) { self.init(text.utf8.reversed().map { $0 - UInt8(ascii: "0") }) }
  init(_ value: some BinaryInteger) { self.init(String(value)) }

  func shifted(_ zeros: Int) -> Natural { Natural(Array(repeating: 0, count: zeros) + digits) }

  static func < (a: Natural, b: Natural) -> Bool {
    a.digits.count == b.digits.count
      ? a.digits.reversed().lexicographicallyPrecedes(b.digits.reversed()) : a.digits.count < b.digits.count
  }

  static func + (a: Natural, b: Natural) -> Natural {
    var sum: [UInt8] = []
    var carry: UInt8 = 0
    for i in 0..<max(a.digits.count, b.digits.count) + 1 {
      let digit = (i < a.digits.count ? a.digits[i] : 0) + (i < b.digits.count ? b.digits[i] : 0) + carry
      sum.append(digit % 10)
      carry = digit / 10
    }
    return Natural(sum)
  }

  static func * (a: Natural, b: Natural) -> Natural {
    var sum = Natural([])
    for (i, digit) in b.digits.enumerated() {
      for _ in 0..<digit { sum = sum + a.shifted(i) }
    }
    return sum
  }

  /// Schoolbook division from the top digit down.
  func divided(by divisor: Natural) -> (quotient: Natural, remainder: Natural) {
    var quotient: [UInt8] = []
    var rest = Natural([])
    for digit in digits.reversed() {
      rest = Natural([digit] + rest.digits)
      var times: UInt8 = 0
      var reached = divisor
      while reached <= rest {
        times += 1
        reached = reached + divisor
      }
      quotient.append(times)
      // What is left: the number that makes `times` divisors up to `rest`.
      rest = rest.minus((0..<times).reduce(Natural([])) { sum, _ in sum + divisor })
    }
    return (Natural(quotient.reversed()), rest)
  }

  private func minus(_ smaller: Natural) -> Natural {
    var difference: [UInt8] = []
    var borrow: Int8 = 0
    for (i, digit) in digits.enumerated() {
      let value = Int8(digit) - (i < smaller.digits.count ? Int8(smaller.digits[i]) : 0) - borrow
      difference.append(UInt8(value < 0 ? value + 10 : value))
      borrow = value < 0 ? 1 : 0
    }
    return Natural(difference)
  }
}
