import Backtest
import Market
import Testing

/// Figures whose values are known by hand.
@Suite struct FigureTests {
  private func markout(_ scope: ScopeResult, _ horizon: MarkoutHorizon, _ kind: Markout.Kind) -> Markout? {
    scope.markouts.first { $0.horizon == horizon && $0.kind == kind }
  }

  /// The mid at the very end of a horizon is the one after all touches of that time; beyond the end there is none.
  @Test func markoutsLookAtTheMidInForce() {
    let scene = Scene([.linear("X")])
    scene.touch(0, 1000, 1010, at: 0)
    scene.fill(1, .sell, 1010, 1, at: 1, maker: true)
    scene.touch(0, 1001, 1011, at: 1.05)
    scene.touch(0, 1004, 1014, at: 1.1)
    scene.touch(0, 1005, 1015, at: 1.1)
    scene.touch(0, 1006, 1016, at: 1.100000001)
    scene.touch(0, 990, 1000, at: 2)
    let scope = scene.end(at: 11).scopes[0]
    #expect(markout(scope, .tenthOfSecond, .maker)?.meanTicks == 0)
    #expect(markout(scope, .oneSecond, .maker)?.meanTicks == 15)
    #expect(markout(scope, .oneSecond, .maker)?.meanBps == 15.0 / 1010 * 1e4)
    #expect(markout(scope, .tenSeconds, .maker)?.fills == 1)
    #expect(markout(scope, .oneMinute, .maker)?.fills == 0)
    #expect(markout(scope, .oneMinute, .maker)?.meanTicks == nil)
    #expect(markout(scope, .oneSecond, .taker)?.fills == 0)
    #expect(markout(scope, .oneSecond, .all)?.fills == 1)
  }

  @Test func aCrossedOrOneSidedBookLeavesTheMid() {
    let scene = Scene([.linear("X")])
    scene.touch(0, 1000, 1010, at: 0)
    scene.touch(0, 1012, 1010, at: 1)
    scene.touch(0, 0, 1010, at: 2)
    scene.fill(1, .buy, 1000, 1, at: 3, maker: true)
    #expect(scene.end(at: 4).scopes[0].attribution.spreadCapture == Amount(units: 50_000))
  }

  @Test func aFillThatCrossesZeroClosesOneTripAndBeginsAnother() {
    let scene = Scene([.linear("X")])
    scene.touch(0, 999, 1001, at: 0)
    scene.fill(1, .buy, 1000, 10, at: 1, maker: true, fee: 100_000)
    // Ten of thirty lots close at +1 tick, 10^5 units: less the fee of 10^5 and a third of 3 it is a loss.
    scene.fill(2, .sell, 1001, 30, at: 2, maker: true, fee: 3)
    scene.fill(3, .buy, 1000, 20, at: 3, maker: true, fee: 0)
    let scope = scene.end(at: 4).scopes[0]
    #expect(scope[.roundTrips] == .count(2))
    #expect(scope[.hitRate] == .number(0.5))
    #expect(scope[.profit] == .amount(Amount(units: 300_000 - 100_003)))
  }

  @Test func breakEvenFeeMakesTheProfitZero() throws {
    let scene = Scene([.linear("X")])
    scene.touch(0, 999, 1001, at: 0)
    scene.fill(1, .buy, 999, 100, at: 1, maker: true, tier: 1, fee: -1_000)
    scene.fill(2, .sell, 1000, 60, at: 2, maker: true, tier: 0, fee: 500)
    scene.fill(3, .sell, 999, 40, at: 3, maker: false, tier: 1, fee: 40_000)
    let scope = scene.end(at: 4).scopes[0]
    let units: Double = 10_000
    let gross = 60 * units
    let (maker, taker) = ((999.0 * 100 + 1000 * 60) * units, 999 * 40 * units)
    #expect(try abs(#require(scope[.breakEvenFee].real) - gross / (maker + taker) * 1e4) < 1e-12)
    #expect(try abs(#require(scope[.breakEvenMakerFee].real) - (gross - 40_000) / maker * 1e4) < 1e-12)
    #expect(try abs(#require(scope[.feeRate].real) - 39_500 / (maker + taker) * 1e4) < 1e-12)
    #expect(
      scope.feeTiers.map { "\($0.tier) \($0.isMaker) \($0.fills) \($0.fees.units)" }
        == ["0 true 1 500", "1 true 1 -1000", "1 false 1 40000"])
  }

  /// A fee in the base asset of a spot market, in a third asset with a price, and in one without.
  @Test func feesOfOtherAssetsAreValuedAtTheirMoment() {
    var spot = Instrument.linear("BTCUSDT")
    spot.kind = .spot
    var coin = Instrument.linear("BNBUSDT", index: 1)
    coin.kind = .spot
    coin.base = ShortName("BNB")!
    let scene = Scene([spot, coin])
    scene.touch(0, 1000, 1010, at: 0)
    scene.touch(1, 6000, 6001, at: 0)
    // 3 units of BTC at 100.1 are 300.3 units of USDT; 2 units of BNB at 600.05 are 1200.1.
    scene.fill(1, .buy, 1001, 1, at: 1, maker: true, fee: 3, feeAsset: "BTC")
    scene.fill(2, .buy, 1001, 1, at: 2, maker: true, fee: 2, feeAsset: "BNB")
    scene.fill(3, .buy, 1001, 1, at: 3, maker: true, fee: 5, feeAsset: "KCS")
    let scope = scene.end(at: 4).scopes[0]
    #expect(scope.attribution.fees == Amount(units: -300 - 1200))
    #expect(scope.unvaluedFees.map(\.asset.text) == ["KCS"])
    #expect(scope.unvaluedFees.map(\.fee.units) == [5])
  }

  @Test func slippageIsAgainstTheSideThatIsTaken() throws {
    let scene = Scene([.linear("X")])
    scene.touch(0, 1000, 1002, at: 0)
    scene.order(.placed, 1, .buy, 0, 10, at: 1)
    scene.touch(0, 1001, 1003, at: 1.1)
    scene.order(.arrived, 1, .buy, 0, 10, at: 1.2)
    scene.fill(1, .buy, 1004, 10, at: 1.2, maker: false)
    scene.order(.filled, 1, .buy, 0, 10, at: 1.2)
    scene.order(.acknowledged, 1, .buy, 0, 10, at: 1.3)
    let scope = scene.end(at: 4).scopes[0]
    #expect(scope[.slippageAtDecision] == .number(2.0 / 1004 * 1e4))
    #expect(scope[.slippageAtArrival] == .number(1.0 / 1004 * 1e4))
    #expect(scope[.shortfall] == .number(3.0 / 1004 * 1e4))
    // The bot heard of it after it had ended, and that counts.
    #expect(scope.acknowledgementLatency.maximumNs == 300_000_000)
  }

  @Test func latenciesAreThoseOfTheOrders() {
    let scene = Scene([.linear("X")])
    for (number, milliseconds) in [1.0, 2, 3, 100].enumerated() {
      let (order, start) = (UInt64(number), Double(number))
      scene.place(order, .buy, 1000, 1, at: start)
      scene.order(.arrived, order, .buy, 1000, 1, at: start + milliseconds / 1000)
      scene.order(.acknowledged, order, .buy, 1000, 1, at: start + milliseconds / 500)
      scene.order(.cancelRequested, order, .buy, 1000, 1, at: start + 0.5)
      scene.order(.canceled, order, .buy, 1000, 1, at: start + 0.75)
    }
    let scope = scene.end(at: 9).scopes[0]
    #expect(scope.requestLatency.count == 4)
    #expect(scope.requestLatency.maximumNs == 100_000_000)
    // To two digits: the bucket of 2 ms is at most 1/128 wide.
    #expect((2_000_000...2_015_625).contains(scope.requestLatency.percentile(50)!))
    #expect(scope.acknowledgementLatency.maximumNs == 200_000_000)
    #expect(scope.cancelLatency.percentile(100) == 250_000_000)
    let orders = scope.orders
    #expect([orders.placed, orders.acknowledged, orders.cancelRequested, orders.canceled] == [4, 4, 4, 4])
    #expect([orders.rejected, orders.expired, orders.filled] == [0, 0, 0])
  }

  /// Equity 0, 3, 1, 1, 6 and on: a mean of 6/4 over a known deviation, four samples of a second.
  @Test func ratiosOfAKnownSeries() throws {
    let scene = Scene([.linear("X")], RecorderConfiguration(sampleNs: 1_000_000_000))
    scene.touch(0, 999, 1001, at: 0)
    scene.fill(1, .buy, 1000, 1, at: 0, maker: true)
    for (second, mid) in [(1.0, 1003), (2.0, 1001), (4.0, 1006)] as [(Double, Int64)] {
      scene.touch(0, mid - 1, mid + 1, at: second)
    }
    let result = scene.end(at: 4)
    let scope = result.scopes[0]
    #expect(scope.series.equityUnits == [0, 30_000, 10_000, 10_000, 60_000])
    let year = (365.0 * 86_400).squareRoot()
    // From the mean: 1.5, -3.5, -1.5, 3.5.
    let deviation = (29.0 / 3).squareRoot()
    #expect(try abs(#require(scope[.sharpe].real) - 1.5 / deviation * year) < 1e-9)
    #expect(try abs(#require(scope[.sortino].real) - 1.5 / 1.0 * year) < 1e-9)
    #expect(scope[.maximumDrawdown] == .amount(Amount(units: 20_000)))
    #expect(scope[.drawdownFall] == .number(1))
    #expect(scope[.longestDrawdown] == .number(3))
    let calmar = 6.0 * 365 * 86_400 / 4 / 2
    #expect(try abs(#require(scope[.calmar].real) - calmar) < 1e-3)
    #expect(scope[.timeInMarket] == .number(1))
  }

  /// Assets are not added: a total for each, and venues in order.
  @Test func totalsAreByAsset() {
    let instruments = [
      Instrument.linear("A", index: 0, venue: 1), .inverse("B", index: 1), .linear("C", index: 2, venue: 0),
    ]
    let scene = Scene(instruments, RecorderConfiguration(venueNames: ["first"]))
    for index in UInt16(0)..<3 { scene.touch(index, 999, 1001, at: 0) }
    for index in UInt16(0)..<3 { scene.fill(1, .buy, 999, 1_000, at: 1, instrument: index, maker: true) }
    let result = scene.end(at: 2)
    #expect(
      result.scopes.map { "\($0.kind) \($0.name) \($0.asset.text)" } == [
        "instrument A USDT", "instrument B BTC", "instrument C USDT", "venue first USDT", "venue first BTC",
        "venue venue 1 USDT", "total total USDT", "total total BTC",
      ])
    let dollars = result.scopes[6]
    #expect(dollars.attribution.spreadCapture == Amount(units: 2 * 1_000 * 10_000))
    #expect(dollars[.fills] == .count(2))
    #expect(dollars.markouts[0].meanTicks == nil && dollars.markouts[0].meanBps != nil)
  }

  /// A mid that moves by 1 % of its level at each of 100 samples, 10 % a day's square root, and an edge of 20 bps.
  @Test func capacityFollowsTheSquareRootLaw() throws {
    let scene = Scene([.linear("X")], RecorderConfiguration(sampleNs: 864_000_000_000))
    for sample in 0...100 {
      let mid: Int64 = sample % 2 == 0 ? 10_000 : 10_100
      scene.touch(0, mid - 1, mid + 1, at: Double(sample) * 864)
      scene.recorder.marketTrade(
        InstrumentIndex(0), price: Price(ticks: mid), quantity: Quantity(lots: 1_000),
        timeNs: Scene.ns(Double(sample) * 864))
    }
    scene.fill(1, .buy, 10_000, 101, at: 86_400, maker: true)
    scene.fill(2, .sell, 10_020, 101, at: 86_400, maker: true)
    let scope = scene.end(at: 86_400).scopes[0]
    #expect(scope[.participation] == .number(202.0 / 101_000))
    let up = 200.0 / 20_000
    let down = 200.0 / 20_200
    let variance = 50 * (up * up + down * down)
    let edge = 20.0 / 20_020
    #expect(try abs(#require(scope[.capacityParticipation].real) - edge * edge / variance) < 1e-12)
    let volume = (51.0 * 10_000 + 50 * 10_100) * 1_000 * 1e-4
    #expect(try abs(#require(scope[.capacityPerDay].real) - edge * edge / variance * volume) < 1e-6)
  }
}
