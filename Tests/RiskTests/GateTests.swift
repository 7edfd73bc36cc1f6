// Every check of the gate at its bound: one inside, at it, one outside.

import Market
import Risk
import Testing

@Suite struct GateTests {
  @Test func anApprovedOrderCarriesItsTerms() throws {
    let scene = GateScene()
    let order = try #require(scene.approve())
    #expect(scene.gate.decision.isApproved)
    #expect(order.clientOrder == scene.candidate.clientOrder)
    #expect(order.price == scene.candidate.price && order.quantity == scene.candidate.quantity)
    #expect(order.haltEpoch == 7 && order.account == 4 && order.cause == 77 && order.originTsc == 88)
    // The gate bounds how long it may wait to be sent.
    #expect(order.expiryTimeNs == GateScene.nowNs + GateScene.limits.maximumOrderAgeNs)
  }

  @Test func anEarlierExpiryIsKept() throws {
    let scene = GateScene()
    scene.candidate.expiryTimeNs = GateScene.nowNs + 5
    #expect(try #require(scene.approve()).expiryTimeNs == GateScene.nowNs + 5)
  }

  @Test(arguments: [(6, RefusalReason.halted), (7, .none), (8, .halted)] as [(UInt32, RefusalReason)])
  func haltEpoch(_ epoch: UInt32, _ expected: RefusalReason) {
    let scene = GateScene()
    scene.conditions.input.haltEpoch = epoch
    #expect(scene.reason() == expected)
  }

  @Test func sessionConditions() {
    let scene = GateScene()
    scene.conditions.input.flags = .stopping
    #expect(scene.reason() == .stopping)
    scene.conditions.input.flags = .journalFull
    #expect(scene.reason() == .journalFull)
    scene.conditions.input.flags = []
    scene.conditions.isSessionUp = false
    #expect(scene.reason() == .sessionDown)
    scene.conditions.isSessionUp = true
    scene.conditions.isReconciled = false
    #expect(scene.reason() == .notReconciled)
  }

  @Test func noLimitsMeansNoTrading() {
    let scene = GateScene(limits: nil)
    #expect(scene.reason() == .noLimits)
    var limits = GateScene.limits
    limits.maximumPosition = .zero
    #expect(limits.problem != nil)
    let unusable = GateScene(limits: limits)
    #expect(unusable.reason() == .noLimits)
  }

  @Test func unknownAndUnsupportedInstruments() {
    let scene = GateScene()
    scene.candidate.instrument = InstrumentIndex(1)
    #expect(scene.reason() == .unknownInstrument)
    scene.candidate.instrument = InstrumentIndex(0)
    scene.candidate.venue = VenueIndex(1)
    #expect(scene.reason() == .unknownInstrument)
    var perpetual = GateScene.instrument
    perpetual.kind = .inverse
    var limits = GateScene.limits
    limits.leverage = 1
    let contract = GateScene(limits: limits, instrument: perpetual)
    #expect(contract.reason() == .unsupportedContract)  // it says that it settles in the quote asset
  }

  @Test(
    arguments: [(2, RefusalReason.definitionMismatch), (3, .none), (4, .definitionMismatch)] as [(Int64, RefusalReason)]
  )
  func definitionVersion(_ version: Int64, _ expected: RefusalReason) {
    let scene = GateScene()
    scene.candidate.definitionVersion = UInt16(version)
    #expect(scene.reason() == expected)
    scene.candidate.definitionVersion = 3
    scene.touch.definitionVersion = UInt16(version)
    #expect(scene.reason() == expected)
  }

  @Test func voidAndCrossedBooks() {
    let scene = GateScene()
    scene.touch = .void
    #expect(scene.reason() == .bookVoid)
    scene.touch = GateScene.touch
    scene.touch.askQuantity = .zero
    #expect(scene.reason() == .bookVoid)
    scene.touch = GateScene.touch
    scene.touch.ask = scene.touch.bid
    #expect(scene.reason() == .bookCrossed)
    scene.touch.ask = Price(ticks: scene.touch.bid.ticks + 1)
    #expect(scene.reason() == .none)
  }

  @Test(
    arguments: [(999_999, RefusalReason.none), (1_000_000, .none), (1_000_001, .staleMarketData)]
      as [(Int64, RefusalReason)])
  func marketAge(_ ageNs: Int64, _ expected: RefusalReason) {
    let scene = GateScene()
    scene.touch.receiveTimeNs = GateScene.nowNs - ageNs
    #expect(scene.reason() == expected)
  }

  @Test(
    arguments: [(1_999_999, RefusalReason.none), (2_000_000, .none), (2_000_001, .intentTooOld)]
      as [(Int64, RefusalReason)])
  func decisionAge(_ ageNs: Int64, _ expected: RefusalReason) {
    let scene = GateScene()
    scene.candidate.decisionTimeNs = GateScene.nowNs - ageNs
    #expect(scene.reason() == expected)
  }

  @Test(arguments: [(-1, RefusalReason.expired), (0, .expired), (1, .none)] as [(Int64, RefusalReason)])
  func expiry(_ aheadNs: Int64, _ expected: RefusalReason) {
    let scene = GateScene()
    scene.candidate.expiryTimeNs = GateScene.nowNs + aheadNs
    #expect(scene.reason() == expected)
  }

  @Test func kindsOfOrder() {
    let scene = GateScene()
    scene.exposure.hasIntent = true
    #expect(scene.reason() == .duplicateIntent)
    scene.exposure.hasIntent = false
    scene.candidate.type = .market
    #expect(scene.reason() == .unboundedMarketOrder)
    scene.candidate.type = .limitMaker
    #expect(scene.reason() == .none)
    scene.candidate.timeInForce = .immediateOrCancel
    #expect(scene.reason() == .unsupportedOrder)
  }

  @Test func venuePriceRange() {
    var instrument = GateScene.instrument
    instrument.minimumPrice = Price(ticks: 6_000_000)
    instrument.maximumPrice = Price(ticks: 6_000_020)
    let scene = GateScene(instrument: instrument)
    let expected: [(Int64, RefusalReason)] = [
      (5_999_999, .priceBelowMinimum), (6_000_000, .none), (6_000_001, .none), (6_000_019, .none),
      (6_000_020, .none), (6_000_021, .priceAboveMaximum), (0, .priceBelowMinimum), (.min, .priceBelowMinimum),
      (.max, .priceAboveMaximum),
    ]
    for (ticks, reason) in expected {
      scene.candidate.price = Price(ticks: ticks)
      #expect(scene.reason() == reason, "\(ticks)")
    }
  }

  @Test func noPriceBelowOneTickWhateverTheRules() {
    var instrument = GateScene.instrument
    instrument.minimumPrice = Price(ticks: -5)
    let scene = GateScene(instrument: instrument)
    scene.candidate.price = Price(ticks: 0)
    #expect(scene.reason() == .priceBelowMinimum)
    #expect(scene.gate.decision.bound == 1)
  }

  /// One percent of 6,000,000 below the bid and of 6,000,010 above the ask: 5,940,000 and 6,060,010.1.
  @Test(arguments: [Side.buy, .sell])
  func collar(_ side: Side) {
    let scene = GateScene()
    scene.candidate.side = side
    let expected: [(Int64, RefusalReason)] = [
      (5_939_999, .priceBelowCollar), (5_940_000, .none), (5_940_001, .none), (6_060_009, .none),
      (6_060_010, .none), (6_060_011, .priceAboveCollar),
    ]
    for (ticks, reason) in expected {
      scene.candidate.price = Price(ticks: ticks)
      #expect(scene.reason() == reason, "\(ticks)")
    }
  }

  @Test func venueQuantityRange() {
    var instrument = GateScene.instrument
    instrument.minimumQuantity = Quantity(lots: 999)
    instrument.maximumQuantity = Quantity(lots: 1001)
    let scene = GateScene(instrument: instrument)
    let expected: [(Int64, RefusalReason)] = [
      (.min, .quantityBelowMinimum), (0, .quantityBelowMinimum), (998, .quantityBelowMinimum), (999, .none),
      (1000, .none), (1001, .none), (1002, .quantityAboveMaximum), (.max, .quantityAboveMaximum),
    ]
    for (lots, reason) in expected {
      scene.candidate.quantity = Quantity(lots: lots)
      #expect(scene.reason() == reason, "\(lots)")
    }
  }

  @Test(arguments: [(999, RefusalReason.none), (1000, .none), (1001, .quantityAboveLimit)] as [(Int64, RefusalReason)])
  func quantityLimit(_ lots: Int64, _ expected: RefusalReason) {
    var limits = GateScene.limits
    limits.maximumOrderQuantity = Quantity(lots: 1000)
    let scene = GateScene(limits: limits)
    scene.candidate.quantity = Quantity(lots: lots)
    #expect(scene.reason() == expected)
  }

  /// 1000 lots at 6,000,000 ticks are 600 USDT, 60,000,000,000 units.
  @Test(arguments: [-1, 0, 1] as [Int64])
  func notionalBounds(_ difference: Int64) {
    let worth: Int64 = 600 * 100_000_000
    var instrument = GateScene.instrument
    instrument.minimumNotional = Amount(units: worth - difference)
    let least = GateScene(instrument: instrument)
    #expect(least.reason() == (difference < 0 ? .notionalBelowMinimum : .none))
    instrument = GateScene.instrument
    instrument.maximumNotional = Amount(units: worth + difference)
    let most = GateScene(instrument: instrument)
    #expect(most.reason() == (difference < 0 ? .notionalAboveMaximum : .none))
    var limits = GateScene.limits
    limits.maximumOrderNotional = Amount(units: worth + difference)
    let limit = GateScene(limits: limits)
    #expect(limit.reason() == (difference < 0 ? .notionalAboveLimit : .none))
  }

  @Test func aNotionalBeyondSixtyFourBitsIsRefused() {
    var instrument = GateScene.instrument
    instrument.maximumPrice = Price(ticks: .max)
    instrument.maximumQuantity = Quantity(lots: .max)
    var limits = GateScene.limits
    limits.maximumOrderQuantity = Quantity(lots: .max)
    let scene = GateScene(limits: limits, instrument: instrument)
    scene.candidate.quantity = Quantity(lots: .max)
    #expect(scene.reason() == .arithmeticOverflow)
  }
}
