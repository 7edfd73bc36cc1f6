import Market
import Testing

@Suite struct InstrumentTests {
  @Test func namesOfUpToFifteenBytesFit() {
    #expect(ShortName("BTCUSDT")?.text == "BTCUSDT")
    #expect(ShortName("ABCDEFGHIJKLMNO")?.count == 15)
    #expect(ShortName("ABCDEFGHIJKLMNOP") == nil)
    #expect(ShortName("") == nil)
    #expect(ShortName("BTC") != ShortName("BTCU"))
    #expect(ShortName("BTC")?[2] == UInt8(ascii: "C"))
    #expect(ShortName.empty.count == 0 && ShortName.empty.text.isEmpty)
  }

  @Test func aStepIsPositive() async {
    await #expect(processExitsWith: .failure) { _ = DecimalStep(mantissa: 0, exponent: -2) }
  }

  @Test func clientOrderIdentifiersNameEpochAndSequence() async {
    #expect(ClientOrderIdentifier(bootEpoch: 7, sequence: 9).rawValue == 7 << 40 | 9)
    #expect(ClientOrderIdentifier(bootEpoch: 1, sequence: 0) != ClientOrderIdentifier(bootEpoch: 0, sequence: 1))
    await #expect(processExitsWith: .failure) { _ = ClientOrderIdentifier(bootEpoch: 1 << 24, sequence: 0) }
  }

  @Test func sidesAreSigned() {
    #expect(Side.buy.sign == 1 && Side.sell.sign == -1)
    #expect(Side.buy.opposite == .sell && Side.sell.opposite == .buy)
  }
}
