// Compares what the venue knows with what the bot believes, at the end of a world.

import Execution
import Market
import Simulation
import VenueFront

enum Audit {
  /// What differs; nothing when both sides agree.
  static func problems(of world: World) -> [String] {
    let (engine, bot) = (world.exchange.engine, world.bot)
    var problems: [String] = []
    func expect(
      _ what: String, _ found: some Equatable & CustomStringConvertible,
      _ expected: some Equatable & CustomStringConvertible
    ) {
      if found.description != expected.description { problems.append("\(what): bot \(found), venue \(expected)") }
    }
    expect("open orders", bot.execution.openOrders, engine.openOrders(InstrumentIndex(0)).count)
    if bot.execution.openOrders != 0 { problems.append("\(bot.execution.openOrders) orders are left open") }
    if !bot.channels.allSatisfy(\.isQuiet) { problems.append("messages are still under way") }

    let names = engine.orders.map { world.exchange.named($0).clientOrderId }
    if Set(names).count != names.count { problems.append("the venue has two orders of one name") }
    let sentAgain =
      bot.channels.flatMap(\.ordersSentAgain) + bot.channels[0].ordersSent.intersection(bot.channels[1].ordersSent)
    if !sentAgain.isEmpty { problems.append("sent twice: \(sentAgain)") }

    for order in engine.orders {
      let name = world.exchange.named(order).clientOrderId
      expect("filled lots of \(name) (\(order.status))", bot.filledLots[name] ?? 0, order.executed.lots)
    }
    let lots = engine.fills.reduce(0) { $0 + $1.side.sign * $1.quantity.lots }
    expect("position", bot.execution.positionsLots[0], lots)
    for balance in engine.balances {
      guard let own = bot.execution.accountBalances.first(where: { $0.asset == balance.asset.text }) else {
        problems.append("\(balance.asset.text): the bot has no balance")
        continue
      }
      expect("\(own.asset) balance", own.computed.units, balance.free.units + balance.locked.units)
      expect("\(own.asset) reserved", own.reserved.units, balance.locked.units)
      // A fill that only a status told of carries no fee.
      if bot.count("fills.inferred") == 0 {
        expect("\(own.asset) fees", own.fees.units, engine.commissionPaid[balance.asset]?.units ?? 0)
      }
    }
    for name in ["reports.contradiction", "fills.over", "instrument_halts", "reports.malformed", "stalls"] {
      if bot.count(name) != 0 { problems.append("\(name) is \(bot.count(name))") }
    }
    return problems
  }
}
