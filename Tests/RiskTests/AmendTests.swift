import Market
import Risk
import Testing

/// Cutting an open order: what the gate asks, and what it does not.
struct AmendTests {
  private func reason(
    _ lots: Int64, from whole: Int64 = 1_000, filled: Int64 = 100, _ spoil: (GateScene) -> Void = { _ in }
  ) -> RefusalReason {
    let scene = GateScene()
    spoil(scene)
    scene.candidate.quantity = Quantity(lots: lots)
    let amend = scene.gate.approveAmend(
      scene.candidate, from: Quantity(lots: whole), filled: Quantity(lots: filled), conditions: scene.conditions)
    let isApproved = amend != nil
    #expect(isApproved == scene.gate.decision.isApproved)
    return scene.gate.decision.reason
  }

  @Test func anAmendmentIsApprovedAsOne() throws {
    let scene = GateScene()
    scene.candidate.quantity = Quantity(lots: 400)
    guard
      let amend = scene.gate.approveAmend(
        scene.candidate, from: Quantity(lots: 1_000), filled: Quantity(lots: 100), conditions: scene.conditions)
    else {
      Issue.record("refused: \(scene.gate.decision)")
      return
    }
    let record = amend.record
    #expect(record.action == .amend && record.quantity == Quantity(lots: 400) && record.haltEpoch == 7)
    #expect(record.clientOrder == GateScene.buy.clientOrder && record.cause == 77)
    #expect(record.expiryTimeNs == GateScene.nowNs + GateScene.limits.maximumOrderAgeNs)
    #expect(scene.approve()?.action == .place)
  }

  @Test func onlyLessThanThereIsAndMoreThanIsFilledIsAnAmendment() {
    #expect(reason(999) == .none && reason(101) == .none)
    #expect(reason(1_000) == .notReducing && reason(1_001) == .notReducing)
    #expect(reason(100) == .quantityBelowMinimum && reason(0, filled: 0) == .quantityBelowMinimum)
    #expect(reason(.min) == .quantityBelowMinimum && reason(.max, from: .max) == .notReducing)
  }

  @Test func theVenuesSizesStillHold() {
    #expect(reason(1, filled: 0) == .quantityBelowMinimum, "the instrument's minimum is 2 lots")
    #expect(reason(8, filled: 0) == .notionalBelowMinimum, "8 lots at 60,000.00 are worth 4.80")
  }

  @Test func sessionAndInstrumentAreAsked() {
    #expect(reason(400) { $0.conditions.input.haltEpoch = 8 } == .halted)
    #expect(reason(400) { $0.conditions.isSessionUp = false } == .sessionDown)
    #expect(reason(400) { $0.gate.trading.isArmed = false } == .notArmed)
    #expect(reason(400) { $0.gate.trading.halted.isEverything = true } == .halted)
    #expect(reason(400) { $0.candidate.definitionVersion = 2 } == .definitionMismatch)
    #expect(reason(400) { $0.candidate.instrument = InstrumentIndex(1) } == .unknownInstrument)
  }

  @Test func neitherMarketNorMoneyNorRateIsAsked() {
    let scene = GateScene(rate: OrderRateLimits(perSecond: 1, perTenSeconds: 1))
    #expect(scene.reason() == .none && scene.reason() == .orderRateSecond)
    #expect(reason(400) { $0.touch = .void } == .none)
    #expect(reason(400) { $0.exposure = Exposure() } == .none)
    scene.candidate.quantity = Quantity(lots: 400)
    let amend = scene.gate.approveAmend(
      scene.candidate, from: Quantity(lots: 1_000), filled: .zero, conditions: scene.conditions)
    let isApproved = amend != nil
    #expect(isApproved)
  }
}
