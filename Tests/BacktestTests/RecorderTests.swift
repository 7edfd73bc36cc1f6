import Backtest
import Market
import Testing

@Suite struct RecorderTests {
  /// One round trip whose every figure is known by hand: bought at 100.0 under a mid of 100.5, sold at 103.0 over 102.5.
  @Test func oneRoundTripByHand() {
    let scene = Scene([.linear("X")])
    scene.touch(0, 1000, 1010, at: 0)
    scene.place(1, .buy, 1000, 10, at: 1)
    scene.fill(1, .buy, 1000, 10, at: 2, maker: true, fee: 200)
    scene.touch(0, 1010, 1020, at: 2.5)
    scene.touch(0, 1020, 1030, at: 3.5)
    scene.fill(2, .sell, 1030, 10, at: 4, maker: true, fee: 206)
    let result = scene.end(at: 10)

    // A tick is 0.1, a lot 0.001: a tick times a lot is 0.0001 = 10^4 units.
    let x = result.scopes[0]
    let unit: Int64 = 10_000
    // (1005 - 1000) * 10 + (1030 - 1025) * 10 ticks times lots.
    #expect(x.attribution.spreadCapture == Amount(units: 100 * unit))
    // A second after the first fill the mid was 1015, after the second it stood.
    #expect(x.attribution.adverseSelection == Amount(units: 100 * unit))
    // From 1015 on to 1025.
    #expect(x.attribution.inventory == Amount(units: 100 * unit))
    #expect(x.attribution.fees == Amount(units: -406))
    #expect(x[.profit] == .amount(Amount(units: 300 * unit - 406)))
    #expect(x[.roundTrips] == .count(1))
    #expect(x[.hitRate] == .number(1))
    #expect(x.orders.placed == 1)
    #expect(x.markouts.first { $0.horizon == .oneSecond && $0.kind == .maker }?.meanTicks == 10)
  }
}
