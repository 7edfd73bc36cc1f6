// The replay of a market by order: exact places in the queue, against the exchange that the market came from and against a
// reference.

import Foundation
import Market
import Simulation
import Support
import Testing

@Suite struct OrderVenueTests {
  static let settings = ReplaySettings(
    latency: .constant(ConstantLatency(entryNs: entryNs, responseNs: 100)), queue: .exact,
    fees: ReplayFees(maker: 0, taker: 0))
  static let entryNs: Int64 = 250

  /// Small orders of ours truly in the exchange, where every taker that met one took as much more, so that nobody else
  /// noticed; and a replay of what happened without ours. Orders, times, prices and lots of the fills are the same.
  @Test(arguments: 0..<12 as Range<UInt64>)
  func fillsAreThoseOfTheExchangeItself(seed: UInt64) throws {
    let market = try AgentMarket(seed: seed, requests: 4000, lotSize: 100)
    let replay = try AnyReplay.make(ReplayTape(try market.tape), Self.settings)
    // Eight orders of five lots at the most: less than one lot size of the traders.
    var trader = RandomTrader(
      seed: seed, lives: [.postOnly], mostLots: 5, distances: -2...4, mostOrders: 8)
    try replay.run(&trader)
    #expect(replay.fills == (try Self.fills(market.requests, trader.sent)))
    #expect(replay.fills.count > 200 && replay.unusableRows == 0)
    #expect(replay.account.positionLots == replay.fills.reduce(0) { $0 + $1.side.sign * $1.quantity.lots })
  }

  /// What ours are filled with in the exchange, beside traders who pay for it.
  private static func fills(
    _ requests: [AgentRequest], _ sent: [(timeNs: Int64, RandomTrader.Sent)]
  ) throws -> [ReplayFill] {
    var exchange = try AgentExchange.make()
    var (ids, outbox): ([OrderId], [ExchangeEvent]) = ([], [])
    var ours: [UInt64: OrderId] = [:]
    var rest = sent[...]
    func send(before timeNs: Int64) {
      while let next = rest.first, next.timeNs + entryNs < timeNs {
        rest.removeFirst()
        switch next.1 {
        case .cancel(let id):
          exchange.cancel(
            ours[id] ?? .none, account: AgentExchange.ours, timeNs: next.timeNs + entryNs, outbox: &outbox)
        case .order(let id, let side, let ticks, let lots, _):
          let entry = OrderEntry(
            account: AgentExchange.ours, instrument: AgentExchange.instrument, side: side, postOnly: true,
            price: Price(ticks: ticks), quantity: Quantity(lots: lots), clientNumber: id)
          ours[id] = exchange.place(entry, timeNs: next.timeNs + entryNs, outbox: &outbox)
        }
      }
    }
    for request in requests {
      send(before: request.timeNs)
      let more = Self.oursMet(by: request, ids, exchange)
      ids.append(AgentExchange.perform(request, more: more, ids, &exchange, &outbox))
    }
    send(before: .max)
    return outbox.filter { $0.kind == .filled && $0.account == AgentExchange.ours }.map {
      ReplayFill(
        order: $0.clientNumber, exchangeTimeNs: $0.timeNs, price: $0.price, quantity: $0.quantity, side: $0.side,
        isMaker: $0.isMaker)
    }
  }

  /// Lots of ours that a request meets before it has what it wants of the traders.
  private static func oursMet(by request: AgentRequest, _ ids: [OrderId], _ exchange: borrowing Exchange) -> Int64 {
    var (side, limit, missing) = (Side.buy, Int64.max, Int64(0))
    switch request.kind {
    case .limit(let of, let ticks, let lots): (side, limit, missing) = (of, ticks, lots)
    case .market(let of, let lots): (side, limit, missing) = (of, of == .buy ? .max : 0, lots)
    case .amend(let place, let ticks, let lots):
      guard let open = exchange.find(ids[place]) else { return 0 }
      (side, limit, missing) = (open.entry.side, ticks, lots)
    case .cancel: return 0
    }
    var met: Int64 = 0
    var level = exchange.best(AgentExchange.instrument, side.opposite)
    while level != .none, side == .buy ? level.price.ticks <= limit : level.price.ticks >= limit {
      for id in exchange.queue(AgentExchange.instrument, side.opposite, level.price) where missing > 0 {
        guard let maker = exchange.find(id) else { continue }
        if maker.entry.account == AgentExchange.ours {
          met += maker.remaining.lots
        } else {
          missing -= maker.remaining.lots
        }
      }
      level = exchange.level(AgentExchange.instrument, side.opposite, behind: level.price) ?? .none
    }
    return met
  }

  /// Orders of any size and kind, which take from the recorded ones and are in their way.
  @Test(arguments: 0..<24 as Range<UInt64>)
  func agreesWithTheReference(seed: UInt64) throws {
    let market = try AgentMarket(seed: 100 + seed, requests: 1500, lotSize: 1 + Int64(seed % 3))
    let replay = try AnyReplay.make(ReplayTape(try market.tape), Self.settings)
    var trader = RandomTrader(
      seed: seed, lives: [.goodTillCancel, .postOnly, .goodTillCancel, .immediateOrCancel, .fillOrKill],
      mostLots: 12, distances: -4...3, mostOrders: 12)
    try replay.run(&trader)
    var reference = ReferenceOrderVenue()
    reference.run(market.rows, trader.sent, entryNs: Self.entryNs)
    #expect(replay.fills == reference.fills)
    let (makers, takers) = (replay.fills.filter(\.isMaker).count, replay.fills.filter { !$0.isMaker }.count)
    #expect(makers > 50 && takers > 50)
  }

  /// The strategy sees what the orders display; the same tape by price is what the queue models estimate on.
  @Test func theLevelsOfOrdersAreThoseOfTheExchange() throws {
    let market = try AgentMarket(seed: 9, requests: 3000, lotSize: 1)
    let tape = try ReplayTape(try market.tape)
    var seen: [[Int64]] = []
    for queue in [QueueChoice.exact, .riskAverse] {
      var settings = Self.settings
      settings.queue = queue
      var trader = RandomTrader(seed: 1, lives: [.postOnly], mostLots: 1, distances: 50...50, mostOrders: 0)
      try AnyReplay.make(tape, settings).run(&trader)
      seen.append(trader.touches)
    }
    // What the traders' own exchange shows at the times at which the strategy, 150 ns behind it, wakes.
    var exchange = try AgentExchange.make()
    var (ids, outbox, touches): ([OrderId], [ExchangeEvent], [Int64]) = ([], [], [])
    var wakeNs = (market.rows.first?.exchangeTimeNs ?? 0) + 400
    for request in market.requests {
      while request.timeNs + 150 > wakeNs {
        for side in Side.allCases { touches.append(max(0, exchange.best(AgentExchange.instrument, side).price.ticks)) }
        wakeNs += 400
      }
      ids.append(AgentExchange.perform(request, ids, &exchange, &outbox))
    }
    #expect(touches.count > 1000 && seen[0] == seen[1])
    #expect(seen[0].prefix(touches.count - 2) == touches.prefix(touches.count - 2))
  }

  @Test func aStreamedTapeGivesTheSame() throws {
    let market = try AgentMarket(seed: 5, requests: 3000, lotSize: 2)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).tape").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var writer = try TapeWriter(path: path, instrument: testInstrument, rowsPerBlock: 100)
    for row in market.rows { try writer.append(row) }
    _ = try writer.finish()
    for queue in [QueueChoice.exact, .power(3)] {
      var settings = Self.settings
      settings.queue = queue
      var fills: [[ReplayFill]] = []
      for market in [try ReplayTape(try market.tape), try TapeStream(path: path, rowsInMemory: 64)]
        as [any ReplayMarket]
      {
        let replay = try AnyReplay.make(market, settings)
        var trader = RandomTrader(
          seed: 3, lives: [.goodTillCancel, .postOnly], mostLots: 4, distances: -1...2, mostOrders: 6)
        try replay.run(&trader)
        fills.append(replay.fills)
      }
      #expect(fills[0] == fills[1] && fills[0].count > 100)
    }
  }

  @Test func anExactPlaceNeedsOrders() throws {
    let row = TapeRow(
      kind: .level, side: .buy, exchangeTimeNs: 1, localTimeNs: 2, price: Price(ticks: 5), quantity: Quantity(lots: 1),
      endsMessage: true)
    let tape = try ReplayTape(try Tape(instrument: testInstrument, rows: [row]))
    #expect(throws: TapeError.self) { try AnyReplay.make(tape, Self.settings) }
  }
}
