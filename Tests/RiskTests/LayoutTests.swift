// The bytes of what Risk puts into rings and records are determined: no implicit padding.

import Market
import Risk
import Support
import Testing

@Suite struct LayoutTests {
  @Test func approvedOrderIsOneCacheLine() throws {
    let scene = GateScene()
    let record = try #require(scene.approve())
    #expect(MemoryLayout<ApprovedOrderRecord>.stride == 64)
    #expect(fieldBytes(record) == 64)
  }

  @Test func decisionRecordHasNoPadding() {
    let scene = GateScene()
    _ = scene.approve()
    let record = RiskDecisionRecord(
      scene.gate.decision, scene.candidate, strategy: 1, intent: IntentIdentifier(2), exposure: scene.exposure)
    #expect(MemoryLayout<RiskDecisionRecord>.stride == 72)
    #expect(fieldBytes(record) == 72)
  }

  @Test func commandsHaveNoPadding() {
    let command = Command(.halt, origin: .user, haltEpoch: 1, number: 1, timeNs: 0, cause: 0)
    #expect(MemoryLayout<Command>.stride == 64)
    #expect(fieldBytes(command) == 64)
    let outcome = CommandOutcome(.accepted, of: command, timeNs: 0)
    #expect(MemoryLayout<CommandOutcome>.stride == 32)
    #expect(fieldBytes(outcome) == 32)
  }

  @Test func statesAndLimitsHaveNoPadding() {
    let state = TradingState(isArmed: true, armedEpoch: 1)
    #expect(MemoryLayout<TradingState>.stride == 96)
    #expect(fieldBytes(state) == 96)
    let limit = LimitRecord(.maximumPosition, instrument: InstrumentIndex(1), value: 1)
    #expect(MemoryLayout<LimitRecord>.stride == 16)
    #expect(fieldBytes(limit) == 16)
  }
}
