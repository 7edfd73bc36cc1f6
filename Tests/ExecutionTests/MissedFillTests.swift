// Fills that no report told of: what the venue says later of the order brings them in.

import Execution
import Market
import Risk
import Testing

@Suite struct MissedFillTests {
  /// The user stream lost a fill, and the order was cancelled: the cancel's report says how much had been filled.
  @Test(arguments: [ReportKind.canceled, .expired])
  func theEndOfAnOrderTellsWhatWasFilled(_ kind: ReportKind) throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 100)
    desk.report(.acknowledged, order.clientOrder)
    desk.fill(order, trade: 1, 10)
    var end = Desk.message(kind, order.clientOrder)
    end.cumulativeQuantity = Quantity(lots: 35)
    desk.push(end)
    desk.step()
    #expect(desk.stage.openOrders == 0)
    #expect(desk.count("position.BTCUSDT.lots") == 35)
    #expect(desk.count("fills.inferred") == 1)
    // The lost fill is told after all: it counts once.
    desk.fill(order, trade: 2, 25)
    desk.step()
    #expect(desk.count("position.BTCUSDT.lots") == 35)
  }
}
