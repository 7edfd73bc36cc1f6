// Single order lives through the stage: in the usual order, and in the unusual ones that are legal.

import Execution
import Market
import Risk
import Testing

@Suite struct LifeCycleTests {
  @Test func anOrderIsPlacedAcknowledgedAndFilled() throws {
    let desk = try Desk()
    desk.open()
    let intent = desk.place(.buy, 5_999_000, 1000)
    desk.step()
    let order = try #require(desk.sent.last)
    #expect(order.clientOrder == ClientOrderIdentifier(bootEpoch: 5, sequence: 1))
    desk.report(.acknowledged, order.clientOrder)
    desk.step()
    #expect(desk.news.last?.kind == .working)
    desk.fill(order, trade: 1, 400, fee: 24_000)
    desk.fill(order, trade: 2, 600)
    desk.step()
    #expect(desk.news.suffix(2).map(\.kind) == [.partiallyFilled, .filled])
    let last = try #require(desk.news.last)
    #expect(last.intent == intent && last.quantity.lots == 600 && last.remainingQuantity.lots == 0)
    #expect(last.positionLots == 1000 && last.fees.units == 24_000)
    #expect(desk.stage.openOrders == 0)
    #expect(desk.count("fills.taker") == 2)
  }

  @Test func aFillBeforeTheAcknowledgementIsLegal() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 1000)
    desk.fill(order, trade: 1, 1000)
    desk.report(.acknowledged, order.clientOrder)
    desk.step()
    #expect(desk.news.last?.kind == .filled)
    #expect(desk.count("reports.contradiction") == 0)
  }

  @Test func aFillAfterTheCancelCounts() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.sell, 6_001_000, 1000)
    desk.report(.canceled, order.clientOrder)
    desk.fill(order, trade: 1, 300)
    desk.step()
    #expect(desk.news.last?.positionLots == -300)
    #expect(desk.count("fills.late") == 1 && desk.count("reports.contradiction") == 0)
  }

  @Test func aFillToldTwiceCountsOnce() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 1000)
    for _ in 0..<3 { desk.fill(order, trade: 9, 400) }
    desk.step()
    #expect(desk.news.last?.positionLots == 400)
    #expect(desk.count("fills.duplicate") == 2)
  }

  /// The bound of the window itself: the oldest of 16,384 fills is still known, one more and it is forgotten.
  @Test func theWindowOfFillsHoldsItsBound() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 20_000)
    for trade in 1...16_384 as ClosedRange<UInt64> {
      desk.fill(order, trade: trade * 7919, 1)
      if trade % 8 == 0 { desk.step() }
    }
    desk.fill(order, trade: 7919, 1)
    desk.step()
    #expect(desk.count("fills.duplicate") == 1)
    desk.fill(order, trade: 1, 1)
    desk.fill(order, trade: 7919, 1)
    desk.fill(order, trade: 3 * 7919, 1)
    desk.step()
    #expect(desk.count("fills.duplicate") == 2)  // the third is still there, the first is not
    #expect(desk.news.last?.positionLots == 16_386)
  }

  @Test func anOverfillHaltsTheInstrument() throws {
    let desk = try Desk()
    desk.open()
    let resting = try desk.placed(.buy, 5_990_000, 10)
    let order = try desk.placed(.buy, 5_999_000, 1000)
    desk.fill(order, trade: 1, 1001)
    desk.step()
    #expect(desk.news.last?.positionLots == 1001)  // the money moved, whatever we think of it
    #expect(desk.count("fills.over") == 1 && desk.count("instrument_halts") == 1)
    #expect(desk.asked.last?.kind == .cancelAll)
    desk.place(.buy, 5_999_000, 10)
    desk.step()
    #expect(desk.news.last?.reasonCode == RefusalReason.halted.rawValue)
    desk.report(.canceled, resting.clientOrder)
    desk.step()
    #expect(desk.stage.openOrders == 0)
  }

  @Test func aFillOfARejectedOrderIsAContradiction() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 1000)
    desk.report(.rejected, order.clientOrder, reason: .filterFailure)
    desk.step()
    #expect(desk.news.last?.kind == .rejected)
    #expect(desk.news.last?.reasonCode == ReportReason.filterFailure.rawValue)
    #expect(desk.count("rejected.filterFailure") == 1)
    desk.fill(order, trade: 1, 1000)
    desk.step()
    #expect(desk.count("reports.contradiction") == 1 && desk.count("instrument_halts") == 1)
    #expect(desk.news.last?.positionLots == 1000)
  }

  @Test func anUnknownFillStillIsTheAccounts() throws {
    let desk = try Desk()
    desk.open()
    desk.push(Desk.fill(ClientOrderIdentifier(bootEpoch: 4, sequence: 1), .sell, trade: 1, 6_000_000, 50, 0, "USDT"))
    desk.step()
    #expect(desk.count("reports.orphan") == 1)
    #expect(desk.news.last?.kind == .position && desk.news.last?.positionLots == -50)
  }

  @Test func reportsThatMakeNoSenseChangeNothing() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 1000)
    for (ticks, lots) in [(0, 10), (-5, 10), (10, 0), (10, -3)] as [(Int64, Int64)] {
      desk.push(Desk.fill(order.clientOrder, .buy, trade: 5, ticks, lots, 0, "USDT"))
    }
    var outside = Desk.fill(.none, .buy, trade: 6, 10, 10, 0, "USDT")
    outside.instrument = InstrumentIndex(99)
    desk.push(outside)
    desk.report(balanceOf: "BTC", free: -1)
    desk.report(balanceOf: "BTC", free: .max, locked: 1)
    desk.step()
    #expect(desk.count("reports.malformed") == 6 && desk.count("reports.orphan") == 1)
    #expect(desk.count("position.BTCUSDT.lots") == 0)
  }
}
