// Self-trade prevention: the scenarios of Binance's FAQ (stp_faq.md), with lots of 0.1 and ticks of 0.1.

import Market
import Simulation
import Testing

@Suite struct SelfTradeTests {
  /// Makers of scenarios B, C and D: 1.2 at 1.2, 1.3 at 1.1, 8.1 at 1.0; the taker sells 3 at 1.0.
  private func scenario(_ mode: SelfTradePrevention) throws -> (events: [ExchangeEvent], bids: [Int64], ask: Int64) {
    var desk = Desk(try Fixture.exchange())
    for (lots, price) in [(12, 12), (13, 11), (81, 10)] as [(Int64, Int64)] {
      desk.place(.buy, lots, at: price) { $0.selfTradePrevention = .none }
    }
    desk.place(.sell, 30, at: 10) { $0.selfTradePrevention = mode }
    return (desk.outbox, [desk.shown(.buy, 12), desk.shown(.buy, 11), desk.shown(.buy, 10)], desk.shown(.sell, 10))
  }

  @Test func noneTrades() throws {
    let (events, _, _) = try scenario(.none)
    let fills = events.filter { $0.kind == .filled && $0.isMaker }.map(\.quantity.lots)
    #expect(fills == [12, 13, 5])
  }

  /// Scenario B: all three makers expire, the taker rests.
  @Test func expireMaker() throws {
    let (events, bids, ask) = try scenario(.expireMaker)
    let prevented = events.filter { $0.kind == .prevented }.map(\.quantity.lots)
    #expect(prevented == [12, 13, 81] && bids == [0, 0, 0] && ask == 30)
    #expect(!events.contains { $0.kind == .filled })
  }

  /// Scenario C: the taker expires, the makers stay.
  @Test func expireTaker() throws {
    let (events, bids, ask) = try scenario(.expireTaker)
    let prevented = events.filter { $0.kind == .prevented }.map(\.quantity.lots)
    #expect(prevented == [30] && bids == [12, 13, 81] && ask == 0)
    #expect(events.last?.expiry == .selfTrade)
  }

  /// The first maker and the taker expire, the other makers stay.
  @Test func expireBoth() throws {
    let (events, bids, ask) = try scenario(.expireBoth)
    let prevented = events.filter { $0.kind == .prevented }.map(\.quantity.lots)
    #expect(prevented == [12, 30] && bids == [0, 13, 81] && ask == 0)
  }

  /// Both lose what would have traded; the smaller expires each time.
  @Test func decrement() throws {
    let (events, bids, ask) = try scenario(.decrement)
    let prevented = events.filter { $0.kind == .prevented }.map(\.quantity.lots)
    #expect(prevented == [12, 12, 13, 13, 5, 5] && bids == [0, 0, 76] && ask == 0)
    let expired = events.filter { $0.kind == .expired }.count
    #expect(expired == 3)
  }

  /// The same for orders of two accounts: nothing is prevented.
  @Test func otherAccountsTrade() throws {
    var desk = Desk(try Fixture.exchange())
    desk.place(.buy, 10, at: 100, account: 1)
    desk.place(.sell, 10, at: 100) { $0.selfTradePrevention = .expireBoth }
    let fills = desk.fills
    #expect(fills == [[100, 10]])
  }

  /// What a prevented order had locked is free again.
  @Test func preventionFreesFunds() throws {
    for mode in SelfTradePrevention.allCases where mode != .none {
      var desk = Desk(try Fixture.exchange())
      desk.place(.buy, 10, at: 100)
      desk.place(.sell, 10, at: 100) { $0.selfTradePrevention = mode }
      let open = desk.exchange.openOrderCount
      let account = AccountIndex(0)
      let locked = [
        desk.exchange.locked(account, Fixture.base).units, desk.exchange.locked(account, Fixture.quote).units,
      ]
      let restingBid = mode == .expireTaker
      let restingAsk = mode == .expireMaker
      #expect(locked == [restingAsk ? 1_000_000 : 0, restingBid ? 1_000_000 : 0])
      #expect(open == (restingBid || restingAsk ? 1 : 0))
    }
  }
}
