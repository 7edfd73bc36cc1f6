// Once warm, the exchange allocates nothing.

import MallocCounter
import Market
import Simulation
import Support
import Testing

@Suite struct WarmthTests {
  /// Limit orders, market orders and cancels around a price, in the market's name: what a synthetic market sends.
  static func run(
    _ exchange: inout Exchange, _ random: inout SeededRandom, _ count: Int, _ outbox: inout [ExchangeEvent]
  ) {
    let account = exchange.marketAccount
    var entry = OrderEntry(
      account: account, instrument: Fixture.spot, side: .buy, selfTradePrevention: .none, quantity: Quantity(lots: 1))
    var open = InlineArray<512, OrderId>(repeating: .none)
    for i in 0..<count {
      let draw = random.next()
      outbox.removeAll(keepingCapacity: true)
      let timeNs = exchange.timeNs + 1
      let place = Int(draw >> 8 & 511)
      if open[place] != .none {
        exchange.cancel(open[place], account: account, timeNs: timeNs, outbox: &outbox)
        open[place] = .none
        continue
      }
      entry.side = draw >> 20 & 1 == 0 ? .buy : .sell
      entry.type = draw & 255 > 240 && i > 1_000 ? .market : .limit
      entry.price = Price(ticks: 10_000 - entry.side.sign * Int64(draw >> 24 & 31) + entry.side.sign * 2)
      entry.quantity = Quantity(lots: 1 + Int64(draw >> 32 & 15))
      let id = exchange.place(entry, timeNs: timeNs, outbox: &outbox)
      if exchange.find(id) != nil { open[place] = id }
    }
  }

  @Test func allocatesNothingOnceWarm() throws {
    var exchange = try Fixture.exchange()
    var random = SeededRandom(5)
    var outbox: [ExchangeEvent] = []
    outbox.reserveCapacity(4_096)
    Self.run(&exchange, &random, 20_000, &outbox)
    let before = malloc_counter_value()
    Self.run(&exchange, &random, 20_000, &outbox)
    let allocated = malloc_counter_value() - before
    #expect(allocated == 0)
  }
}
