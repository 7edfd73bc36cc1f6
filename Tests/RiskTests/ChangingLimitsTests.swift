// Limits that change: the ramp's formula at its bounds, limits set while trading, the rate with the orders before it.

import Market
import Risk
import Testing

@Suite struct ChangingLimitsTests {
  @Test func theRampIsLinearInWholePercents() {
    let ramp = LimitRamp(initialPercent: 10, durationNs: 9_000)
    let expected: [(Int64, Int64)] = [
      (-5, 10), (0, 10), (99, 10), (100, 11), (101, 11), (4_500, 55), (8_999, 99), (9_000, 100), (.max, 100),
    ]
    for (elapsedNs, percent) in expected { #expect(ramp.percent(elapsedNs: elapsedNs) == percent, "\(elapsedNs)") }
    #expect(LimitRamp().percent(elapsedNs: 0) == 100)
    let longest = LimitRamp(initialPercent: 1, durationNs: LimitRamp.longestNs)
    #expect(longest.percent(elapsedNs: LimitRamp.longestNs - 1) == 99)
  }

  @Test(
    arguments: [(100, 10, 10), (99, 10, 9), (5, 10, 1), (1, 1, 1), (.max, 50, .max / 2), (7, 100, 7)]
      as [(Int64, Int64, Int64)])
  func aRampedLimitIsRoundedDownToOneAtLeast(_ limit: Int64, _ percent: Int64, _ expected: Int64) {
    #expect(LimitRamp.scaled(limit, percent: percent) == expected)
  }

  /// Half of each limit in the first moment: within it, beyond it, beyond the limit itself.
  @Test func theGateTellsTheRampedBound() {
    func scene(_ change: (inout RiskLimits) -> Void) -> GateScene {
      var limits = GateScene.limits
      change(&limits)
      let scene = GateScene(limits: limits, ramp: LimitRamp(initialPercent: 50, durationNs: 1_000))
      scene.gate.trading.armedTimeNs = GateScene.nowNs
      return scene
    }
    func expect(_ scene: GateScene, _ reason: RefusalReason, _ observed: Int64, _ bound: Int64) {
      #expect(scene.reason() == reason)
      #expect(scene.gate.decision.observed == observed && scene.gate.decision.bound == bound)
    }
    #expect(scene { $0.maximumOrderQuantity.lots = 2000 }.reason() == .none)
    expect(scene { $0.maximumOrderQuantity.lots = 1999 }, .ramp, 1000, 999)
    expect(scene { $0.maximumOrderQuantity.lots = 999 }, .quantityAboveLimit, 1000, 999)
    let worth: Int64 = 600 * 100_000_000
    expect(scene { $0.maximumOrderNotional.units = 2 * worth - 2 }, .ramp, worth, worth - 1)
    expect(scene { $0.maximumPosition.lots = 1999 }, .ramp, 1000, 999)
    let open = scene { $0.maximumOpenOrders = 4 }
    open.exposure.openOrders = 1
    #expect(open.reason() == .none)
    open.exposure.openOrders = 2
    expect(open, .ramp, 3, 2)
  }

  @Test func whatReducesIsNotRamped() {
    var limits = GateScene.limits
    limits.maximumOrderQuantity.lots = 1000
    let scene = GateScene(limits: limits, ramp: LimitRamp(initialPercent: 1, durationNs: 1_000))
    scene.gate.trading.armedTimeNs = GateScene.nowNs
    scene.exposure.positionLots = -5000
    #expect(scene.reason() == .ramp)
    scene.candidate.reduceOnly = true
    #expect(scene.reason() == .none)
    scene.candidate.reduceOnly = false
    scene.gate.trading.armedTimeNs = GateScene.nowNs - 1_000
    #expect(scene.reason() == .none)
  }

  @Test func eachLimitActsOnTheNextOrder() {
    let changes: [(CommandLimit, Int64, RefusalReason)] = [
      (.maximumOrderQuantity, 999, .quantityAboveLimit), (.maximumOrderNotional, 1, .notionalAboveLimit),
      (.maximumPosition, 999, .positionLimit), (.priceCollarBasisPoints, 0, .priceBelowCollar),
    ]
    for (limit, value, reason) in changes {
      let scene = GateScene()
      scene.candidate.price = Price(ticks: 5_990_000)
      #expect(scene.reason() == .none)
      let isSet = scene.gate.set(limit, of: InstrumentIndex(0), to: value)
      #expect(isSet && scene.gate.limits(of: InstrumentIndex(0))?.value(of: limit) == value)
      #expect(scene.reason() == reason)
    }
    let scene = GateScene()
    scene.exposure.openOrders = 1
    let isSet = scene.gate.set(.maximumOpenOrders, of: InstrumentIndex(0), to: 1)
    #expect(isSet && scene.reason() == .openOrderLimit)
  }

  @Test func whatALimitCannotBeChangesNothing() {
    let scene = GateScene()
    let before = scene.gate.limits(of: InstrumentIndex(0))
    for limit in CommandLimit.allCases {
      for value in [Int64.min, -1, limit == .priceCollarBasisPoints ? 10_000 : 0] {
        let isSet = scene.gate.set(limit, of: InstrumentIndex(0), to: value)
        let isRateSet = scene.gate.setRate(limit, to: value)
        #expect(!isSet && !isRateSet)
      }
      let isOutside = scene.gate.set(limit, of: InstrumentIndex(1), to: 1)
      #expect(!isOutside)
    }
    #expect(scene.gate.limits(of: InstrumentIndex(0)) == before)
    let untraded = GateScene(limits: nil)
    let isSet = untraded.gate.set(.maximumPosition, of: InstrumentIndex(0), to: 1)
    #expect(!isSet && untraded.gate.limits(of: InstrumentIndex(0)) == nil)
  }

  /// Tightened, the orders of the last second count; loosened, those that a shorter memory would have forgotten.
  @Test func aChangedRateKnowsTheOrdersBeforeIt() {
    let scene = GateScene(rate: OrderRateLimits(perSecond: 5, perTenSeconds: 1000))
    for _ in 0..<4 { #expect(scene.reason() == .none) }
    let isTighter = scene.gate.setRate(.ordersPerSecond, to: 4)
    #expect(isTighter && scene.reason() == .orderRateSecond)
    let isLooser = scene.gate.setRate(.ordersPerSecond, to: 6)
    #expect(isLooser)
    #expect(scene.reason() == .none)
    #expect(scene.reason() == .none)
    #expect(scene.reason() == .orderRateSecond)
    let isTen = scene.gate.setRate(.ordersPerTenSeconds, to: 6)
    let isSecond = scene.gate.setRate(.ordersPerSecond, to: Int64(OrderRateLimits.maximumCount))
    #expect(isTen && isSecond && scene.reason() == .orderRateTenSeconds)
    let isTooMany = scene.gate.setRate(.ordersPerSecond, to: Int64(OrderRateLimits.maximumCount) + 1)
    #expect(!isTooMany)
  }

  @Test func everyUnusableFieldIsNamed() {
    let changes: [(LimitProblem, (inout RiskLimits) -> Void)] = [
      (.maximumOrderQuantity, { $0.maximumOrderQuantity = .zero }),
      (.maximumOrderNotional, { $0.maximumOrderNotional = .zero }),
      (.maximumPosition, { $0.maximumPosition = .zero }), (.maximumOpenOrders, { $0.maximumOpenOrders = 0 }),
      (.collarBasisPoints, { $0.collarBasisPoints = 10_000 }), (.maximumMarketAgeNs, { $0.maximumMarketAgeNs = 0 }),
      (.maximumOrderAgeNs, { $0.maximumOrderAgeNs = 0 }), (.feeReserveBasisPoints, { $0.feeReserveBasisPoints = -1 }),
    ]
    #expect(GateScene.limits.problem == nil)
    for (problem, change) in changes {
      var limits = GateScene.limits
      change(&limits)
      #expect(limits.problem == problem)
    }
  }
}
