// Cutting an order: what goes out, what the answer changes, and answers that come late or not at all.

import Execution
import Market
import Pipeline
import Risk
import Testing

@Suite struct AmendTests {
  /// A desk with a buy of 1,000 lots that rests.
  private func resting() throws -> (Desk, IntentIdentifier, ApprovedOrderRecord) {
    let desk = try Desk()
    desk.open()
    let intent = desk.place(.buy, 5_999_000, 1000)
    desk.step()
    let order = desk.sent[0]
    desk.report(.acknowledged, order.clientOrder)
    desk.step()
    return (desk, intent, order)
  }

  private func reserved(_ desk: Desk) throws -> Int64 {
    desk.report(balanceOf: "USDT", free: 50_000_000 * Amount.unitsPerCoin)
    desk.step()
    return try #require(desk.records(.balance, BalanceRecord.self).last).reserved.units
  }

  @Test func aCutIsSentByItsOwnLaneAndCountsOnceItIsTaken() throws {
    let (desk, intent, order) = try resting()
    let whole = try reserved(desk)
    desk.amend(intent, to: 400)
    desk.step()
    let amend = try #require(desk.amended.last)
    #expect(amend.action == .amend && amend.clientOrder == order.clientOrder && amend.quantity.lots == 400)
    #expect(desk.sent.count == 1 && desk.count("amends.sent") == 1)
    #expect(try reserved(desk) == whole)
    desk.push(Desk.amendment(order.clientOrder, lots: 400))
    desk.step()
    #expect(desk.news.last?.kind == .working && desk.news.last?.remainingQuantity.lots == 400)
    #expect(try reserved(desk) == whole * 4 / 10)
    desk.push(Desk.amendment(order.clientOrder, lots: 400))  // told again
    desk.fill(order, trade: 1, 400)
    desk.step()
    #expect(desk.news.last?.kind == .filled && desk.stage.openOrders == 0 && desk.count("fills.over") == 0)
  }

  /// The fills come before the answer that makes them the last ones.
  @Test func aLateAnswerEndsAnOrderThatIsFilled() throws {
    let (desk, intent, order) = try resting()
    desk.amend(intent, to: 400)
    desk.fill(order, trade: 1, 400)
    desk.step()
    #expect(desk.stage.openOrders == 1)
    desk.push(Desk.amendment(order.clientOrder, lots: 400))
    desk.step()
    #expect(desk.news.last?.kind == .filled && desk.stage.openOrders == 0)
    #expect(desk.count("reports.contradiction") == 0)
  }

  @Test func aLostAnswerIsFoundByTheStatus() throws {
    let (desk, intent, order) = try resting()
    desk.amend(intent, to: 400)
    desk.report(.unknown, order.clientOrder, reason: .replyTimeout)
    desk.step()
    var status = Desk.status(order.clientOrder, .new, lots: 0, value: 0)
    status.quantity = Quantity(lots: 400)
    desk.push(status)
    desk.step()
    #expect(desk.news.last?.kind == .working && desk.news.last?.remainingQuantity.lots == 400)
  }

  @Test func aRefusedCutLeavesTheOrder() throws {
    let (desk, intent, order) = try resting()
    desk.amend(intent, to: 1000)
    desk.step()
    #expect(desk.amended.isEmpty && desk.count("refused.notReducing") == 1)
    desk.amend(intent, to: 400)
    desk.report(.amendRejected, order.clientOrder, reason: .unknownOrder)
    desk.step()
    #expect(desk.count("amends.rejected") == 1 && desk.stage.openOrders == 1)
    desk.command(.disarm)
    desk.amend(intent, to: 300)
    desk.step()
    #expect(desk.amended.count == 1)
  }

  @Test func whatDoesNotRestIsNotAmended() throws {
    let desk = try Desk()
    desk.open()
    let intent = desk.place(.buy, 5_999_000, 1000)
    desk.amend(intent, to: 400)  // it would overtake its order
    desk.step()
    #expect(desk.amended.isEmpty && desk.count("cancels.missed") == 1)
    desk.report(.acknowledged, desk.sent[0].clientOrder)
    desk.cancel(intent)
    desk.amend(intent, to: 400)
    desk.amend(IntentIdentifier(99), to: 1)
    desk.step()
    #expect(desk.amended.isEmpty && desk.count("cancels.missed") == 3)
  }

  @Test func aFullLaneRefuses() throws {
    let (desk, intent, _) = try resting()
    for _ in 0..<40 {
      desk.amend(intent, to: 400)
      _ = desk.stage.step(StepInput(nowNs: desk.nowNs))
    }
    #expect(desk.count("amends.sent") == 33 && desk.count("refused.gatewayFull") == 7)
  }
}
