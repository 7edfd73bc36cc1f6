// Halts: the emergency lane, the halt word that a command explains and the one that none does, and the measured end.

import Execution
import Market
import Pipeline
import Risk
import Testing

@Suite struct HaltTests {
  @Test func theEndIsTheLastConfirmationAndTheTimeIsFromTheDecision() throws {
    let desk = try Desk()
    desk.open()
    let orders = try (0..<3).map { try desk.placed(.buy, 5_999_000 - $0, 10) }
    for order in orders.dropLast() { desk.report(.acknowledged, order.clientOrder) }
    desk.report(.unknown, orders[2].clientOrder, reason: .replyTimeout)
    desk.step()
    let number = desk.command(.halt)
    desk.nowNs += 1_000
    desk.step()
    #expect(desk.urgent.map(\.kind) == [.cancelAll])
    #expect(desk.count("halts.open_orders") == 3)
    for order in orders.dropLast() { desk.report(.canceled, order.clientOrder) }
    desk.pass(5_000_000)
    #expect(desk.end(of: number) == nil && desk.count("halts.open_orders") == 1)  // unknown is open
    desk.push(Desk.status(orders[2].clientOrder, .canceled, lots: 0, value: 0))
    desk.pass(2_000_000)
    let end = try #require(desk.end(of: number))
    #expect(end.result == .completed && end.openOrders == 3 && end.durationNs == 7_001_000)
    #expect(desk.count("halts.open_orders") == 0 && desk.haltTime.count == 1)
    #expect(desk.records(.commandOutcome, CommandOutcome.self).map(\.result) == [.accepted, .completed])
  }

  @Test func aHaltOfNothingHasEndedAtOnce() throws {
    let desk = try Desk()
    desk.open()
    let number = desk.command(.halt)
    desk.step()
    #expect(desk.end(of: number)?.openOrders == 0)
    #expect(desk.told.map(\.result) == [.accepted, .completed])
  }

  /// What is missed by the request for everything is cancelled one by one, by the same lane, until it is confirmed.
  @Test func aMissedOrderIsCancelledByTheEmergencyLane() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 10)
    desk.report(.acknowledged, order.clientOrder)
    desk.step()
    desk.command(.halt)
    desk.pass(0)
    desk.pass(250_000_000)
    for _ in 0..<4 { desk.pass(2_000_000_000) }
    #expect(desk.urgent.map(\.kind) == [.cancelAll, .cancel, .cancel, .cancel, .cancel, .cancel])
    #expect(desk.urgent.dropFirst().allSatisfy { $0.clientOrder == order.clientOrder })
  }

  /// A pause's cancels are under way when the halt comes: they are sent again, by the lane that overtakes.
  @Test func aHaltOvertakesThePauseBeforeIt() throws {
    let desk = try Desk()
    desk.open()
    desk.place(.buy, 5_999_000, 10, strategy: 1)
    desk.step()
    for scope in [CommandScope.all, .strategy] {
      desk.urgent = []
      desk.command(.pause, scope: scope, strategy: 1)
      desk.step()
      #expect(desk.urgent.isEmpty)
      desk.command(.halt, scope: scope, strategy: 1)
      desk.step()
      #expect(desk.urgent.count == (scope == .all ? 1 : 0))  // by then it is an emergency already
    }
  }

  @Test func aWordThatNoCommandExplainsHaltsEverything() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 10)
    desk.haltEpoch = 1
    desk.step()
    #expect(desk.count("halts.foreign") == 1 && desk.urgent.map(\.kind) == [.cancelAll])
    let state = try #require(desk.records(.tradingState, TradingState.self).last)
    #expect(state.halted.isEverything && state.origin == .guardProcess && state.armedEpoch == 0)
    #expect(desk.refusal() == .halted)
    desk.report(.canceled, order.clientOrder)
    desk.nowNs += 40
    desk.step()
    let end = try #require(desk.told.last)
    #expect(end.result == .completed && end.number == 0 && end.durationNs == 40 && end.openOrders == 1)
    desk.haltEpoch = 2
    desk.step()
    #expect(desk.count("halts.foreign") == 1)  // it is halted already
    #expect(desk.refusal(of: .arm, epoch: 1) == .newerHalt)
    #expect(desk.refusal(of: .arm, epoch: 2) == CommandRefusal.none)
    #expect(desk.refusal() == nil)
  }

  /// The command is in its ring before the word is raised, so the step sees either both or the command alone.
  @Test func aScopedHaltExplainsTheWordThatItRaised() throws {
    for isWordSeenLate in [false, true] {
      let desk = try Desk(instruments: [Desk.instrument, Desk.second])
      desk.open()
      desk.touch(of: 1)
      desk.command(.halt, scope: .instrument, epoch: 1)
      if !isWordSeenLate { desk.haltEpoch = 1 }
      desk.place(.buy, 5_999_000, 10, of: 1)
      desk.step()
      // Under the old word nothing passes: the gateway would drop what is approved under it.
      #expect(desk.sent.count == (isWordSeenLate ? 0 : 1))
      desk.haltEpoch = 1
      #expect(desk.refusal() == .halted)
      #expect(try desk.placed(.buy, 5_999_000, 10, of: 1).haltEpoch == 1)
      #expect(desk.count("halts.foreign") == 0 && desk.count("trading.halted") == 0)
      #expect(desk.count("trading.halted.instruments") == 1)
    }
  }

  /// Somebody else raised the word as well: one command explains one step of it.
  @Test func aWordRaisedTwiceByOneCommandIsForeign() throws {
    let desk = try Desk()
    desk.open()
    desk.command(.halt, scope: .instrument, epoch: 2)
    desk.haltEpoch = 2
    desk.step()
    #expect(desk.count("halts.foreign") == 1 && desk.count("trading.halted") == 1)
    let two = try Desk()
    two.open()
    two.command(.halt, scope: .instrument, epoch: 1)
    two.command(.halt, scope: .strategy, strategy: 1, epoch: 2)
    two.haltEpoch = 2
    two.step()
    #expect(two.count("halts.foreign") == 0)
  }

  @Test func aHaltOfAPartIsEndedByItsResumeAndOneOfEverythingByArmOnly() throws {
    let desk = try Desk()
    desk.open()
    desk.command(.halt, scope: .venue)
    desk.step()
    #expect(desk.refusal(of: .arm) == .nothingToEnd)
    #expect(desk.refusal(of: .resume, scope: .instrument) == .nothingToEnd)
    #expect(desk.refusal(of: .resume, scope: .venue) == CommandRefusal.none)
    #expect(desk.refusal() == nil)
    desk.command(.halt)
    desk.step()
    #expect(desk.refusal(of: .resume) == .nothingToEnd)
    #expect(desk.refusal(of: .arm) == CommandRefusal.none)
    #expect(desk.refusal() == nil)
  }

  /// Armed again before the last cancel was confirmed: its end is still told, and new orders are not part of it.
  @Test func ordersSinceThenAreNotWaitedFor() throws {
    let desk = try Desk()
    desk.open()
    let before = try desk.placed(.buy, 5_999_000, 10)
    let number = desk.command(.halt)
    desk.step()
    desk.command(.arm)
    desk.step()
    _ = try desk.placed(.buy, 5_998_000, 10)
    #expect(desk.end(of: number) == nil)
    desk.report(.canceled, before.clientOrder)
    desk.step()
    #expect(desk.end(of: number)?.result == .completed)
  }

  @Test func aContradictionHaltsItsInstrumentUntilItIsResumed() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 10)
    desk.fill(order, trade: 1, 11)
    desk.step()
    let state = try #require(desk.records(.tradingState, TradingState.self).last)
    #expect(state.origin == .session && !state.halted.isEverything && !state.halted.isEmpty)
    #expect(desk.refusal() == .halted)
    #expect(desk.refusal(of: .resume, scope: .instrument) == CommandRefusal.none)
    #expect(desk.refusal() == nil)
  }

  /// More halts than can be waited for are in force all the same, and counted.
  @Test func moreCommandsThanCanBeFollowedActAllTheSame() throws {
    let desk = try Desk()
    desk.open()
    _ = try desk.placed(.buy, 5_999_000, 10)
    for _ in 0..<80 {
      desk.command(.halt, scope: .strategy, strategy: 1)
      desk.step()
    }
    #expect(desk.count("commands.accepted") == 80 && desk.count("commands.unfollowed") == 8)
    #expect(desk.refusal(strategy: 1) == .halted)
  }

  @Test func aFullEmergencyLaneWaits() throws {
    let desk = try Desk()
    desk.open()
    for i in 0..<70 { _ = try desk.placed(.buy, 5_999_000 - Int64(i), 10) }
    desk.command(.halt, scope: .strategy, strategy: 1)
    for _ in 0..<8 {
      _ = desk.stage.step(StepInput(nowNs: desk.nowNs))  // nobody takes the requests: sixteen a step, 64 in all
    }
    #expect(desk.count("requests.blocked") > 0)
    desk.drain()
    #expect(desk.urgent.count == 64)
    desk.pass(1_000_000)
    #expect(Set(desk.urgent.map(\.clientOrder)) == Set(desk.sent.map(\.clientOrder)))
  }
}
