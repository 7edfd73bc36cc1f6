// Amendments, self-trade prevention, permissions, limits and bans, as a client sees them.

import Market
import Simulation
import Testing
import VenueFront

struct AmendTests {
  @Test func anAmendmentTakesAwayAndFreesWhatItLocked() throws {
    let desk = try ExchangeDesk()
    #expect(try desk.place("BUY", "50000", "0.005", "&newClientOrderId=a").error == nil)
    desk.events = []
    let reply = try #require(
      try desk.call(
        .amend, "symbol=SYNUSDT&origClientOrderId=a&newQty=0.002&newClientOrderId=a"
      ).json)
    #expect(reply["amendedOrder"]?["qty"] == .string("0.00200000"))
    #expect(reply["amendedOrder"]?["clientOrderId"] == .string("a"))
    let report = try #require(JSONValue(parsing: desk.events[0].utf8))
    #expect(report["x"] == .string("REPLACED") && report["q"] == .string("0.00200000"))
    #expect(report["c"] == .string("a") && report["C"] == .string("a"))
    #expect(report["I"] == reply["executionId"])
    let usdt = desk.exchange.engine.balances.first { $0.asset.text == "USDT" }
    #expect(usdt?.locked == Amount(units: 100 * Amount.unitsPerCoin))
  }

  @Test(arguments: [
    ("newQty=0.006", -2038), ("newQty=0.005", -2038), ("newQty=0.001", -2038), ("newQty=0.0020001", -1013),
    ("newQty=0.0015", nil),
  ])
  func itsBoundsAreTheOrdersOwn(_ change: String, _ code: Int?) throws {
    let desk = try ExchangeDesk()
    // 0.001 of it is filled at once by the level at 60001.
    #expect(try desk.place("BUY", "60001", "0.005", "&newClientOrderId=a").error == nil)
    #expect(try desk.call(.amend, "symbol=SYNUSDT&origClientOrderId=a&\(change)").error?.code == code)
  }

  @Test func aClosedOrderIsUnknownAndANewNameTakesOver() throws {
    let desk = try ExchangeDesk()
    #expect(try desk.place("BUY", "50000", "0.005", "&newClientOrderId=a").error == nil)
    #expect(
      try desk.call(.amend, "symbol=SYNUSDT&origClientOrderId=a&newQty=0.004&newClientOrderId=b").error == nil)
    #expect(try desk.call(.cancel, "symbol=SYNUSDT&origClientOrderId=b").error == nil)
    let error = try desk.call(.amend, "symbol=SYNUSDT&origClientOrderId=b&newQty=0.003").error
    #expect(error?.code == -2038 && error?.message == "Unknown order sent.")
  }
}

struct SelfTradePreventionTests {
  @Test func theTakersRestExpiresAndNamesTheOrderThatItMet() throws {
    let desk = try ExchangeDesk()
    #expect(try desk.place("SELL", "60000.5", "0.001").error == nil)
    desk.events = []
    let reply = try #require(try desk.place("BUY", "60002", "0.004").json)
    #expect(reply["status"] == .string("EXPIRED_IN_MATCH") && reply["executedQty"] == .string("0.00000000"))
    let report = try #require(JSONValue(parsing: desk.events[1].utf8))
    #expect(report["x"] == .string("TRADE_PREVENTION") && report["X"] == .string("EXPIRED_IN_MATCH"))
    #expect(report["U"] == .number("1") && report["B"] == .string("0.00400000"))
    #expect(report["pL"] == .string("60000.50000000") && report["v"] == .number("1"))
  }
}

struct PermissionTests {
  @Test func aKeyThatMayReadMayNotTrade() throws {
    let desk = try ExchangeDesk {
      $0.keys = [APIKey(name: ExchangeDesk.key, kind: .hmac(secret: ExchangeDesk.secret), canTrade: false)]
    }
    #expect(try desk.call(.account, "a=1").error == nil)
    #expect(try desk.call(.openOrders, "symbol=SYNUSDT").error == nil)
    #expect(try desk.place("BUY", "50000", "0.005").error?.code == -2015)
    #expect(try desk.call(.cancelAll, "symbol=SYNUSDT").error?.code == -2015)
  }

  @Test func theKeysFileNamesPermissions() {
    let text = #"{"keys":[{"apiKey":"a","secret":"s"},{"apiKey":"b","secret":"s","permissions":["USER_DATA"]}]}"#
    #expect(APIKey.list(parsing: Array(text.utf8))?.map(\.canTrade) == [true, false])
    #expect(APIKey.list(parsing: Array(#"{"keys":[{"apiKey":"a","secret":"s","permissions":1}]}"#.utf8)) == nil)
  }
}

struct LimitTests {
  /// The first fill of an order gives back 1 (taker) or 5 (maker), never below zero.
  @Test func fillsGiveBackUnfilledOrders() throws {
    let desk = try ExchangeDesk()
    func count() -> Int { desk.exchange.rates.ordersPerTenSeconds.count(at: desk.exchange.nowNs()) }
    for _ in 0..<7 { #expect(try desk.place("BUY", "59990", "0.001").error == nil) }
    #expect(count() == 7)
    #expect(try desk.place("BUY", "60001", "0.0005").error == nil)
    #expect(count() == 7)
    #expect(try desk.place("BUY", "59999.5", "0.002").error == nil)
    desk.exchange.play(.trade(desk.level(5_999_950, 150), takerSide: .sell, tradeId: 77), InstrumentIndex(0))
    #expect(count() == 3)
    desk.exchange.play(.trade(desk.level(5_999_950, 50), takerSide: .sell, tradeId: 78), InstrumentIndex(0))
    #expect(count() == 3)
  }

  @Test func whoGoesOnAfter429IsBannedForTwiceAsLongEachTime() throws {
    let desk = try ExchangeDesk { $0.limits.weightPerMinute = 20 }
    func refusal() throws -> (Int, Int64?) {
      let error = try #require(try desk.call(.account, "a=1").error)
      return (error.status, error.retryAfterMs)
    }
    #expect(try desk.call(.account, "a=1").error == nil)
    for _ in 0..<10 { #expect(try refusal().0 == 429) }
    let untilMs = desk.nowNs / 1_000_000 + 120_000
    #expect(try refusal() == (418, untilMs))
    desk.nowNs = untilMs * 1_000_000 - 1
    #expect(try refusal() == (418, untilMs))
    desk.nowNs += 1
    #expect(try desk.call(.account, "a=1").error == nil)
    for _ in 0..<10 { #expect(try refusal().0 == 429) }
    #expect(try refusal() == (418, desk.nowNs / 1_000_000 + 240_000))
  }

  @Test func anOrderThatArrivesTwiceIsSeen() throws {
    let desk = try ExchangeDesk()
    #expect(try desk.place("BUY", "50000", "0.001", "&newClientOrderId=a").error == nil)
    #expect(try desk.place("BUY", "50000", "0.001", "&newClientOrderId=a").error == .duplicateOrder)
    #expect(try desk.place("BUY", "50000", "0.001", "&newClientOrderId=b").error == nil)
    #expect(desk.exchange.placements == ["a": 2, "b": 1])
  }
}
