import Market
import Support
import Testing
import Venues

/// Exact division by a step against division.
struct BinanceGridTests {
  @Test(arguments: [(1, -8), (1, -6), (1, -2), (5, -1), (1, 0), (25, -4), (1, 3), (7, -8)] as [(Int64, Int8)])
  func agreesWithDivision(mantissa: Int64, exponent: Int8) {
    let grid = BinanceGrid(DecimalStep(mantissa: mantissa, exponent: exponent))
    var unit = UInt64(mantissa)
    for _ in 0..<Int(exponent) + 8 { unit *= 10 }
    var random = SeededRandom(UInt64(unit))
    for _ in 0..<10_000 {
      // Both multiples and their neighbours, of every length that eight and eight digits have.
      let length = (1_000_000_000_000_000 as UInt64) >> (random.next() % 48)
      let multiple = random.next() % length / unit * unit
      for units in [multiple, multiple + 1, multiple &+ unit - 1, random.next() % length] {
        #expect(grid.steps(units) == (units % unit == 0 ? Int64(units / unit) : -1))
      }
    }
  }

  @Test func aStepFinerThanTheTextDividesNothingButZero() {
    let grid = BinanceGrid(DecimalStep(mantissa: 1, exponent: -9))
    #expect(grid.steps(0) == 0 && grid.steps(1) == -1 && grid.steps(1_000_000_000) == -1)
  }
}
