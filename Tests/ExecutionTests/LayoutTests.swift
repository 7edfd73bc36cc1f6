// The bytes of what execution puts into the journal are determined: no implicit padding.

import Execution
import Market
import Risk
import Support
import Testing

@Suite struct LayoutTests {
  @Test func recordsHaveNoPadding() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 10)
    desk.report(.acknowledged, order.clientOrder)
    desk.step()
    let state = try #require(desk.records(.orderState, OrderStateRecord.self).first)
    #expect(MemoryLayout<OrderStateRecord>.stride == 64)
    #expect(fieldBytes(state) == 64)
    let balance = try #require(desk.records(.balance, BalanceRecord.self).first)
    #expect(MemoryLayout<BalanceRecord>.stride == 64)
    #expect(fieldBytes(balance) == 64)
    desk.fill(order, trade: 1, 10, fee: 3)
    desk.step()
    let fill = try #require(desk.records(.fill, FillRecord.self).first)
    #expect(MemoryLayout<FillRecord>.stride == 176)
    #expect(fieldBytes(fill) == 176)
    let step = try #require(desk.records(.reconciliation, ReconciliationRecord.self).first)
    #expect(MemoryLayout<ReconciliationRecord>.stride == 64)
    #expect(fieldBytes(step) == 64)
    let position = try #require(desk.records(.position, PositionRecord.self).first)
    #expect(MemoryLayout<PositionRecord>.stride == 80)
    #expect(fieldBytes(position) == 80)
  }
}
