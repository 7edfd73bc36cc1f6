// A row of somebody else's file, before it is known what a tick and a lot are.

import Market

/// A decimal number as a file prints it, without floating point: `digits` times ten to the `exponent`, no zero at the
/// end of the digits.
struct ImportedDecimal: Equatable {
  private(set) var digits: Int64
  private(set) var exponent: Int

  static var zero: ImportedDecimal { ImportedDecimal(0, 0) }

  init(_ digits: Int64, _ exponent: Int) {
    (self.digits, self.exponent) = digits == 0 ? (0, 0) : (digits, exponent)
    while self.digits != 0, self.digits % 10 == 0 {
      self.digits /= 10
      self.exponent += 1
    }
  }

  /// Reads `[-]digits[.digits][e[+-]digits]`.
  ///
  /// - Returns: nil for anything else, for more than 18 digits, for more than 18 decimals, and for 10^18 and above: so any
  ///   two of them can be brought to one exponent in 128 bits.
  init?(_ text: UnsafeRawBufferPointer) {
    var (digits, exponent, count) = (Int64(0), 0, 0)
    var (seenPoint, seenDigit) = (false, false)
    var place = 0
    let isNegative = !text.isEmpty && text[0] == UInt8(ascii: "-")
    if isNegative { place = 1 }
    while place < text.count {
      let byte = text[place]
      if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        seenDigit = true
        if digits > 0 || byte > UInt8(ascii: "0") { count += 1 }
        guard count <= 18 else { return nil }
        digits = digits * 10 + Int64(byte - UInt8(ascii: "0"))
        if seenPoint { exponent -= 1 }
      } else {
        break
      }
      place += 1
    }
    guard seenDigit else { return nil }
    if place < text.count {
      guard text[place] | 0x20 == UInt8(ascii: "e"),
        let power = Int(String(decoding: text[(place + 1)...], as: UTF8.self)), abs(power) <= 64
      else { return nil }
      exponent += power
    }
    self.init(isNegative ? -digits : digits, exponent)
    var integerDigits = self.exponent
    var rest = self.digits.magnitude
    while rest > 0 {
      rest /= 10
      integerDigits += 1
    }
    guard self.exponent >= -18, integerDigits <= 18 else { return nil }
  }

  /// The decimal that this floating-point number is the nearest one to; nil when it is not finite or has more than 18
  /// digits.
  init?(_ value: Double) {
    var text = "\(value)"
    guard value.isFinite, let decimal = text.withUTF8({ ImportedDecimal(UnsafeRawBufferPointer($0)) }) else {
      return nil
    }
    self = decimal
  }

  /// The number in steps; nil when it is no whole multiple or does not fit.
  func steps(_ step: DecimalStep) -> Int64? {
    let (whole, rest) = quotient(step)
    return rest ? nil : whole
  }

  /// The number in steps, rounded towards zero or away from it; nil when it does not fit.
  func steps(_ step: DecimalStep, roundedUp: Bool) -> Int64? {
    let (whole, rest) = quotient(step)
    return whole.flatMap { rest && roundedUp ? ($0 < .max ? $0 + 1 : nil) : $0 }
  }

  private func quotient(_ step: DecimalStep) -> (whole: Int64?, hasRest: Bool) {
    let power = exponent - Int(step.exponent)
    // 18 digits and 18 powers of ten fit 128 bits.
    guard digits != 0, power >= -18 else { return (0, digits != 0) }
    guard power <= 18 else { return (nil, false) }
    let factor = (0..<abs(power)).reduce(Int128(1)) { factor, _ in factor * 10 }
    let numerator = power > 0 ? Int128(digits) * factor : Int128(digits)
    let denominator = power < 0 ? Int128(step.mantissa) * factor : Int128(step.mantissa)
    let (whole, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
    return (Int64(exactly: whole), rest != 0)
  }
}

/// A row as it stands in the file, or as it follows from the file.
struct ImportedRow {
  var kind: TapeRowKind
  var side: Side
  var exchangeTimeNs: Int64
  var localTimeNs: Int64
  var price: ImportedDecimal
  var quantity: ImportedDecimal
  /// Where it stands in its file, or what it follows from ends: a table's line from 1, an array's row from 0.
  var line: Int
  var number: UInt64 = 0
  /// The last row of its message.
  var endsMessage = false
  /// Price or quantity were computed and may fall between the venue's steps: they are rounded, prices of levels away
  /// from the touch, quantities down.
  var derived: DerivedFrom?
}

/// What a derived row's steps can be read off, since they cannot be read off its own figures.
struct DerivedFrom {
  /// Nil where the file prints no price.
  var priceExponent: Int?
  var quantityExponent: Int
}

/// A file in somebody else's format: rows in the order of their receive times. One owner, one thread.
protocol ImportSource: AnyObject {
  var path: String { get }
  /// - Returns: the next row; nil after the last.
  /// - Throws: `CaptureError` with file, line (or row) and reason.
  func next() throws(CaptureError) -> ImportedRow?
  /// An error of a row that was read before.
  func failure(_ row: ImportedRow, _ reason: String) -> CaptureError
}

extension ImportSource {
  func failure(_ row: ImportedRow, _ reason: String) -> CaptureError {
    CaptureError(file: path, line: row.line, reason: reason)
  }
}
