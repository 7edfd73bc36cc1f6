// A million steps of a busy session allocate nothing.

import Execution
import MallocCounter
import Market
import Pipeline
import Risk
import Testing

#if !DEBUG
  /// Counted in release only: a million steps take minutes without optimisation.
  @Suite struct HotPathTests {
    private func price(_ turn: Int) -> Int64 {
      switch turn {
      case 0: 5_999_000
      case 1: 6_001_000
      case 2: 5_998_000
      default: 1
      }
    }

    @Test func aMillionStepsAllocateNothing() throws {
      let desk = try Desk()
      desk.open()
      var fill = Desk.fill(.none, .buy, trade: 0, 1, 10, 0, "USDT")  // made once: names of assets allocate
      var (steps, fills, cancels, refusals) = (0, 0, 0, 0)
      let before = malloc_counter_value()
      while steps < 1_000_000 {
        desk.nowNs += 1_000_000
        desk.touch()
        // Buy, sell, a buy that is cancelled, and one outside the collar.
        let turn = steps / 3 % 4
        let intent = desk.place(turn == 1 ? .sell : .buy, price(turn), 10)
        _ = desk.stage.step(StepInput(nowNs: desk.nowNs))
        if turn == 2 { desk.cancel(intent) }
        while let order = desk.orders.receive() {
          desk.report(.acknowledged, order.clientOrder)
          if turn == 2 {
            desk.report(.canceled, order.clientOrder)
            cancels += 1
          } else {
            fills += 1
            fill.clientOrder = order.clientOrder
            fill.side = order.side
            fill.trade = UInt64(fills)
            fill.price = order.price
            fill.quoteAmount = Amount(units: order.price.ticks * 10 * 10)
            desk.push(fill)
          }
        }
        _ = desk.stage.step(StepInput(nowNs: desk.nowNs + 1))
        _ = desk.stage.step(StepInput(nowNs: desk.nowNs + 2))
        while let update = desk.updates.tryPop() { if update.kind == .refused { refusals += 1 } }
        while desk.requests.tryPop() != nil {}
        _ = desk.records.drain { _ in }
        steps += 3
      }
      let allocations = malloc_counter_value() - before
      #expect(allocations == 0)
      #expect(fills > 150_000 && cancels > 80_000 && refusals > 80_000)
      #expect(desk.stage.openOrders == 0)
    }
  }
#endif
