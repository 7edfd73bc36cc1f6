// What may be traded: scopes as sets, the halt word's distance, what a restart takes over, and the gate's use of it.

import Market
import Risk
import Testing

@Suite struct TradingStateTests {
  private func command(_ scope: CommandScope, _ number: Int) -> Command {
    Command(
      .halt, scope: scope, origin: .user, instrument: InstrumentIndex(UInt16(number)), venue: VenueIndex(UInt8(number)),
      strategy: UInt8(number), haltEpoch: 0, number: 1, timeNs: 0, cause: 0)
  }

  private func scope(_ set: ScopeSet, _ venue: Int, _ instrument: Int, _ strategy: Int) -> CommandScope? {
    set.scope(
      venue: VenueIndex(UInt8(venue)), instrument: InstrumentIndex(UInt16(instrument)), strategy: UInt8(strategy))
  }

  @Test(arguments: CommandScope.allCases)
  func aSetHoldsWhatWasPutIntoItAndNothingElse(_ kind: CommandScope) {
    var set = ScopeSet()
    #expect(set.isEmpty && scope(set, 3, 3, 3) == nil)
    set.set(command(kind, 3), true)
    #expect(!set.isEmpty && set.contains(command(kind, 3)))
    #expect(scope(set, 3, 3, 3) == kind)
    #expect((scope(set, 4, 4, 4) == nil) == (kind != .all))
    for other in CommandScope.allCases where other != kind { #expect(!set.contains(command(other, 3))) }
    set.set(command(kind, 3), false)
    #expect(set.isEmpty)
  }

  @Test func theWidestScopeIsNamed() {
    var set = ScopeSet()
    for kind in CommandScope.allCases.reversed() {
      set.set(command(kind, 5), true)
      #expect(scope(set, 5, 5, 5) == kind)
    }
  }

  @Test func theLastNumberOfEachScopeFitsAndTheNextDoesNot() {
    for (kind, limit) in [
      (CommandScope.venue, ScopeSet.venueLimit), (.instrument, ScopeSet.instrumentLimit),
      (.strategy, ScopeSet.strategyLimit),
    ] {
      var set = ScopeSet()
      set.set(command(kind, limit), true)
      #expect(set.isEmpty)
      set.set(command(kind, limit - 1), true)
      #expect(set.contains(command(kind, limit - 1)) && !set.contains(command(kind, limit)))
    }
  }

  @Test(
    arguments: [(6, false), (7, false), (8, true), (7 &+ UInt32(Int32.max), true), (7 &- 1000, false)]
      as [(UInt32, Bool)])
  func aHaltWordIsForeignOnceItHasMovedOn(_ word: UInt32, _ isForeign: Bool) {
    #expect(TradingState(isArmed: true, armedEpoch: 7).isForeign(word) == isForeign)
    #expect(TradingState(isArmed: true, armedEpoch: .max).isForeign(0))  // across the wrap
  }

  @Test func aRestartTakesOverHaltsAndReduceOnlyButNoPause() {
    var last = TradingState(isArmed: true, armedEpoch: 9)
    last.halted.set(command(.instrument, 1), true)
    last.reducing.set(command(.venue, 0), true)
    last.paused.set(command(.all, 0), true)
    last.lossDay = 19_000
    var next = TradingState(isArmed: false, armedEpoch: 2)
    next.restore(last)
    #expect(next.halted == last.halted && next.reducing == last.reducing && next.lossDay == 19_000)
    #expect(next.paused.isEmpty && !next.isArmed && next.armedEpoch == 2)
  }

  /// Each state by itself, its reason, and the figure told: the scope.
  @Test func theGateNamesWhatForbidsAnOrder() {
    for kind in CommandScope.allCases {
      let scene = GateScene()
      scene.gate.trading.paused.set(command(kind, 0), true)
      #expect(scene.reason() == .paused && scene.gate.decision.observed == Int64(kind.rawValue))
      scene.gate.trading.halted.set(command(kind, 0), true)
      #expect(scene.reason() == .halted && scene.gate.decision.observed == Int64(kind.rawValue))
    }
    let scene = GateScene()
    scene.gate.trading.isArmed = false
    #expect(scene.reason() == .notArmed)
    scene.gate.trading.lossDay = 19_000
    #expect(scene.reason() == .dailyLoss && scene.gate.decision.observed == 19_000)
  }

  @Test func theSessionsOwnOrdersPassAPauseAndNothingElse() {
    let scene = GateScene()
    scene.candidate.strategy = SessionOrders.strategy
    scene.gate.trading.paused.set(command(.all, 0), true)
    #expect(scene.reason() == .none)
    scene.gate.trading.halted.set(command(.instrument, 0), true)
    #expect(scene.reason() == .halted)
  }

  @Test(
    arguments: [(63, RefusalReason.none), (64, .unknownStrategy), (254, .unknownStrategy)] as [(Int, RefusalReason)])
  func aStrategyBeyondTheSetsIsRefused(_ strategy: Int, _ expected: RefusalReason) {
    let scene = GateScene()
    scene.candidate.strategy = UInt8(strategy)
    #expect(scene.reason() == expected)
  }

  @Test(arguments: CommandScope.allCases)
  func aReduceOnlyPartAdmitsWhatReduces(_ kind: CommandScope) {
    let scene = GateScene()
    scene.gate.trading.reducing.set(command(kind, 0), true)
    #expect(scene.reason() == .notReducing)
    scene.exposure.positionLots = -1000
    #expect(scene.reason() == .none)
    scene.candidate.quantity = Quantity(lots: 1001)
    #expect(scene.reason() == .notReducing)
  }

  @Test(arguments: [StepFlags.journalBehind, .diskBehind])
  func aJournalThatIsBehindAdmitsWhatReduces(_ flag: StepFlags) {
    let scene = GateScene()
    scene.conditions.input.flags = flag
    #expect(scene.reason() == .journalBehind)
    scene.exposure.positionLots = -1000
    #expect(scene.reason() == .none)
  }
}
