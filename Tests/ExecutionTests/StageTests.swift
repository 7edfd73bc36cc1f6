// The step as a whole: idle steps, halt, stop, full rings, the journal's room, identifiers, cancel-all.

import Execution
import Market
import Pipeline
import Risk
import Testing

@Suite struct StageTests {
  @Test func anIdleStepWritesNothing() throws {
    let desk = try Desk()
    #expect(desk.step() == 1)  // the first one tells every shard its positions
    #expect(desk.news.map(\.kind) == [.position])
    let written = desk.journal.count
    #expect(written == 4)  // the step, what may be traded, the day of the position, and the position told
    for _ in 0..<100 {
      desk.nowNs += 1_000_000
      #expect(desk.step() == 0)
    }
    #expect(desk.journal.count == written)
  }

  @Test func aStepBeginsWithWhatItConsumed() throws {
    let desk = try Desk()
    desk.open()
    desk.journal = []
    for _ in 0..<11 { desk.touch() }
    desk.report(.unknown, .none)
    desk.flags = .journalBehind
    desk.haltEpoch = 0
    desk.step()
    let step = try #require(desk.records(.step, StepRecord.self).first)
    #expect(step.consumed == SIMD4(1, 8, 0, 0))  // the batch limit
    #expect(step.flags == StepFlags.journalBehind.rawValue)
    desk.step()
    #expect(desk.records(.step, StepRecord.self).last?.consumed == SIMD4(0, 3, 0, 0))
  }

  @Test func aHaltCancelsEverythingAtOnceAndThenOneByOne() throws {
    let desk = try Desk()
    desk.open()
    let orders = try (0..<3).map { try desk.placed(.buy, 5_999_000 - $0, 10) }
    for order in orders { desk.report(.acknowledged, order.clientOrder) }
    desk.step()
    desk.asked = []
    desk.haltEpoch = 1
    desk.place(.buy, 5_999_000, 10)
    desk.step()
    #expect(desk.asked.map(\.kind) == [.cancelAll])
    #expect(desk.news.last?.reasonCode == RefusalReason.halted.rawValue)
    desk.report(.canceled, orders[0].clientOrder)
    desk.pass(249_999_999)
    #expect(desk.asked.count == 1)
    desk.pass(1)
    #expect(Set(desk.asked.dropFirst().map(\.clientOrder)) == Set(orders.dropFirst().map(\.clientOrder)))
    #expect(desk.asked.dropFirst().allSatisfy { $0.kind == .cancel })
  }

  @Test func stoppingEndsWithNothingOpen() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 10)
    desk.flags = .stopping
    desk.place(.buy, 5_998_000, 10)
    desk.step()
    #expect(desk.asked.last?.kind == .cancelAll)
    #expect(desk.news.last?.reasonCode == RefusalReason.stopping.rawValue)
    #expect(desk.stage.openOrders == 1 && desk.count("orders.open") == 1)
    desk.report(.canceled, order.clientOrder)
    desk.step()
    #expect(desk.stage.openOrders == 0 && desk.count("orders.open") == 0)
  }

  @Test func cancelAllIsTheStrategysOwn() throws {
    let desk = try Desk()
    desk.open()
    desk.place(.buy, 5_999_000, 10, strategy: 1)
    desk.place(.buy, 5_998_000, 10, strategy: 2)
    desk.step()
    desk.asked = []
    desk.cancelAll(strategy: 2)
    desk.step()
    #expect(desk.asked.map(\.clientOrder) == [desk.sent[1].clientOrder])
    desk.cancel(IntentIdentifier(99))
    desk.step()
    #expect(desk.asked.count == 1 && desk.count("cancels.missed") == 1)
  }

  @Test func aFullRingOfOrdersRefusesAndAFullRingOfRequestsWaits() throws {
    let desk = try Desk()
    desk.open()
    // Nobody takes orders: a step needs room for 32, so of 64 slots 33 are used before it refuses.
    for _ in 0..<40 {
      desk.place(.buy, 5_999_000, 10)
      _ = desk.stage.step(StepInput(nowNs: desk.nowNs))
    }
    desk.drain()
    #expect(desk.sent.count == 33)
    #expect(desk.news.last?.reasonCode == RefusalReason.gatewayFull.rawValue)
    desk.asked = []
    desk.cancelAll()
    for _ in 0..<10 {
      desk.nowNs += 1_000_000
      _ = desk.stage.step(StepInput(nowNs: desk.nowNs))
    }
    while let request = desk.requests.tryPop() { desk.asked.append(request) }
    #expect(desk.asked.count == 33)  // sixteen a step
    #expect(Set(desk.asked.map(\.clientOrder)) == Set(desk.sent.map(\.clientOrder)))
  }

  @Test func withoutRoomForUpdatesOrRecordsAStepWaits() throws {
    let desk = try Desk()
    desk.open()
    var steps = 0
    while steps < 10_000 {
      desk.place(.buy, 1, 10)  // outside the collar: a decision, a record and an update each
      guard desk.stage.step(StepInput(nowNs: desk.nowNs)) > 0 else { break }
      steps += 1
    }
    #expect(steps > 100 && steps < 512)
    #expect(desk.count("stalls") == 1)
    let decisions = { desk.records(.riskDecision, RiskDecisionRecord.self).count }
    desk.drain()
    #expect(decisions() == steps)
    desk.step()
    #expect(decisions() == steps + 1)  // nothing was lost
  }

  @Test func aFillingJournalGoesReduceOnlyThenStops() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 100)
    desk.fill(order, trade: 1, 100)
    desk.step()
    var reasons: [RefusalReason] = []
    // Only the journal is behind: updates and orders are taken.
    for i in 0..<20_000 {
      let isSell = i.isMultiple(of: 2)
      desk.place(isSell ? .sell : .buy, isSell ? 6_000_020 : 5_999_000, 1)
      guard desk.stage.step(StepInput(nowNs: desk.nowNs)) > 0 else { break }
      while let update = desk.updates.tryPop() {
        if let reason = RefusalReason(rawValue: update.reasonCode), reasons.last != reason { reasons.append(reason) }
      }
      while desk.orders.available() > 0 { _ = desk.orders.receive() }
    }
    #expect(reasons.contains(.journalBehind))
    #expect(reasons.last == .journalFull)
  }

  @Test func identifiersSkipOrdersThatAreOpen() throws {
    let desk = try Desk(orderCapacity: 4)
    desk.open()
    let first = try desk.placed(.buy, 5_999_000, 10)
    for _ in 0..<9 {
      let order = try desk.placed(.buy, 5_998_000, 10)
      #expect(order.clientOrder.rawValue % 4 != first.clientOrder.rawValue % 4)
      desk.report(.canceled, order.clientOrder)
      desk.step()
    }
    #expect(Set(desk.sent.map(\.clientOrder)).count == desk.sent.count)
    for _ in 0..<3 { _ = try desk.placed(.buy, 5_998_000, 10) }
    desk.place(.buy, 5_998_000, 10)
    desk.step()
    #expect(desk.news.last?.reasonCode == RefusalReason.orderTableFull.rawValue)
    desk.report(.canceled, first.clientOrder)
    desk.step()
    #expect(try desk.placed(.buy, 5_998_000, 10).clientOrder.rawValue % 4 == first.clientOrder.rawValue % 4)
  }

  @Test func intentsOfUnknownInstrumentsAreRefused() throws {
    let desk = try Desk()
    desk.open()
    for kind in [IntentKind.place, .touch, .cancel, .cancelAll] {
      var intent = OrderIntent(
        kind: kind, instrument: InstrumentIndex(60_000), definitionVersion: 1, strategy: 1, decisionTimeNs: desk.nowNs,
        marketTimeNs: desk.nowNs, cause: 1, originTsc: 0)
      intent.quantity = Quantity(lots: 5)
      desk.push(intent)
    }
    desk.step()
    #expect(desk.count("refused.unknownInstrument") == 1)
    #expect(desk.sent.isEmpty)
  }

  @Test func workingOrdersAndReservationsBoundTheNext() throws {
    let desk = try Desk()
    desk.open()
    // 1,000 BTC free: a sell of 10 BTC at a time, never more than the balance though nothing has filled.
    for i in 0..<101 {
      desk.place(.sell, 6_001_000, 1_000_000)
      desk.step()
      #expect(desk.sent.count == min(i + 1, 50))  // the position limit of 500 BTC counts working orders
    }
    #expect(desk.news.last?.reasonCode == RefusalReason.positionLimit.rawValue)
    desk.place(.buy, 6_001_000, 1)
    desk.step()
    #expect(desk.news.last?.reasonCode == RefusalReason.selfCross.rawValue)
  }
}
