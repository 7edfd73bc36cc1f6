import Market
import Support
import Testing

@Suite struct NotionalTests {
  private func denomination(
    tick: DecimalStep, lot: DecimalStep, kind: ContractKind = .spot, multiplier: Int64 = 1
  ) -> Denomination {
    Denomination(kind: kind, tick: tick, lot: lot, multiplier: multiplier)
  }

  @Test func bitcoinInDollars() {
    let btc = denomination(tick: DecimalStep(mantissa: 1, exponent: -2), lot: DecimalStep(mantissa: 1, exponent: -5))
    // 61837.63 * 0.00123 = 76.0602849
    let worth = notional(Price(ticks: 6_183_763), Quantity(lots: 123), btc, rounding: .down)
    #expect(worth == Amount(units: 7_606_028_490))
  }

  @Test func eachRuleRoundsItsWay() {
    // A tick of 10^-5 and a lot of 10^-4: products come in tenths of a unit.
    let fine = denomination(tick: DecimalStep(mantissa: 1, exponent: -5), lot: DecimalStep(mantissa: 1, exponent: -4))
    func worth(_ product: Int64, _ rule: Rounding) -> Int64? {
      notional(Price(ticks: product), Quantity(lots: 1), fine, rounding: rule)?.units
    }
    #expect([14, 15, 16, 25, 20, -15, -16].map { worth($0, .down) } == [1, 1, 1, 2, 2, -1, -1])
    #expect([14, 15, 16, 25, 20, -15, -16].map { worth($0, .up) } == [2, 2, 2, 3, 2, -2, -2])
    #expect([14, 15, 16, 25, 20, -15, -16].map { worth($0, .halfEven) } == [1, 2, 2, 2, 2, -2, -2])
  }

  @Test func whatDoesNotFitIsNil() {
    let whole = denomination(tick: DecimalStep(mantissa: 1, exponent: 0), lot: DecimalStep(mantissa: 1, exponent: 0))
    #expect(notional(Price(ticks: 92_233_720_368), Quantity(lots: 1), whole, rounding: .down) != nil)
    #expect(notional(Price(ticks: 92_233_720_369), Quantity(lots: 1), whole, rounding: .down) == nil)
    #expect(notional(Price(ticks: .max), Quantity(lots: .max), whole, rounding: .down) == nil)
    let coarse = denomination(
      tick: DecimalStep(mantissa: 1, exponent: 100), lot: DecimalStep(mantissa: 1, exponent: 100))
    #expect(notional(Price(ticks: 1), Quantity(lots: 1), coarse, rounding: .down) == nil)
    let inverse = denomination(
      tick: DecimalStep(mantissa: 1, exponent: -1), lot: DecimalStep(mantissa: 1, exponent: 0), kind: .inverse)
    #expect(notional(Price(ticks: 0), Quantity(lots: 1), inverse, rounding: .down) == nil)
    #expect(notional(Price(ticks: 5), .zero, inverse, rounding: .up) == .zero)
  }

  /// 3 contracts of 100 USD in lots of a tenth are 30 USD at every price, while their notional is in the base asset.
  @Test func inverseContractsAreWorthTheirNumberInTheQuoteAsset() {
    var inverse = denomination(
      tick: DecimalStep(mantissa: 1, exponent: -1), lot: DecimalStep(mantissa: 1, exponent: -1), kind: .inverse)
    inverse.multiplier = 100
    for ticks in [0, 1, 600_000] as [Int64] {
      #expect(
        quoteValue(Price(ticks: ticks), Quantity(lots: 3), inverse, rounding: .up)
          == Amount(units: 30 * Amount.unitsPerCoin))
    }
    #expect(quoteValue(Price(ticks: 1), Quantity(lots: .max), inverse, rounding: .down) == nil)
    let linear = denomination(
      tick: DecimalStep(mantissa: 1, exponent: -1), lot: DecimalStep(mantissa: 1, exponent: -1), kind: .linear)
    #expect(
      quoteValue(Price(ticks: 7), Quantity(lots: 3), linear, rounding: .down)
        == notional(Price(ticks: 7), Quantity(lots: 3), linear, rounding: .down))
  }

  /// Random products and quotients: the result must satisfy its rule's inequality in numbers of any size.
  @Test(arguments: [ContractKind.spot, .linear, .inverse], [7, 8] as [UInt64])
  func satisfiesItsDefinition(_ kind: ContractKind, seed: UInt64) {
    var random = SeededRandom(seed)
    var fitted = 0
    for _ in 0..<400 {
      let tick = DecimalStep(
        mantissa: .random(in: 1...25, using: &random), exponent: .random(in: -8...0, using: &random))
      let lot = DecimalStep(
        mantissa: .random(in: 1...25, using: &random), exponent: .random(in: -8...0, using: &random))
      let multiplier: Int64 = kind == .spot ? 1 : .random(in: 1...100, using: &random)
      let price = Int64.random(in: 1...1_000_000_000_000, using: &random) >> Int64.random(in: 0...39, using: &random)
      let lots = Int64.random(in: 1...1_000_000_000_000, using: &random) >> Int64.random(in: 0...39, using: &random)
      let rule = [Rounding.down, .up, .halfEven].randomElement(using: &random)!
      let defined = denomination(tick: tick, lot: lot, kind: kind, multiplier: multiplier)
      let result = notional(Price(ticks: max(price, 1)), Quantity(lots: lots), defined, rounding: rule)

      let quantity = Natural(lots) * Natural(lot.mantissa) * Natural(multiplier)
      let each = Natural(max(price, 1)) * Natural(tick.mantissa)
      // Over a common denominator, with both exponents made positive.
      let numerator: Natural
      let denominator: Natural
      if kind == .inverse {
        numerator = quantity.shifted(8 - Int(tick.exponent))
        denominator = each.shifted(-Int(lot.exponent))
      } else {
        numerator = (quantity * each).shifted(8)
        denominator = Natural(1).shifted(-Int(tick.exponent) - Int(lot.exponent))
      }
      let (whole, remainder) = numerator.divided(by: denominator)
      let twice = remainder + remainder
      let isOdd = (whole.digits.first ?? 0) % 2 == 1
      let roundsUp =
        switch rule {
        case .down: false
        case .up: remainder > Natural(0)
        case .halfEven: twice > denominator || (twice == denominator && isOdd)
        }
      let expected = roundsUp ? whole + Natural(1) : whole
      if let result {
        fitted += 1
        #expect(Natural(result.units) == expected, "seed \(seed)")
      } else {
        #expect(expected > Natural(Int64.max / 2), "seed \(seed): given up although it fits")
      }
    }
    #expect(fitted > 200)
  }
}
