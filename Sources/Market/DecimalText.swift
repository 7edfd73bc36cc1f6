// Decimal text to integers and back, exactly: the only door through which prices and quantities enter and leave.

/// How a text was read.
public enum DecimalOutcome: UInt8, BitwiseCopyable, Sendable {
  case exact = 0
  /// Not a decimal number (or one in exponent notation where that is not asked for).
  case malformed = 1
  /// A number, but no whole multiple of the step.
  case offGrid = 2
  /// A number beyond what the integer holds, or one of more than 19 digits (padding behind the point not counted).
  case overflow = 3
}

/// Reads and writes decimal numbers as whole multiples of a `DecimalStep`. Nothing passes through floating point.
public enum DecimalText {
  /// Reads `[-]digits[.digits]`, and `e[+-]digits` behind it if asked, as a multiple of `step`.
  ///
  /// - Parameters:
  ///   - exponentNotation: whether `1e-05` is a number (Kraken sends it; Binance neither sends nor accepts it).
  ///   - value: set only when the outcome is `.exact`.
  @_noLocks @inline(never)
  public static func parse(
    _ text: UnsafeRawBufferPointer, step: DecimalStep, exponentNotation: Bool = false, into value: inout Int64
  ) -> DecimalOutcome {
    if let digits = EightDecimals.read(text) {
      return scale(digits, -EightDecimals.decimals &- Int(step.exponent), step.mantissa, false, &value)
    }
    var end = text.count
    var power = 0
    if exponentNotation, !readExponent(text, &end, &power) { return .malformed }

    let negative = end > 0 && text[0] == UInt8(ascii: "-")
    let start = negative ? 1 : 0
    var significand: UInt64 = 0
    let point = readDigits(text, from: start, to: end, &significand)
    guard point > start else { return .malformed }
    if point < end {
      guard text[point] == UInt8(ascii: "."), point &+ 1 < end else { return .malformed }
      // Venues pad with zeros ("61837.63000000"): they neither count against the grid nor against the range.
      var last = end
      while text[last &- 1] == UInt8(ascii: "0") { last &-= 1 }  // Safe: the point ends it.
      guard readDigits(text, from: point &+ 1, to: last, &significand) == last else { return .malformed }
      power &-= last &- point &- 1
    }
    return scale(significand, power &- Int(step.exponent), step.mantissa, negative, &value)
  }

  /// Writes `value` steps as plain decimal text, with exactly the decimals that the step has.
  ///
  /// - Returns: how many bytes were written; nil when `buffer` is too small or the number needs more than 64 bits.
  @_noLocks @inline(never)
  public static func write(
    _ value: Int64, step: DecimalStep, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int? {
    let (product, overflow) = value.magnitude.multipliedReportingOverflow(by: step.mantissa.magnitude)
    guard !overflow else { return nil }
    let decimals = step.exponent < 0 ? -Int(step.exponent) : 0
    let zeros = step.exponent > 0 && product > 0 ? Int(step.exponent) : 0
    var digits = 1
    var rest = product / 10
    while rest > 0 {
      digits &+= 1
      rest /= 10
    }
    if digits <= decimals { digits = decimals &+ 1 }
    let sign = value < 0 ? 1 : 0
    let count = sign &+ digits &+ (decimals > 0 ? 1 : 0) &+ zeros
    guard count <= buffer.count else { return nil }

    var place = count
    while place > count &- zeros {
      place &-= 1
      buffer[place] = UInt8(ascii: "0")
    }
    rest = product
    var written = 0
    while written < digits {
      if written == decimals, decimals > 0 {
        place &-= 1
        buffer[place] = UInt8(ascii: ".")
      }
      place &-= 1
      buffer[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      written &+= 1
    }
    if sign == 1 { buffer[0] = UInt8(ascii: "-") }
    return count
  }

  /// Stands for a significand of more digits than 64 bits hold; no sum of digits below comes out at it.
  private static var tooManyDigits: UInt64 { .max }

  /// Appends digits to `significand` until something else comes.
  ///
  /// - Returns: where it stopped.
  @inline(always)
  private static func readDigits(
    _ text: UnsafeRawBufferPointer, from start: Int, to end: Int, _ significand: inout UInt64
  ) -> Int {
    // The largest value that takes any further digit.
    let limit = UInt64.max / 10 - 1
    var i = start
    while i < end {
      let digit = text[i] &- UInt8(ascii: "0")
      guard digit < 10 else { return i }
      significand = significand <= limit ? significand &* 10 &+ UInt64(digit) : tooManyDigits
      i &+= 1
    }
    return i
  }

  /// Reads `e[+-]digits` at the end of the text, if it is there, and moves `end` before it; false when it is malformed.
  private static func readExponent(_ text: UnsafeRawBufferPointer, _ end: inout Int, _ power: inout Int) -> Bool {
    var mark = 0
    while mark < end, text[mark] | 0x20 != UInt8(ascii: "e") { mark &+= 1 }
    guard mark < end else { return true }
    var start = mark &+ 1
    guard start < end else { return false }
    let negative = text[start] == UInt8(ascii: "-")
    if negative || text[start] == UInt8(ascii: "+") { start &+= 1 }
    var magnitude: UInt64 = 0
    let stop = readDigits(text, from: start, to: end, &magnitude)
    guard start < end, stop == end else { return false }
    // A thousand is beyond any integer here, and far from wrapping the sums below.
    let bounded = magnitude < 1000 ? Int(magnitude) : 1000
    power = negative ? -bounded : bounded
    end = mark
    return true
  }

  /// `significand` times ten to the `power`, divided by `mantissa`, if that is whole and fits.
  private static func scale(
    _ significand: UInt64, _ power: Int, _ mantissa: Int64, _ negative: Bool, _ value: inout Int64
  ) -> DecimalOutcome {
    guard significand > 0 else {
      value = 0
      return .exact
    }
    // With a step of one digit, what has more decimals than the step is off the grid however long it is.
    if significand == tooManyDigits { return power < 0 ? .offGrid : .overflow }
    var product = UInt128(significand)
    if power > 0 {
      guard power <= PowersOfTen.largest else { return .overflow }
      product &*= UInt128(PowersOfTen.value(power))  // Safe: below 2 to the 128.
    } else if power < 0 {
      guard power >= -PowersOfTen.largest else { return .offGrid }
      let (quotient, remainder) = significand.quotientAndRemainder(dividingBy: PowersOfTen.value(-power))
      guard remainder == 0 else { return .offGrid }
      product = UInt128(quotient)
    }
    if mantissa != 1 {
      let (quotient, remainder) = product.quotientAndRemainder(dividingBy: UInt128(mantissa.magnitude))
      guard remainder == 0 else { return .offGrid }
      product = quotient
    }
    guard product <= UInt128(Int64.max) else { return .overflow }
    value = negative ? -Int64(truncatingIfNeeded: product) : Int64(truncatingIfNeeded: product)
    return .exact
  }
}

extension DecimalText {
  /// The text of `value` steps. Allocates: for people and configuration, not for the hot path.
  public static func string(_ value: Int64, step: DecimalStep) -> String? {
    withUnsafeTemporaryAllocation(byteCount: 192, alignment: 8) { buffer in
      write(value, step: step, into: buffer).map { String(decoding: buffer[..<$0], as: UTF8.self) }
    }
  }

  /// Reads `text` in steps; nil unless it is exact.
  public static func parse(_ text: String, step: DecimalStep) -> Int64? {
    var value: Int64 = 0
    var text = text
    let outcome = text.withUTF8 { parse(UnsafeRawBufferPointer($0), step: step, into: &value) }
    return outcome == .exact ? value : nil
  }
}

extension DecimalStep {
  /// The step of amounts: 10^-8 of a coin.
  public static var amount: DecimalStep { DecimalStep(mantissa: 1, exponent: -8) }
}
