import Market
import Support
import Testing

@Suite struct DecimalTextTests {
  private func parse(
    _ text: String, _ step: DecimalStep, exponentNotation: Bool = false
  ) -> (outcome: DecimalOutcome, value: Int64?) {
    var value: Int64 = 0
    var text = text
    let outcome = text.withUTF8 {
      DecimalText.parse(UnsafeRawBufferPointer($0), step: step, exponentNotation: exponentNotation, into: &value)
    }
    return (outcome, outcome == .exact ? value : nil)
  }

  @Test(
    arguments: [
      ("61837.63000000", -2, 6_183_763), ("61837.6", -2, 6_183_760), ("61837", -2, 6_183_700), ("0.00001000", -5, 1),
      ("-0.5", -1, -5), ("0", -8, 0), ("000.000", -8, 0), ("00012.5", -1, 125), ("1200", 2, 12),
      ("9223372036854775807", 0, Int64.max), ("92233720368.54775807", -8, Int64.max),
      ("1.0000000000000000000000000000", 0, 1),
    ] as [(String, Int8, Int64)])
  func readsExactly(_ text: String, _ exponent: Int8, _ expected: Int64) {
    let result = parse(text, DecimalStep(mantissa: 1, exponent: exponent))
    #expect(result.outcome == .exact)
    #expect(result.value == expected)
  }

  @Test(
    arguments: [
      ("", -2, .malformed), ("-", -2, .malformed), (".5", -2, .malformed), ("5.", -2, .malformed),
      ("+5", -2, .malformed), ("1.2.3", -2, .malformed), ("1,5", -2, .malformed), (" 1", -2, .malformed),
      ("1e-5", -8, .malformed), ("0x10", -2, .malformed), ("1\0", -2, .malformed), ("nan", -2, .malformed),
      ("99999999999999999999999x", -2, .malformed), ("1.", 0, .malformed), ("--1", 0, .malformed),
      ("0.001", -2, .offGrid), ("150", 2, .offGrid), ("0.0000000000000000000000000000001", -2, .offGrid),
      ("1.2345678901234567890123456789", -2, .offGrid), ("9223372036854775808", 0, .overflow),
      ("92233720368547758.08", -2, .overflow), ("99999999999999999999999999999", 0, .overflow),
      ("1", -19, .overflow), ("1", -128, .overflow), ("1", 127, .offGrid),
    ] as [(String, Int8, DecimalOutcome)])
  func namesWhatIsWrong(_ text: String, _ exponent: Int8, _ expected: DecimalOutcome) {
    #expect(parse(text, DecimalStep(mantissa: 1, exponent: exponent)).outcome == expected)
  }

  @Test(
    arguments: [
      ("1e-05", -5, .exact, 1), ("1.5E+2", 0, .exact, 150), ("1.5e1", -2, .exact, 1500),
      ("0e9999999999999", 0, .exact, 0),
      ("1e", 0, .malformed, nil), ("e5", 0, .malformed, nil), ("1e+", 0, .malformed, nil),
      ("1e5e5", 0, .malformed, nil),
      ("1e5.0", 0, .malformed, nil), ("1e-6", -5, .offGrid, nil), ("1e19", 0, .overflow, nil),
      ("1e99999999999999999999999", 0, .overflow, nil),
    ] as [(String, Int8, DecimalOutcome, Int64?)])
  func readsExponentsWhereAsked(_ text: String, _ exponent: Int8, _ outcome: DecimalOutcome, _ value: Int64?) {
    let result = parse(text, DecimalStep(mantissa: 1, exponent: exponent), exponentNotation: true)
    #expect(result.outcome == outcome)
    #expect(result.value == value)
  }

  @Test(
    arguments: [
      (6_183_763, 1, -2, "61837.63"), (5, 1, -8, "0.00000005"), (-5, 1, -1, "-0.5"), (0, 1, -2, "0.00"), (0, 1, 3, "0"),
      (12, 1, 2, "1200"), (3, 25, -2, "0.75"), (Int64.min, 1, 0, "-9223372036854775808"), (7, 1, 0, "7"),
      (Int64.max, 2, 0, "18446744073709551614"),
    ] as [(Int64, Int64, Int8, String)])
  func writesWithTheStepsDecimals(_ value: Int64, _ mantissa: Int64, _ exponent: Int8, _ expected: String) {
    #expect(DecimalText.string(value, step: DecimalStep(mantissa: mantissa, exponent: exponent)) == expected)
  }

  @Test func writesNothingWhereThereIsNoRoom() {
    let step = DecimalStep(mantissa: 1, exponent: -2)
    withUnsafeTemporaryAllocation(byteCount: 5, alignment: 1) { buffer in
      #expect(DecimalText.write(1234, step: step, into: buffer) == 5)
      #expect(DecimalText.write(12345, step: step, into: buffer) == nil)
      #expect(DecimalText.write(-1234, step: step, into: buffer) == nil)
      #expect(DecimalText.write(.max, step: DecimalStep(mantissa: 3, exponent: 0), into: buffer) == nil)
    }
  }

  /// Random texts against long division on lists of digits.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func agreesWithLongDivision(seed: UInt64) {
    var random = SeededRandom(seed)
    for _ in 0..<2000 {
      let step = DecimalStep(
        mantissa: [1, 1, 5, 25, 125].randomElement(using: &random)!, exponent: .random(in: -9...3, using: &random))
      let whole = String(
        (0..<Int.random(in: 1...12, using: &random)).map { _ in "0123456789".randomElement(using: &random)! })
      let fraction = String(
        (0..<Int.random(in: 0...9, using: &random)).map { _ in "00000123456789".randomElement(using: &random)! })
      let negative = Bool.random(using: &random)
      let text = (negative ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)

      // Both in units of 10^-9, the finest that occurs.
      let units = Natural(whole + fraction).shifted(9 - fraction.count)
      let (quotient, remainder) = units.divided(by: Natural(step.mantissa).shifted(9 + Int(step.exponent)))
      let result = parse(text, step)
      if remainder > Natural(0) {
        let tooLong = Natural(whole + fraction).digits.count > 19
        #expect(
          result.outcome == .offGrid || (tooLong && result.outcome == .overflow), "seed \(seed): \(text) in \(step)")
      } else if quotient > Natural(Int64.max) {
        #expect(result.outcome == .overflow, "seed \(seed): \(text) in \(step)")
      } else {
        #expect(result.outcome == .exact, "seed \(seed): \(text) in \(step)")
        #expect(result.value.map { Natural($0.magnitude) } == quotient, "seed \(seed): \(text) in \(step)")
        #expect(result.value! == 0 || (result.value! < 0) == negative)
      }
    }
  }

  @Test(arguments: [4, 5] as [UInt64])
  func readsBackWhatItWrote(seed: UInt64) throws {
    var random = SeededRandom(seed)
    for _ in 0..<5000 {
      let step = DecimalStep(
        mantissa: .random(in: 1...30, using: &random), exponent: .random(in: -12...6, using: &random))
      let value = Int64.random(in: .min...(.max), using: &random) >> Int64.random(in: 30...63, using: &random)
      let text = try #require(DecimalText.string(value, step: step))
      #expect(DecimalText.parse(text, step: step) == value, "seed \(seed): \(text) in \(step)")
    }
  }

  /// Text of eight decimals takes a way of its own; the same text behind nine zeros is too long for it.
  @Test(arguments: [9, 10] as [UInt64])
  func theShortWayAndTheLongWayAgree(seed: UInt64) {
    var random = SeededRandom(seed)
    var exact = 0
    for _ in 0..<20_000 {
      let whole = Int64.random(in: 0...9_999_999, using: &random) >> Int64.random(in: 0...23, using: &random)
      let fraction = String(100_000_000 + Int64.random(in: 0...99_999_999, using: &random)).dropFirst()
      var text = Array("\(whole).\(Bool.random(using: &random) ? fraction.prefix(2) + "000000" : fraction)".utf8)
      if Bool.random(using: &random) {
        text[.random(in: 1..<text.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      let step = DecimalStep(
        mantissa: [1, 5].randomElement(using: &random)!, exponent: .random(in: -10...1, using: &random))
      var (short, long): (Int64, Int64) = (0, 0)
      let outcome = text.withUnsafeBytes { DecimalText.parse($0, step: step, into: &short) }
      let padded = Array("000000000".utf8) + text
      let expected = padded.withUnsafeBytes { DecimalText.parse($0, step: step, into: &long) }
      #expect(outcome == expected && short == long, "seed \(seed): \(text) in \(step)")
      if outcome == .exact { exact += 1 }
    }
    #expect(exact > 2000)
  }

  @Test(arguments: [6] as [UInt64])
  func anyBytesGiveAnOutcome(seed: UInt64) {
    var random = SeededRandom(seed)
    let alphabet = Array("0123456789.-+eE \0\u{ff}x".utf8)
    var outcomes = Set<UInt8>()
    for _ in 0..<100_000 {
      let bytes = (0..<Int.random(in: 0...30, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
      var value: Int64 = 0
      let outcome = bytes.withUnsafeBytes {
        DecimalText.parse($0, step: .amount, exponentNotation: Bool.random(using: &random), into: &value)
      }
      outcomes.insert(outcome.rawValue)
      if outcome != .exact { #expect(value == 0) }
    }
    #expect(outcomes.count == 4)
  }
}
