// Decimal text with eight places, as the venue reads and writes prices, quantities and amounts.

/// Why a decimal text is refused, in the terms of Binance's error codes.
public enum DecimalProblem: Error, Equatable {
  /// Not `digits[.digits]` with at most 20 of each: a sign, an exponent, a space (-1100).
  case illegalCharacters
  /// More than eight decimal places (-1111).
  case tooPrecise
  /// Larger than the venue counts.
  case tooLarge
}

/// Decimal text and integers of 10^-8.
public enum CoinText {
  /// Reads `digits[.digits]`, at most 20 of each; digits beyond the eighth place must not be there.
  public static func units(_ text: String) throws(DecimalProblem) -> Int64 {
    var units: Int64 = 0
    var whole = 0
    var places: Int?
    for byte in text.utf8 {
      if byte == UInt8(ascii: "."), places == nil, whole > 0 {
        places = 0
        continue
      }
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { throw .illegalCharacters }
      if let soFar = places { places = soFar + 1 } else { whole += 1 }
      guard whole <= 20, places ?? 0 <= 20 else { throw .illegalCharacters }
      guard places ?? 0 <= 8 else { continue }
      let (shifted, overflow) = units.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = shifted.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
      guard !overflow, !overflow2 else { throw .tooLarge }
      units = sum
    }
    guard whole > 0, places != 0 else { throw .illegalCharacters }
    guard places ?? 0 <= 8 else { throw .tooPrecise }
    for _ in (places ?? 0)..<8 {
      let (shifted, overflow) = units.multipliedReportingOverflow(by: 10)
      guard !overflow else { throw .tooLarge }
      units = shifted
    }
    return units
  }

  /// `units` of 10^-8 with all eight places, as Binance prints them.
  public static func text(_ units: Int64) -> String {
    let digits = String(units.magnitude)
    let padded = String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    return (units < 0 ? "-" : "") + padded.dropLast(8) + "." + padded.suffix(8)
  }
}
