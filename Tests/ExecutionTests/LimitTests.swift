// Limits that change while orders are open, positions beyond them, rejects without end, a disk that does not keep up.

import Execution
import Market
import Pipeline
import Risk
import Testing

@Suite struct LimitTests {
  @Test func aLimitHoldsFromTheNextOrderOnAndIsRecorded() throws {
    let desk = try Desk()
    desk.open()
    #expect(desk.refusal(of: .setLimit, limit: .maximumOrderQuantity, value: 5) == CommandRefusal.none)
    #expect(desk.refusal(.buy, 5_999_000, 6) == .quantityAboveLimit)
    #expect(desk.refusal(.buy, 5_999_000, 5) == nil)
    #expect(desk.refusal(of: .setLimit, limit: .maximumOrderQuantity, value: 6) == CommandRefusal.none)
    #expect(desk.refusal(.buy, 5_999_000, 6) == nil)
    #expect(
      desk.records(.limit, LimitRecord.self) == [
        LimitRecord(.maximumOrderQuantity, value: 5), LimitRecord(.maximumOrderQuantity, value: 6),
      ])
  }

  @Test func whatALimitCannotBeIsRefused() throws {
    let desk = try Desk(instruments: [Desk.instrument, Desk.second]) { $0.limits[1] = nil }
    desk.open()
    for limit in CommandLimit.allCases {
      #expect(desk.refusal(of: .setLimit, limit: limit, value: -1) == .badValue)
    }
    #expect(desk.refusal(of: .setLimit, limit: .ordersPerSecond, value: 65_537) == .badValue)
    #expect(desk.refusal(of: .setLimit, instrument: 1, limit: .maximumPosition, value: 1) == .unknownScope)
    #expect(desk.refusal(of: .setLimit, instrument: 2, limit: .maximumPosition, value: 1) == .unknownScope)
    #expect(desk.records(.limit, LimitRecord.self).isEmpty)
  }

  /// Resting: buys of 100 and 900, a sell of 300. Which of them each tightening cancels.
  @Test(
    arguments: [
      (.maximumOrderQuantity, 900, []), (.maximumOrderQuantity, 899, [1]), (.maximumOrderQuantity, 299, [1, 2]),
      (.maximumOrderNotional, 5_999_000 * 900 * 10, []), (.maximumOrderNotional, 5_999_000 * 900 * 10 - 1, [1]),
      (.maximumPosition, 1000, []), (.maximumPosition, 999, [0, 1]), (.maximumPosition, 299, [0, 1, 2]),
      (.maximumOpenOrders, 3, []), (.maximumOpenOrders, 2, [0, 1, 2]), (.priceCollarBasisPoints, 0, []),
    ] as [(CommandLimit, Int64, [Int])])
  func openOrdersBeyondATightenedLimitAreCancelled(_ limit: CommandLimit, _ value: Int64, _ cancelled: [Int]) throws {
    let desk = try Desk()
    desk.open()
    let orders = [
      try desk.placed(.buy, 5_999_000, 100), try desk.placed(.buy, 5_999_000, 900),
      try desk.placed(.sell, 6_001_000, 300),
    ]
    desk.asked = []
    #expect(desk.refusal(of: .setLimit, limit: limit, value: value) == CommandRefusal.none)
    #expect(Set(desk.asked.map(\.clientOrder)) == Set(cancelled.map { orders[$0].clientOrder }))
    #expect(desk.asked.allSatisfy { $0.kind == .cancel } && desk.urgent.isEmpty)
  }

  /// Another one's trade on the account carries the position past its limit: only reducing orders, until resumed.
  @Test func aPositionBeyondItsLimitIsOnlyReduced() throws {
    let desk = try Desk()
    desk.open()
    desk.refusal(of: .setLimit, limit: .maximumPosition, value: 100)
    func foreign(_ trade: UInt64, _ side: Side, _ lots: Int64) {
      desk.push(
        Desk.fill(ClientOrderIdentifier(bootEpoch: 4, sequence: 1), side, trade: trade, 6_000_000, lots, 0, "USDT"))
      desk.step()
    }
    foreign(1, .sell, 100)
    #expect(desk.count("positions.beyond_limit") == 0)
    foreign(2, .sell, 1)
    #expect(desk.count("positions.beyond_limit") == 1)
    #expect(desk.refusal(.sell, 6_000_100, 1) == .notReducing)
    #expect(desk.refusal(.buy, 5_999_000, 50) == nil)
    foreign(3, .sell, 1)
    #expect(desk.count("positions.beyond_limit") == 1)  // told once
    #expect(desk.refusal(of: .resume, scope: .instrument) == CommandRefusal.none)
    foreign(4, .buy, 1)  // still beyond, but on the way back
    #expect(desk.count("positions.beyond_limit") == 1)
  }

  @Test func tenRejectsInARowForOneReasonPauseTheInstrument() throws {
    func reject(_ desk: Desk, _ reason: ReportReason = .filterFailure) throws {
      desk.report(.rejected, try desk.placed(.buy, 5_999_000, 1).clientOrder, reason: reason)
      desk.step()
    }
    let desk = try Desk()
    desk.open()
    for _ in 0..<9 { try reject(desk) }
    #expect(desk.count("pauses.rejects") == 0)
    try reject(desk)
    #expect(desk.count("pauses.rejects") == 1 && desk.refusal() == .paused)
    #expect(desk.refusal(of: .resume, scope: .instrument) == CommandRefusal.none)
    #expect(desk.refusal() == nil)

    let other = try Desk()
    other.open()
    for i in 0..<40 { try reject(other, i % 2 == 0 ? .filterFailure : .marketClosed) }
    for _ in 0..<40 { try reject(other, .wouldTakeLiquidity) }
    for _ in 0..<40 { try reject(other, .unknownOrder) }  // the network lost them
    for _ in 0..<9 { try reject(other) }
    other.report(.acknowledged, try other.placed(.buy, 5_999_000, 1).clientOrder)
    other.step()
    for _ in 0..<9 { try reject(other) }
    other.nowNs += 10_000_000_000
    other.touch()
    try reject(other)
    #expect(other.count("pauses.rejects") == 0)
  }

  @Test func aDiskThatDoesNotKeepUpLeavesOnlyReducing() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 10)
    desk.fill(order, trade: 1, 10)
    desk.step()
    desk.flags = .diskBehind
    #expect(desk.refusal() == .journalBehind)
    #expect(desk.refusal(.sell, 6_000_020, 10) == nil)
    #expect(desk.records(.step, StepRecord.self).last?.flags == StepFlags.diskBehind.rawValue)
    desk.flags = []
    #expect(desk.refusal() == nil)
  }
}
