// What execution does when it does not know: queries, retries, lost sessions, silence.

import Execution
import Market
import Risk
import Testing

@Suite struct UnknownOutcomeTests {
  @Test func anUnknownOrderIsAskedForUntilAnswered() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 1000)
    desk.asked = []
    desk.report(.unknown, order.clientOrder, reason: .replyTimeout)
    desk.step()
    #expect(desk.news.last?.kind == .unknown)
    #expect(desk.asked.map(\.kind) == [.queryStatus])
    // Back-off: 20 ms, then 40 ms.
    desk.pass(19_999_999)
    #expect(desk.asked.count == 1)
    desk.pass(1)
    #expect(desk.asked.count == 2)
    desk.pass(39_999_999)
    #expect(desk.asked.count == 2)
    desk.pass(1)
    #expect(desk.asked.count == 3)
    desk.push(Desk.status(order.clientOrder, .new, lots: 0, value: 0))
    desk.pass(10_000_000_000)
    #expect(desk.asked.count == 3)
    #expect(desk.news.last?.kind == .working)
    #expect(desk.stage.openOrders == 1)
  }

  @Test func aStatusReplyCountsMissedLotsAndTheirTradesOnlyTheirFees() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 1000)
    desk.report(.unknown, order.clientOrder)
    desk.push(Desk.status(order.clientOrder, .partiallyFilled, lots: 700, value: 5_990_000 * 700 * 10))
    desk.step()
    #expect(desk.news.last?.positionLots == 700 && desk.news.last?.remainingQuantity.lots == 300)
    desk.fill(order, trade: 1, 500, at: 5_980_000, fee: 11)
    desk.fill(order, trade: 2, 400, at: 6_000_000, fee: 13)
    desk.step()
    #expect(desk.news.last?.positionLots == 900 && desk.news.last?.fees.units == 24)
    #expect(desk.count("fills.inferred") == 1)
    // Sold at 6,000,000: the profit is that of the trades, not of the inference.
    let close = try desk.placed(.sell, 6_000_100, 900)
    desk.fill(close, trade: 3, 900, at: 6_000_000)
    desk.step()
    #expect(desk.news.last?.positionLots == 0)
    #expect(desk.news.last?.realisedProfit == Amount(units: 500 * 20_000 * 10))
  }

  @Test func noSuchOrderIsBelievedOnlyWhenRepeated() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 1000)
    desk.asked = []
    desk.report(.unknown, order.clientOrder)
    desk.step()
    for query in 1...8 {
      #expect(desk.asked.count == query)
      #expect(desk.stage.openOrders == 1)
      desk.push(Desk.status(order.clientOrder, .notFound, lots: 0, value: 0))
      desk.pass(2_000_000_000)
    }
    #expect(desk.asked.count == 8)
    #expect(desk.stage.openOrders == 0)
    #expect(desk.news.last?.kind == .rejected)
  }

  /// An order that was held up on its way may arrive as long as the venue accepts its stamp: not one moment earlier is it
  /// taken for lost, however often the venue says that it has none.
  @Test func noSuchOrderIsNotBelievedWhileTheOrderMayArrive() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 1000)
    desk.report(.unknown, order.clientOrder)
    desk.step()
    // Expiry 1 s, receive window 5 s, lead of the stamp 1 s.
    for _ in 0..<69 {
      desk.pass(100_000_000)
      desk.push(Desk.status(order.clientOrder, .notFound, lots: 0, value: 0))
      desk.step()
    }
    #expect(desk.asked.count > 8 && desk.stage.openOrders == 1)
    desk.pass(100_000_000)
    desk.push(Desk.status(order.clientOrder, .notFound, lots: 0, value: 0))
    desk.step()
    #expect(desk.stage.openOrders == 0 && desk.news.last?.kind == .rejected)
  }

  @Test func aCancelThatOvertookItsOrderIsRepeated() throws {
    let desk = try Desk()
    desk.open()
    let intent = desk.place(.buy, 5_999_000, 1000)
    desk.cancel(intent)
    desk.asked = []
    desk.step()
    let order = try #require(desk.sent.last)
    #expect(desk.asked.map(\.kind) == [.cancel])
    desk.report(.cancelRejected, order.clientOrder, reason: .unknownOrder)
    desk.step()
    desk.pass(20_000_000)
    #expect(desk.asked.map(\.kind) == [.cancel, .cancel])
    desk.report(.acknowledged, order.clientOrder)
    desk.report(.canceled, order.clientOrder)
    desk.pass(10_000_000_000)
    #expect(desk.asked.count == 2 && desk.stage.openOrders == 0)
    #expect(desk.news.last?.kind == .canceled)
  }

  @Test func aCancelOfAWorkingOrderThatIsUnknownThereAsksForIt() throws {
    let desk = try Desk()
    desk.open()
    let intent = desk.place(.buy, 5_999_000, 1000)
    desk.step()
    let order = try #require(desk.sent.last)
    desk.report(.acknowledged, order.clientOrder)
    desk.cancel(intent)
    desk.step()
    desk.report(.cancelRejected, order.clientOrder, reason: .unknownOrder)
    desk.step()
    #expect(desk.asked.last?.kind == .queryStatus)
    desk.push(Desk.status(order.clientOrder, .filled, lots: 1000, value: 5_999_000 * 1000 * 10))
    desk.step()
    #expect(desk.news.last?.kind == .filled && desk.stage.openOrders == 0)
  }

  @Test func aCancelIsNeverGivenUp() throws {
    let desk = try Desk()
    desk.open()
    let intent = desk.place(.buy, 5_999_000, 1000)
    desk.step()
    let order = try #require(desk.sent.last)
    desk.report(.acknowledged, order.clientOrder)
    desk.cancel(intent)
    desk.asked = []
    desk.step()
    while desk.asked.last?.kind == .cancel, desk.asked.count < 100 { desk.pass(2_000_000_000) }
    #expect(desk.asked.map(\.kind) == Array(repeating: .cancel, count: 8) + [.queryStatus])
    desk.push(Desk.status(order.clientOrder, .new, lots: 0, value: 0))
    desk.step()
    #expect(desk.asked.last?.kind == .cancel)
  }

  @Test func aLostSessionMakesEveryOpenOrderAQuestion() throws {
    let desk = try Desk()
    desk.open()
    let first = try desk.placed(.buy, 5_999_000, 10)
    let second = try desk.placed(.buy, 5_998_000, 10)
    desk.report(.acknowledged, first.clientOrder)
    desk.step()
    desk.asked = []
    desk.news = []
    desk.report(.sessionDown)
    desk.step()
    #expect(desk.news.map(\.kind) == [.unknown, .unknown])
    #expect(desk.asked.isEmpty)
    desk.place(.buy, 5_997_000, 10)
    desk.step()
    #expect(desk.news.last?.reasonCode == RefusalReason.notReconciled.rawValue)
    desk.pass(60_000_000_000)
    #expect(desk.asked.isEmpty)  // nobody there to ask
    desk.report(.sessionUp)
    desk.step()
    #expect(desk.asked.map(\.kind) == [.queryStatus, .queryStatus])
    desk.push(Desk.status(first.clientOrder, .canceled, lots: 4, value: 5_999_000 * 4 * 10))
    desk.report(.notSent, second.clientOrder, reason: .noSession)
    desk.step()
    #expect(desk.stage.openOrders == 0 && desk.count("reports.contradiction") == 0)
    #expect(desk.count("position.BTCUSDT.lots") == 4)
  }

  @Test func silenceOnAnOrderIsAnUnknownOutcome() throws {
    let desk = try Desk()
    desk.open()
    _ = try desk.placed(.buy, 5_999_000, 10)
    desk.pass(14_999_999_999)
    #expect(desk.count("orders.unknown") == 0)
    desk.pass(1)
    #expect(desk.count("orders.unknown") == 1)
    #expect(desk.asked.last?.kind == .queryStatus)
  }
}
