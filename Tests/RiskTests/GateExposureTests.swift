// What an order adds to what is there: position, open orders, own prices, balances, rate. Each at its bound.

import Market
import Risk
import Support
import Testing

@Suite struct GateExposureTests {
  @Test(arguments: [Side.buy, .sell], [-1, 0, 1] as [Int64])
  func positionLimitCountsWorkingOrders(_ side: Side, _ difference: Int64) {
    var limits = GateScene.limits
    limits.maximumPosition = Quantity(lots: 5000)
    let scene = GateScene(limits: limits)
    scene.candidate.side = side
    // 1500 held, 2500 working on this side, 1000 asked for.
    scene.exposure.positionLots = side.sign * (1500 + difference)
    scene.exposure.workingBuyLots = side == .buy ? 2500 : 100_000
    scene.exposure.workingSellLots = side == .sell ? 2500 : 100_000
    #expect(scene.reason() == (difference > 0 ? .positionLimit : .none))
    if difference > 0 {
      #expect(scene.gate.decision.observed == 5001 && scene.gate.decision.bound == 5000)
    }
  }

  @Test func figuresThatOverflowAreRefused() {
    let scene = GateScene()
    scene.exposure.workingBuyLots = .max
    #expect(scene.reason() == .arithmeticOverflow)
    scene.exposure.workingBuyLots = 0
    scene.exposure.positionLots = .max
    #expect(scene.reason() == .arithmeticOverflow)
    scene.exposure.positionLots = .min
    scene.candidate.side = .sell
    #expect(scene.reason() == .arithmeticOverflow)
  }

  @Test(arguments: [Side.buy, .sell], [-1, 0, 1] as [Int64])
  func reduceOnlyCannotCrossZero(_ side: Side, _ difference: Int64) {
    let scene = GateScene()
    scene.candidate.side = side
    scene.exposure.positionLots = -side.sign * 1200
    scene.exposure.workingBuyLots = side == .buy ? 200 : 0
    scene.exposure.workingSellLots = side == .sell ? 200 : 0
    scene.candidate.quantity = Quantity(lots: 1000 + difference)
    #expect(scene.reason() == .none)
    scene.candidate.reduceOnly = true
    #expect(scene.reason() == (difference > 0 ? .notReducing : .none))
    scene.candidate.reduceOnly = false
    scene.conditions.input.flags = .journalBehind
    #expect(scene.reason() == (difference > 0 ? .journalBehind : .none))
  }

  @Test(
    arguments: [(8, RefusalReason.none), (9, .none), (10, .openOrderLimit), (11, .openOrderLimit)]
      as [(Int64, RefusalReason)])
  func openOrders(_ count: Int64, _ expected: RefusalReason) {
    let scene = GateScene()
    scene.exposure.openOrders = count
    #expect(scene.reason() == expected)
  }

  @Test func noTradeWithOneself() {
    let scene = GateScene()
    let expected: [(Int64, RefusalReason, RefusalReason)] = [
      (5_999_999, .none, .selfCross), (6_000_000, .selfCross, .selfCross), (6_000_001, .selfCross, .none),
    ]
    scene.exposure.lowestSell = Price(ticks: 6_000_000)
    for (ticks, buy, _) in expected {
      scene.candidate.price = Price(ticks: ticks)
      #expect(scene.reason() == buy, "\(ticks)")
    }
    scene.exposure.lowestSell = Exposure().lowestSell
    scene.exposure.highestBuy = Price(ticks: 6_000_000)
    scene.candidate.side = .sell
    for (ticks, _, sell) in expected {
      scene.candidate.price = Price(ticks: ticks)
      #expect(scene.reason() == sell, "\(ticks)")
    }
  }

  /// A buy of 600 USDT takes 600.6 with ten basis points for the fee; a sell takes 0.01 BTC.
  @Test(arguments: [-1, 0, 1] as [Int64])
  func balances(_ difference: Int64) {
    let scene = GateScene()
    scene.exposure.freeQuote = Amount(units: 60_060_000_000 + difference)
    #expect(scene.reason() == (difference < 0 ? .insufficientBalance : .none))
    scene.candidate.side = .sell
    scene.exposure.freeBase = Amount(units: 1_000_000 + difference)
    #expect(scene.reason() == (difference < 0 ? .insufficientBalance : .none))
  }

  @Test func reservationsRoundUp() throws {
    // One lot of 10^-5 at one tick of 10^-2 is 10 units; 3 ticks of 10^-3 and 7 lots of 10^-7 are 0.0021 units.
    let scale = try #require(InstrumentScale(GateScene.instrument))
    #expect(scale.reservation(side: .buy, ticks: 1, lots: 1, feeReserveBasisPoints: 0) == 10)
    #expect(scale.reservation(side: .buy, ticks: 1, lots: 1, feeReserveBasisPoints: 1) == 11)
    #expect(scale.reservation(side: .sell, ticks: 1, lots: 3, feeReserveBasisPoints: 1) == 3000)
    var fine = GateScene.instrument
    fine.tick = DecimalStep(mantissa: 1, exponent: -3)
    fine.lot = DecimalStep(mantissa: 1, exponent: -9)
    let finer = try #require(InstrumentScale(fine))
    #expect(finer.reservation(side: .buy, ticks: 3, lots: 7, feeReserveBasisPoints: 0) == 1)
    #expect(finer.reservation(side: .sell, ticks: 3, lots: 11, feeReserveBasisPoints: 0) == 2)
    #expect(finer.quoteUnits(ticks: 3, lots: 7, rounding: .down) == 0)
    #expect(scale.reservation(side: .buy, ticks: .max, lots: .max, feeReserveBasisPoints: 0) == nil)
    #expect(scale.reservation(side: .sell, ticks: 1, lots: .max, feeReserveBasisPoints: 0) == nil)
  }

  @Test(
    arguments: [
      (3, 100, .orderRateSecond, 1_000_000_000), (100, 3, .orderRateTenSeconds, 10_000_000_000),
    ] as [(Int, Int, RefusalReason, Int64)])
  func rateWindowsAreExact(_ perSecond: Int, _ perTen: Int, _ reason: RefusalReason, _ windowNs: Int64) {
    let scene = GateScene(rate: OrderRateLimits(perSecond: perSecond, perTenSeconds: perTen))
    func at(_ offsetNs: Int64, _ scene: GateScene) -> RefusalReason {
      let nowNs = GateScene.nowNs + offsetNs
      scene.conditions.input.nowNs = nowNs
      scene.touch.receiveTimeNs = nowNs
      scene.candidate.decisionTimeNs = nowNs
      return scene.reason()
    }
    for offset in [0, 10, 20] as [Int64] { #expect(at(offset, scene) == .none) }
    #expect(at(windowNs - 1, scene) == reason)
    #expect(at(windowNs, scene) == .none)  // the first has left the window
    #expect(at(windowNs + 9, scene) == reason)
    #expect(at(windowNs + 10, scene) == .none)
    #expect(at(windowNs + 11, scene) == reason)
  }

  /// Against a list of all approvals: never more than the limit in any window, and refused only when it would be.
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func rateAgreesWithAListOfTimes(_ seed: UInt64) {
    var random = SeededRandom(seed)
    let scene = GateScene(rate: OrderRateLimits(perSecond: 5, perTenSeconds: 20))
    var approved: [Int64] = []
    var nowNs = GateScene.nowNs
    for _ in 0..<3000 {
      nowNs += .random(in: 0...400_000_000, using: &random)
      scene.conditions.input.nowNs = nowNs
      scene.touch.receiveTimeNs = nowNs
      scene.candidate.decisionTimeNs = nowNs
      let inSecond = approved.filter { nowNs - $0 < 1_000_000_000 }.count
      let inTen = approved.filter { nowNs - $0 < 10_000_000_000 }.count
      let expected: RefusalReason = inSecond >= 5 ? .orderRateSecond : inTen >= 20 ? .orderRateTenSeconds : .none
      #expect(scene.reason() == expected, "seed \(seed)")
      if expected == .none { approved.append(nowNs) }
      approved.removeAll { nowNs - $0 >= 10_000_000_000 }
    }
  }

  @Test func arefusedOrderCostsNoRate() {
    let scene = GateScene(rate: OrderRateLimits(perSecond: 1, perTenSeconds: 10))
    scene.exposure.openOrders = 10
    for _ in 0..<5 { #expect(scene.reason() == .openOrderLimit) }
    scene.exposure.openOrders = 0
    #expect(scene.reason() == .none)
    #expect(scene.reason() == .orderRateSecond)
  }
}
