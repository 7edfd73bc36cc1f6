import CEnvironment
import Environment
import Market
import Simulation
import Support
import Testing

@Suite final class ConservationTests {
  private let rows = UnsafeMutablePointer<TapeRow>.allocate(capacity: HawkesMarket.rowsPerMessage)

  deinit { rows.deallocate() }

  /// What the account has, the other sides of its trades lack, to the last unit.
  @Test(arguments: [LearningTask.trade, .execute])
  func takersPayWhatTheMarketGets(_ task: LearningTask) throws {
    try conserve(task, HawkesMarket(.plain, seed: 3))
    try conserve(task, QueueReactiveMarket(.plain, seed: 3))
  }

  private func conserve(_ task: LearningTask, _ market: consuming some InteractiveMarket & ~Copyable) throws {
    let config = apus_environment_config.scripted(task) {
      $0.taker_fee_ppm = 35
      $0.maximum_lots = 300
      $0.episode_steps = 40
    }
    let ledger = Ledger()
    let rules = try EnvironmentConfiguration(config).rules
    var room = Room(LedgerMarket(market, ledger), rules: rules, random: SplitMix64(seed: 3), rows: rows)
    var random = SeededRandom(4)
    var traded = 0
    for _ in 0..<5000 {
      let choice = Int32(random.next() % 3)
      let outcome =
        task == .trade ? room.step(choice, rows: rows) : room.step(Float(choice) / 16, rows: rows)
      #expect(room.account.inventoryLots == -ledger.lots)
      #expect(room.account.cash + room.account.fees == -ledger.notional * Account.unitsPerTick)
      #expect(abs(room.account.inventoryLots) <= 300)
      if outcome.reward != 0 { traded += 1 }
      if outcome.isTerminated || outcome.isTruncated {
        ledger.lots = 0
        ledger.notional = 0
        room.begin()
      }
    }
    #expect(traded > 500)
  }

  /// A step's change of cash is explained by whole lots at the prices quoted before it, and its fees by those.
  @Test func quotesFillAtTheirPrices() throws {
    let config = apus_environment_config.scripted(.quote) {
      $0.latency_events = 1
      $0.maker_fee_ppm = -7
      $0.taker_fee_ppm = 7
      $0.maximum_lots = 50
      $0.episode_steps = 1_000_000
    }
    let market = try HawkesMarket(.plain, seed: 5)
    let rules = try EnvironmentConfiguration(config).rules
    var room = Room(market, rules: rules, random: SplitMix64(seed: 5), rows: rows)
    var random = SeededRandom(6)
    var bought: Int64 = 0
    var sold: Int64 = 0
    var choices = (Int32(1), Int32(1))
    for number in 0..<20_000 {
      // Quotes stay for a while: who moves at every message is never first in a queue.
      if number % 50 == 0 { choices = (Int32(random.next() % 3), Int32(random.next() % 3)) }
      let (bid, ask, before) = (room.bid, room.ask, room.account)
      _ = room.step(choices.0, choices.1, rows: rows)
      let change = room.account.inventoryLots - before.inventoryLots
      let fees = room.account.fees - before.fees
      let cash = room.account.cash - before.cash + fees
      // Bids are below asks: two equations for the lots bought and sold.
      let spread = ask.price.ticks - bid.price.ticks
      let (sells, rest) =
        bid.lots > 0 && ask.lots > 0
        ? (cash / Account.unitsPerTick + change * bid.price.ticks).quotientAndRemainder(dividingBy: spread)
        : (ask.lots > 0 ? -change : 0, 0)
      let buys = change + sells
      #expect(rest == 0 && (0...ask.lots).contains(sells) && (0...bid.lots).contains(buys))
      let notional = buys * bid.price.ticks + sells * ask.price.ticks
      #expect(cash == (sells * ask.price.ticks - buys * bid.price.ticks) * Account.unitsPerTick)
      #expect(fees == -7 * notional)
      bought += buys
      sold += sells
    }
    #expect(bought > 500 && sold > 500)
  }
}
