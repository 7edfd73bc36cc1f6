// Fees and impact: published examples and values worked out by hand.

import Market
import Simulation
import Testing

@Suite struct FeeTests {
  /// commission_faq.md: 17491.25 x 0.0000023 is printed as 0.04022988.
  @Test func roundsAsTheVenuesExample() {
    #expect(Commission.units(1_749_125_000_000, rate: 230) == 4_022_988)
    #expect(Commission.units(1_749_125_000_000, rate: -230) == -4_022_987)
    #expect(Commission.units(100_000_000, rate: 100_000, unitsPerCoin: 250_000) == 250)
  }

  @Test func schedulesThatMakeNoSenseAreRefused() {
    #expect(FeeSchedule([]) == nil)
    #expect(FeeSchedule([FeeTier(volume: Amount(units: 1), maker: 0, taker: 0)]) == nil)
    #expect(FeeSchedule([FeeTier(maker: 0, taker: 100_000_001)]) == nil)
  }

  @Test func tiersFollowTheVolumeOfThirtyDays() throws {
    let day: Int64 = 86_400_000_000_000
    let schedule = try #require(
      FeeSchedule([
        FeeTier(maker: 100_000, taker: 200_000), FeeTier(volume: Amount(units: 1_000_000), maker: -50_000, taker: 0),
      ]))
    var desk = Desk(try Fixture.exchange(fees: schedule))
    // Ten lots at 100 are 1,000,000 units of the quote asset, and 1,000,000 of the base asset.
    var fees: [[Int64]] = []
    for time in [0, day - 10, 29 * day, 30 * day, 61 * day] {
      desk.timeNs = max(desk.timeNs, time)
      desk.place(.sell, 10, at: 100)
      desk.place(.buy, 10, at: 100, account: 1)
      fees.append(desk.outbox.filter { $0.kind == .filled }.map(\.fee.units))
    }
    // The trades of the first day count until the 29th after it: then those of the 29th do; then none does.
    #expect(fees == [[1_000, 2_000], [-500, 0], [-500, 0], [-500, 0], [1_000, 2_000]])
    let revenue = [desk.exchange.revenue(Fixture.quote).units, desk.exchange.revenue(Fixture.base).units]
    #expect(revenue == [2_000 - 1_500, 4_000])
  }

  @Test func aThirdAssetPaysWhileThereIsEnoughOfIt() throws {
    let schedule = try #require(FeeSchedule([FeeTier(maker: 0, taker: 100_000)]))
    let payment = FeePayment.other(Fixture.third, unitsPerCoin: 25_000_000)
    var desk = Desk(try Fixture.exchange(fees: schedule, payment: payment, endowed: false))
    desk.exchange.deposit(Amount(units: 400), of: Fixture.third, to: AccountIndex(0))
    desk.exchange.deposit(Amount(units: 100_000_000), of: Fixture.quote, to: AccountIndex(0))
    desk.exchange.deposit(Amount(units: 100_000_000), of: Fixture.base, to: AccountIndex(1))
    var fees: [[Int64]] = []
    for _ in 0..<2 {
      desk.place(.sell, 10, at: 100, account: 1)
      desk.place(.buy, 10, at: 100)
      fees += desk.outbox.filter { $0.kind == .filled && !$0.isMaker }.map { [Int64($0.asset.rawValue), $0.fee.units] }
    }
    // A thousandth of 1,000,000 is 1000, a quarter of it in the third asset; then that is used up.
    #expect(fees == [[2, 250], [0, 1_000]])
  }

  @Test func feesByContract() throws {
    let schedule = try #require(FeeSchedule([FeeTier(maker: 0, taker: 0)], makerPerLot: -2, takerPerLot: 5))
    var desk = Desk(try Fixture.exchange(fees: schedule))
    desk.mark(10_000, Fixture.linear)
    desk.place(.sell, 10, at: 10_000, instrument: Fixture.linear)
    desk.place(.buy, 10, at: 10_000, account: 1, instrument: Fixture.linear)
    let fees = desk.outbox.filter { $0.kind == .filled }.map(\.fee.units)
    #expect(fees == [-20, 50])
  }
}

@Suite struct ImpactTests {
  @Test func linearImpactDecaysByHalfInEveryHalfLife() {
    var impact = LinearImpact(permanentTicksPerLot: 0.5, temporaryTicksPerLot: 2, halfLifeNs: 100)
    impact.take(Quantity(lots: 4), .buy, timeNs: 1_000)
    #expect(impact.displacementTicks(at: 1_000) == 10)
    #expect(impact.displacementTicks(at: 1_200) == 4)
    impact.take(Quantity(lots: 4), .sell, timeNs: 1_200)
    #expect(impact.displacementTicks(at: 1_200) == -6)
  }

  @Test func powerImpactFollowsTheShareOfVolume() {
    var impact = PowerImpact(permanentTicks: 0, temporaryTicks: 8, volumeLots: 100, halfLifeNs: 100)
    impact.take(Quantity(lots: 25), .sell, timeNs: 5)
    #expect(impact.displacementTicks(at: 5) == -4)
    let none = NoImpact()
    #expect(none.displacementTicks(at: 5) == 0)
  }
}
