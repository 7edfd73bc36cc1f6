// What the gate asks of contracts: a leverage, margin for what an order adds, limits in the quote asset.

import Market
import Risk
import Testing

@Suite struct MarginTests {
  /// A lot of the linear contract is 0.001 BTC, the inverse one is worth 100 USD; a tick is 0.1, the touch 60,000.0 and
  /// 60,000.2, so that the mark is 60,000.1.
  private static func instrument(_ kind: ContractKind) -> Instrument {
    var instrument = GateScene.instrument
    instrument.kind = kind
    instrument.settlement = kind == .inverse ? instrument.base : instrument.quote
    instrument.tick = DecimalStep(mantissa: 1, exponent: -1)
    instrument.lot = DecimalStep(mantissa: 1, exponent: kind == .inverse ? 0 : -3)
    instrument.multiplier = kind == .inverse ? 100 : 1
    instrument.maximumPrice = Price(ticks: 10_000_000)
    instrument.minimumQuantity = Quantity(lots: 1)
    return instrument
  }

  private func scene(_ kind: ContractKind, leverage: Int64 = 10, feeReserve: Int64 = 0) -> GateScene {
    var limits = GateScene.limits
    limits.leverage = leverage
    limits.feeReserveBasisPoints = feeReserve
    let scene = GateScene(limits: limits, instrument: Self.instrument(kind))
    scene.touch.bid = Price(ticks: 600_000)
    scene.touch.ask = Price(ticks: 600_002)
    scene.candidate.price = Price(ticks: 600_001)
    scene.candidate.quantity = Quantity(lots: 100)
    return scene
  }

  @Test func leverageIsOfContractsAndNotOfSpot() {
    for kind in [ContractKind.linear, .inverse] {
      #expect(scene(kind).reason() == .none)
      #expect(scene(kind, leverage: 0).reason() == .noLimits)
      #expect(scene(kind, leverage: -1).reason() == .noLimits)
    }
    var limits = GateScene.limits
    #expect(limits.problem(for: .spot) == nil && limits.problem(for: .linear) == .leverage)
    limits.leverage = 1
    #expect(limits.problem(for: .spot) == .leverageOfSpot && limits.problem(for: .inverse) == nil)
    #expect(GateScene(limits: limits).reason() == .noLimits)
    limits.maximumPosition = .zero
    #expect(limits.problem(for: .linear) == .maximumPosition)
  }

  @Test func aContractThatSettlesInAnotherAssetIsNotKnown() {
    var limits = GateScene.limits
    limits.leverage = 1
    for kind in [ContractKind.linear, .inverse] {
      var quanto = Self.instrument(kind)
      quanto.settlement = kind == .inverse ? quanto.quote : quanto.base
      #expect(GateScene(limits: limits, instrument: quanto).reason() == .unsupportedContract)
      var worthless = Self.instrument(kind)
      worthless.multiplier = 0
      #expect(GateScene(limits: limits, instrument: worthless).reason() == .unsupportedContract)
    }
  }

  /// 0.1 BTC at 60,000.1 are 6,000.01: a tenth is 600.001. 10,000 USD at 60,000.1 are 0.16666638 BTC (rounded down): a
  /// tenth, rounded up, 0.01666664.
  @Test(arguments: [(ContractKind.linear, 60_000_100_000), (.inverse, 1_666_664)] as [(ContractKind, Int64)])
  func anOrderNeedsTheMarginThatItAdds(_ kind: ContractKind, _ margin: Int64) {
    for side in Side.allCases {
      let scene = scene(kind)
      scene.candidate.side = side
      scene.exposure.freeQuote = Amount(units: margin)
      #expect(scene.reason() == .none)
      scene.exposure.freeQuote = Amount(units: margin - 1)
      #expect(scene.reason() == .insufficientBalance)
      #expect(scene.gate.decision.observed == margin && scene.gate.decision.bound == margin - 1)
      // An order of the other side that is as large needs none for itself: only one of them can be filled first.
      if side == .buy { scene.exposure.workingSellLots = 100 } else { scene.exposure.workingBuyLots = 100 }
      scene.exposure.freeQuote = .zero
      #expect(scene.reason() == .none)
    }
  }

  @Test(arguments: [ContractKind.linear, .inverse])
  func whatCannotMakeThePositionLargerNeedsNothing(_ kind: ContractKind) {
    for (side, position): (Side, Int64) in [(.sell, 100), (.buy, -100), (.sell, 50), (.buy, -50)] {
      let scene = scene(kind)
      scene.candidate.side = side
      scene.exposure.positionLots = position
      scene.exposure.freeQuote = Amount(units: -1)  // already under water
      #expect(scene.reason() == .none, "100 lots against \(position)")
      scene.candidate.quantity = Quantity(lots: 2 * abs(position) + 1)
      #expect(scene.reason() == .insufficientBalance)
      scene.candidate.reduceOnly = true
      #expect(scene.reason() == .notReducing)
      scene.candidate.quantity = Quantity(lots: abs(position))
      #expect(scene.reason() == .none)
    }
  }

  /// A tick above the mark costs a buyer of 0.1 BTC one cent, and a buyer of 10,000 USD what they are worth less there.
  @Test(arguments: [(ContractKind.linear, 1_000_000, 1_000_000), (.inverse, 27, 28)] as [(ContractKind, Int64, Int64)])
  func whatIsLostAtOnceIsNeededToo(_ kind: ContractKind, _ buyersLoss: Int64, _ sellersLoss: Int64) {
    for (side, loss) in [(Side.buy, buyersLoss), (.sell, sellersLoss)] {
      let scene = scene(kind)
      scene.candidate.side = side
      scene.exposure.freeQuote = .zero
      _ = scene.reason()
      let margin = scene.gate.decision.observed
      scene.candidate.price.ticks += side.sign
      #expect(scene.reason() == .insufficientBalance && scene.gate.decision.observed == margin + loss)
      scene.candidate.price.ticks -= 2 * side.sign  // a better price is no profit yet
      _ = scene.reason()
      #expect(scene.gate.decision.observed == margin)
    }
  }

  @Test func theFeeReserveIsOfTheWorth() {
    let linear = scene(.linear, feeReserve: 10)
    linear.exposure.freeQuote = .zero
    _ = linear.reason()
    #expect(linear.gate.decision.observed == 60_000_100_000 + 600_001_000)
    let inverse = scene(.inverse, feeReserve: 10)
    inverse.exposure.freeQuote = .zero
    _ = inverse.reason()
    #expect(inverse.gate.decision.observed == 1_666_664 + 16_667)
  }

  /// Limits and filters are in the quote asset: 100 inverse contracts are 10,000 USD at every price.
  @Test(arguments: [599_000, 600_000, 603_000] as [Int64])
  func inverseContractsAreLimitedByTheirNumber(_ ticks: Int64) {
    var limits = GateScene.limits
    limits.leverage = 1
    limits.maximumOrderNotional = Amount(units: 10_000 * Amount.unitsPerCoin)
    let scene = GateScene(limits: limits, instrument: Self.instrument(.inverse))
    scene.touch.bid = Price(ticks: 600_000)
    scene.touch.ask = Price(ticks: 600_002)
    scene.candidate.price = Price(ticks: ticks)
    scene.candidate.quantity = Quantity(lots: 100)
    #expect(scene.reason() == .none)
    scene.candidate.quantity = Quantity(lots: 101)
    #expect(scene.reason() == .notionalAboveLimit)
    #expect(scene.gate.decision.observed == 10_100 * Amount.unitsPerCoin)
  }

  @Test func figuresThatOverflowAreRefused() throws {
    let rule = try #require(MarginRule(Self.instrument(.linear), scene(.linear).gate.limits(of: InstrumentIndex(0))))
    #expect(rule.initial(positionLots: .max, buyLots: .max, sellLots: 0, markTicks: 1) == nil)
    #expect(rule.initial(positionLots: 0, buyLots: .max, sellLots: 0, markTicks: 1_000_000) == nil)
    #expect(rule.initial(positionLots: .min, buyLots: 0, sellLots: 0, markTicks: 1) == nil)
    #expect(rule.part(of: .max) == (.max - 7) / 10 + 1)
    #expect(
      rule.initial(positionLots: -3, buyLots: 3, sellLots: 0, markTicks: 600_000) == rule.part(of: 18_000_000_000))
    var crossed = GateScene.touch
    crossed.bid = Price(ticks: .max)
    #expect(crossed.markTicks == 0)
  }
}
