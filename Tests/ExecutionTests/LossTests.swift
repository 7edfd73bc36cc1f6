// The day's loss: what counts, its limit to the unit, midnight, restarts, and what arms it again.

import Execution
import Market
import Pipeline
import Risk
import Testing

@Suite struct LossTests {
  /// 1,700,000,000 s after 1970 it is 22:13:20; so much is left of the day.
  private static let untilMidnightNs: Int64 = 6_400_000_000_000
  private static let startDay = Desk.startNs / 86_400_000_000_000

  /// Long 100 lots at 60,000.00, marked there; with a fee if given. A tick against it is 1,000 units.
  private func long(_ limit: Int64?, fee: Int64 = 0, recovered: AccountState? = nil) throws -> Desk {
    let desk = try Desk(recovered: recovered) { $0.maximumDailyLoss = limit.map { Amount(units: $0) } }
    desk.tellsBalances = true
    desk.open()
    if recovered != nil { return desk }
    let order = try desk.placed(.buy, 6_000_000, 100)
    desk.fill(order, trade: 1, 100, fee: fee)
    desk.touch(bid: 5_999_999, ask: 6_000_001)
    desk.step()
    return desk
  }

  private func mark(_ desk: Desk, _ ticks: Int64) {
    desk.touch(bid: 6_000_000 + ticks - 1, ask: 6_000_000 + ticks + 1)
    desk.step()
  }

  @Test func unrealisedLossesCountToTheUnit() throws {
    let desk = try long(50_000)
    mark(desk, -49)
    #expect(desk.count("day_profit.USDT") == -49_000 && desk.refusal() == nil)
    let resting = desk.sent.last!
    mark(desk, -50)
    #expect(desk.count("day_profit.USDT") == -50_000 && desk.count("halts.daily_loss") == 1)
    #expect(desk.urgent.map(\.kind) == [.cancelAll] && desk.refusal() == .dailyLoss)
    let state = try #require(desk.records(.tradingState, TradingState.self).last)
    #expect(state.lossDay == Self.startDay && state.halted.isEverything && state.origin == .session)
    desk.report(.canceled, resting.clientOrder)
    desk.step()
    #expect(desk.told.last?.result == .completed && desk.told.last?.openOrders == 1)
    // The market coming back does not bring the day back.
    mark(desk, 100)
    #expect(desk.refusal() == .dailyLoss && desk.refusal(of: .arm) == .dailyLoss)
    #expect(desk.count("halts.daily_loss") == 1)
  }

  @Test func realisedLossesAndFeesCount() throws {
    let desk = try long(10_000, fee: 400)
    #expect(desk.count("day_profit.USDT") == -400)
    let close = try desk.placed(.sell, 5_999_995, 100)
    desk.fill(close, trade: 2, 100, fee: 4_600)
    mark(desk, 0)
    #expect(desk.count("day_profit.USDT") == -10_000 && desk.count("halts.daily_loss") == 1)
  }

  /// A fee in a third asset has no price here: it lessens that asset's balance and not the day's result.
  @Test func aFeeInAThirdAssetDoesNotCount() throws {
    let desk = try Desk { $0.maximumDailyLoss = Amount(units: 1) }
    desk.open()
    let order = try desk.placed(.buy, 6_000_000, 100)
    desk.fill(order, trade: 1, 100, fee: 1_000_000, feeAsset: "BNB")
    desk.touch(bid: 5_999_999, ask: 6_000_001)
    desk.step()
    #expect(desk.count("day_profit.USDT") == 0 && desk.count("halts.daily_loss") == 0)
  }

  @Test func instrumentsOfOneQuoteAssetLoseTogether() throws {
    let desk = try Desk(instruments: [Desk.instrument, Desk.second]) { $0.maximumDailyLoss = Amount(units: 20_000) }
    desk.open()
    desk.touch(of: 1)
    for instrument in 0..<2 {
      let order = try desk.placed(.buy, 6_000_000, 100, of: instrument)
      var fill = Desk.fill(order.clientOrder, .buy, trade: UInt64(instrument + 1), 6_000_000, 100, 0, "USDT")
      fill.instrument = order.instrument
      desk.push(fill)
      desk.touch(bid: 5_999_989, ask: 5_999_991, of: instrument)
      desk.step()
      #expect(desk.count("day_profit.USDT") == -10_000 * Int64(instrument + 1))
      #expect(desk.count("halts.daily_loss") == Int64(instrument))
    }
  }

  @Test func aVoidBookKeepsTheLastMark() throws {
    let desk = try long(50_000)
    mark(desk, -40)
    var void = OrderIntent(
      kind: .touch, instrument: InstrumentIndex(0), definitionVersion: 1, strategy: 1, decisionTimeNs: desk.nowNs,
      marketTimeNs: desk.nowNs, cause: 1, originTsc: 0)
    void.quantity = .zero
    desk.push(void)
    desk.step()
    #expect(desk.count("day_profit.USDT") == -40_000)
  }

  @Test func midnightBeginsANewDayButArmsNothing() throws {
    let desk = try long(50_000)
    mark(desk, -50)
    desk.nowNs += Self.untilMidnightNs - 1
    desk.step()
    #expect(desk.refusal(of: .arm) == .dailyLoss)
    desk.nowNs += 1
    desk.step()
    #expect(desk.count("day_profit.USDT") == 0 && desk.count("trading.loss_used_up") == 0)
    let position = try #require(desk.records(.position, PositionRecord.self).last)
    #expect(position.daily.day == Self.startDay + 1 && position.daily.unrealised == -50_000)
    #expect(desk.refusal() == .halted)
    #expect(desk.refusal(of: .arm) == CommandRefusal.none)
    mark(desk, -50)
    #expect(desk.count("halts.daily_loss") == 1)  // yesterday's loss is not today's
    mark(desk, -99)
    #expect(desk.count("halts.daily_loss") == 1)
    mark(desk, -100)
    #expect(desk.count("halts.daily_loss") == 2)
  }

  /// The first touch after midnight counts to the new day, even when it comes in the step that begins it.
  @Test func theMoveAfterMidnightIsTheNewDays() throws {
    let desk = try long(50_000)
    desk.nowNs += Self.untilMidnightNs
    mark(desk, -30)
    #expect(desk.count("day_profit.USDT") == -30_000)
  }

  @Test func aNewLimitIsComparedAtOnce() throws {
    let desk = try long(nil)
    mark(desk, -1_000)
    #expect(desk.count("halts.daily_loss") == 0)
    #expect(desk.refusal(of: .setLimit, limit: .maximumDailyLoss, value: 1_000_000) == CommandRefusal.none)
    #expect(desk.count("halts.daily_loss") == 1 && desk.refusal() == .dailyLoss)
    #expect(desk.refusal(of: .setLimit, limit: .maximumDailyLoss, value: 1_000_001) == CommandRefusal.none)
    #expect(desk.refusal() == .halted)
    #expect(desk.refusal(of: .arm) == CommandRefusal.none)
    #expect(desk.refusal() == nil)
  }

  private func account(of desk: Desk) -> AccountState {
    var account = AccountState(stage: 4, instruments: [Desk.instrument])
    for record in desk.journal { record.withUnsafeBytes { account.fold($0) } }
    return account
  }

  @Test func aUsedUpLossSurvivesARestart() throws {
    let desk = try long(50_000)
    mark(desk, -50)
    let next = try long(1_000_000_000, recovered: account(of: desk))
    #expect(next.refusal() == .dailyLoss)
    #expect(next.refusal(of: .arm) == .dailyLoss)
  }

  /// What was lost before the restart counts with what is lost after it.
  @Test func theDaysFiguresSurviveARestart() throws {
    let desk = try long(50_000, fee: 10_000)
    let next = try long(50_000, recovered: account(of: desk))
    next.touch(bid: 5_999_960, ask: 5_999_962)
    next.step()
    #expect(next.count("day_profit.USDT") == -49_000 && next.count("halts.daily_loss") == 0)
    mark(next, -40)
    #expect(next.count("day_profit.USDT") == -50_000 && next.count("halts.daily_loss") == 1)
  }
}
