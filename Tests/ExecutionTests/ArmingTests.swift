// How a session begins: unarmed, reduce-only, or with what the one before it left behind; and the ramp after arming.

import Execution
import Market
import Pipeline
import Risk
import Testing

@Suite struct ArmingTests {
  @Test func anUnarmedSessionWaitsForItsArming() throws {
    let desk = try Desk { $0.startsArmed = false }
    desk.open()
    #expect(desk.refusal() == .notArmed && desk.count("trading.armed") == 0)
    desk.nowNs += 5
    #expect(desk.refusal(of: .arm) == CommandRefusal.none)
    #expect(desk.refusal() == nil && desk.count("trading.armed") == 1)
    let state = try #require(desk.records(.tradingState, TradingState.self).last)
    #expect(state.isArmed && state.armedTimeNs == desk.nowNs && state.origin == .user)
  }

  @Test func disarmingCancelsWhatIsOpen() throws {
    let desk = try Desk()
    desk.open()
    _ = try desk.placed(.buy, 5_999_000, 10)
    desk.asked = []
    #expect(desk.refusal(of: .disarm) == CommandRefusal.none)
    #expect(desk.asked.map(\.kind) == [.cancelAll] && desk.urgent.isEmpty)
    #expect(desk.refusal() == .notArmed)
  }

  @Test func aSessionAfterACrashOnlyReducesUntilItIsArmed() throws {
    let desk = try Desk { $0.startsReduceOnly = true }
    desk.open()
    #expect(desk.refusal() == .notReducing)
    #expect(desk.refusal(of: .arm) == CommandRefusal.none)
    #expect(desk.refusal() == nil)
  }

  @Test func theRampBeginsWithTheArmingAndEndsInFull() throws {
    let desk = try Desk {
      $0.startsArmed = false
      $0.ramp = LimitRamp(initialPercent: 10, durationNs: 9_000_000_000)
    }
    desk.open()
    desk.nowNs += 3_600_000_000_000
    desk.command(.arm)
    let most = Desk.limits.maximumOrderQuantity.lots
    for (elapsedNs, percent) in [(0, 10), (4_500_000_000, 55), (9_000_000_000, 100)] as [(Int64, Int64)] {
      desk.nowNs = Desk.startNs + 3_600_000_000_000 + elapsedNs
      desk.touch()
      #expect(desk.refusal(.buy, 5_999_000, most * percent / 100 + 1) == (percent < 100 ? .ramp : .quantityAboveLimit))
      #expect(desk.refusal(.buy, 5_999_000, most * percent / 100) == nil)
      #expect(desk.count("trading.ramp_percent") == percent)
    }
  }

  @Test func armingAgainChangesNothing() throws {
    let desk = try Desk { $0.ramp = LimitRamp(initialPercent: 10, durationNs: 1_000) }
    desk.open()
    desk.nowNs += 1_000
    #expect(desk.refusal(of: .arm) == .nothingToEnd)
    #expect(desk.refusal(.buy, 5_999_000, Desk.limits.maximumOrderQuantity.lots) == nil)  // no new ramp
  }

  /// What the records of one session tell holds on in the next, however that one is configured.
  @Test func haltsProfilesAndTighterLimitsSurviveARestart() throws {
    let first = try Desk(instruments: [Desk.instrument, Desk.second])
    first.open()
    first.command(.halt, scope: .instrument, instrument: 0)
    first.command(.reduceOnly, scope: .instrument, instrument: 1)
    first.command(.pause)
    first.command(.setLimit, instrument: 1, limit: .maximumOrderQuantity, value: 7)
    first.command(.setLimit, instrument: 1, limit: .maximumOpenOrders, value: 100_000)
    first.command(.setLimit, limit: .ordersPerSecond, value: 3)
    first.step()
    var account = AccountState(stage: 4, instruments: [Desk.instrument, Desk.second])
    for record in first.journal { record.withUnsafeBytes { account.fold($0) } }
    #expect(account.limits.count == 3 && account.tradingState?.paused.isEverything == true)

    let next = try Desk(instruments: [Desk.instrument, Desk.second], recovered: account)
    next.open()
    next.touch(of: 1)
    func refusal(of instrument: Int, _ side: Side = .buy, _ lots: Int64 = 1) -> RefusalReason? {
      let before = next.sent.count
      next.place(side, 5_999_000, lots, of: instrument)
      next.step()
      return next.sent.count > before ? nil : next.news.last.flatMap { RefusalReason(rawValue: $0.reasonCode) }
    }
    #expect(refusal(of: 0) == .halted)
    #expect(refusal(of: 1) == .notReducing)
    next.command(.resume, scope: .instrument, instrument: 1)
    next.step()
    #expect(refusal(of: 1, .buy, 8) == .quantityAboveLimit)
    for _ in 0..<3 { #expect(refusal(of: 1, .buy, 7) == nil) }
    #expect(refusal(of: 1, .buy, 7) == .orderRateSecond)
  }
}
