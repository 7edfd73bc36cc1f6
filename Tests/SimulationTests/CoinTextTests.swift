import Simulation
import Testing

struct CoinTextTests {
  @Test(arguments: [
    ("0.00000001", 1), ("61737.63000000", 6_173_763_000_000), ("5", 500_000_000), ("0.1", 10_000_000),
    ("92233720368.54775807", Int64.max),
  ])
  func reads(text: String, units: Int64) throws { #expect(try CoinText.units(text) == units) }

  @Test(arguments: [
    "1e-05", "1.2.3", "", ".5", "5.", "-1", "+1", " 1", "1,5", "0x1", String(repeating: "0", count: 21),
  ])
  func refusesIllegalCharacters(text: String) {
    #expect(throws: DecimalProblem.illegalCharacters) { try CoinText.units(text) }
  }

  @Test func refusesTooMuchPrecisionAndSize() {
    #expect(throws: DecimalProblem.tooPrecise) { try CoinText.units("0.123456789") }
    #expect(throws: DecimalProblem.tooLarge) { try CoinText.units("92233720368.54775808") }
    #expect(throws: DecimalProblem.tooLarge) { try CoinText.units("99999999999999999999") }
  }

  @Test func printsWhatItReads() throws {
    var random = SplitMix64(seed: 1)
    for _ in 0..<1_000 {
      let units = Int64(random.next() >> UInt64(1 + random.below(63)))
      #expect(try CoinText.units(CoinText.text(units)) == units)
    }
    #expect(CoinText.text(-1) == "-0.00000001")
  }
}
