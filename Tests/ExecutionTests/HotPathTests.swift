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

    @Test(arguments: [ContractKind.spot, .linear, .inverse])
    func aMillionStepsAllocateNothing(_ kind: ContractKind) throws {
      let instrument = kind == .spot ? Desk.instrument : Desk.contract(kind)
      let desk = try Desk(instruments: [instrument]) { $0.limits[0]?.leverage = kind == .spot ? 0 : 10 }
      desk.open()
      // Made once: names of assets allocate.
      var fill = Desk.fill(.none, .buy, trade: 0, 1, 10, 0, "USDT")
      var funding = ContractVenue.payment(.funding, number: 1, of: instrument.index, instrument.settlement.text, -1)
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
            fill.quoteAmount = kind == .spot ? Amount(units: order.price.ticks * 10 * 10) : .zero  // as its scale says
            desk.push(fill)
            if kind != .spot {
              funding.trade = UInt64(fills)
              desk.push(funding)
            }
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

    /// Commands of every kind over a busy session: halts, flattens, limits, arming.
    @Test func commandsAllocateNothing() throws {
      let desk = try Desk { $0.maximumDailyLoss = Amount(units: .max - 1) }
      desk.open()
      let kinds: [(CommandKind, CommandScope, CommandLimit)] = [
        (.pause, .strategy, .none), (.resume, .strategy, .none), (.halt, .instrument, .none),
        (.resume, .instrument, .none), (.flatten, .all, .none), (.reduceOnly, .venue, .none),
        (.resume, .venue, .none), (.setLimit, .all, .maximumOpenOrders), (.setLimit, .all, .ordersPerSecond),
        (.resume, .all, .none), (.halt, .all, .none), (.arm, .all, .none), (.cancel, .all, .none),
        (.disarm, .all, .none), (.arm, .all, .none), (.setLimit, .all, .maximumDailyLoss),
      ]
      var fill = Desk.fill(.none, .buy, trade: 0, 1, 10, 0, "USDT")
      var (fills, answers) = (0, 0)
      let before = malloc_counter_value()
      for turn in 0..<200_000 {
        desk.nowNs += 1_000_000
        desk.touch()
        desk.place(turn % 3 == 0 ? .sell : .buy, turn % 3 == 0 ? 6_001_000 : 5_999_000, 10)
        if turn % 10 == 0 {
          let (kind, scope, limit) = kinds[turn / 10 % kinds.count]
          let value: Int64 = limit == .maximumDailyLoss ? .max - 2 : 60_000
          desk.command(kind, scope: scope, strategy: 1, limit: limit, value: value)
        }
        _ = desk.stage.step(StepInput(nowNs: desk.nowNs))
        while let order = desk.orders.receive() {
          desk.report(.acknowledged, order.clientOrder)
          fills += 1
          fill.clientOrder = order.clientOrder
          fill.side = order.side
          fill.trade = UInt64(fills)
          fill.price = order.price
          fill.quantity = order.quantity
          fill.quoteAmount = Amount(units: order.price.ticks * order.quantity.lots * 10)
          desk.push(fill)
        }
        _ = desk.stage.step(StepInput(nowNs: desk.nowNs + 1))
        while desk.updates.tryPop() != nil {}
        while desk.requests.tryPop() != nil {}
        while desk.emergency.tryPop() != nil {}
        while desk.outcomes.tryPop() != nil { answers += 1 }
        _ = desk.records.drain { _ in }
      }
      let allocations = malloc_counter_value() - before
      #expect(allocations == 0)
      #expect(fills > 20_000 && answers > 20_000)
      #expect(desk.count("commands.accepted") > 15_000)
    }
  }
#endif
