// The exchange behind the protocol front, without sockets: times, limits, names and events.

import Market
import Pipeline
import Simulation
import Testing
import VenueFront

struct ExchangeTests {
  @Test func theWindowIsExact() throws {
    let desk = try ExchangeDesk()
    let nowMs = desk.nowNs / 1_000_000
    #expect(try desk.call(.account, "a=1", timestamp: "\(nowMs + 999)").error == nil)
    #expect(try desk.call(.account, "a=1", timestamp: "\(nowMs + 1_000)").error == .aheadOfServer)
    #expect(try desk.call(.account, "recvWindow=100", timestamp: "\(nowMs - 100)").error == nil)
    #expect(try desk.call(.account, "recvWindow=100", timestamp: "\(nowMs - 101)").error == .outsideWindow)
    #expect(try desk.call(.account, "recvWindow=0.5", timestamp: "\(desk.nowNs / 1_000 - 500)").error == nil)
    #expect(try desk.call(.account, "recvWindow=0.5", timestamp: "\(desk.nowNs / 1_000 - 501)").error == .outsideWindow)
    #expect(try desk.call(.account, "recvWindow=60001").error == .windowTooLong)
  }

  @Test func orderLimitsResetOnTheCalendar() throws {
    let desk = try ExchangeDesk { $0.limits.ordersPerTenSeconds = 2 }
    desk.nowNs = 1_700_000_009_000_000_000
    for _ in 0..<2 { #expect(try desk.place("BUY", "50000", "0.001").error == nil) }
    let refused = try #require(try desk.place("BUY", "50000", "0.001").error)
    #expect((refused.status, refused.code) == (429, -1015))
    #expect(refused.retryAfterMs == 1_700_000_010_000)
    desk.nowNs = 1_700_000_010_000_000_000
    #expect(try desk.place("BUY", "50000", "0.001").error == nil)
  }

  @Test func weightIsLimited() throws {
    let desk = try ExchangeDesk { $0.limits.weightPerMinute = 39 }
    #expect(try desk.call(.account, "a=1").error == nil)
    let refused = try #require(try desk.call(.account, "a=1").error)
    #expect((refused.status, refused.code) == (429, -1003))
  }

  @Test func aClientOrderIdIsFreeAgainWhenItsOrderIsGone() throws {
    let desk = try ExchangeDesk()
    #expect(try desk.place("BUY", "50000", "0.001", "&newClientOrderId=a").error == nil)
    #expect(try desk.place("BUY", "50000", "0.001", "&newClientOrderId=a").error == .duplicateOrder)
    #expect(try desk.call(.cancel, "symbol=SYNUSDT&origClientOrderId=a").error == nil)
    #expect(try desk.place("BUY", "50000", "0.001", "&newClientOrderId=a").json?["orderId"] == .number("2"))
    #expect(try desk.place("BUY", "50000", "0.001", "&newClientOrderId=a%20b").error?.code == -1100)
  }

  /// A fill after its order rests: told to the user stream, with the same trade id as in the log.
  @Test func tellsAMakerFill() throws {
    let desk = try ExchangeDesk()
    #expect(try desk.place("BUY", "59999.5", "0.002").json?["status"] == .string("NEW"))
    desk.events = []
    desk.exchange.play(.trade(desk.level(5_999_950, 150), takerSide: .sell, tradeId: 77), InstrumentIndex(0))
    let report = try #require(JSONValue(parsing: desk.events[0].utf8))
    #expect(report["x"] == .string("TRADE") && report["X"] == .string("PARTIALLY_FILLED"))
    #expect(report["m"] == .bool(true) && report["t"] == .number("1"))
    #expect(report["l"] == .string("0.00150000") && report["n"] == .string("0.00000150"))
    #expect(desk.fills.map(\.source) == [.trade(id: 77)])
    let position = try #require(JSONValue(parsing: desk.events[1].utf8))
    #expect(position["e"] == .string("outboundAccountPosition"))
  }

  @Test func aReplyNamesEveryFill() throws {
    let desk = try ExchangeDesk()
    let reply = try #require(try desk.place("BUY", "60001", "0.003").json)
    #expect(reply["status"] == .string("PARTIALLY_FILLED"))
    #expect(reply["executedQty"] == .string("0.00100000"))
    #expect(reply["fills"]?.elements?.count == 1)
    #expect(reply["cummulativeQuoteQty"] == .string("60.00100000"))
  }

  /// A page from a trade on is the oldest of its kind, without one the youngest; identifiers ascend either way.
  @Test func historyComesInPages() throws {
    let desk = try ExchangeDesk()
    for i in 0..<3 { #expect(try desk.place("SELL", "59999", "0.0003", "&newClientOrderId=s\(i)").error == nil) }
    func ids(_ method: Method, _ key: String, _ parameters: String) throws -> [String] {
      let rows = try #require(try desk.call(method, "symbol=SYNUSDT" + parameters).json?.elements)
      return rows.compactMap { $0[key]?.scalarText }
    }
    #expect(try ids(.myTrades, "id", "") == ["1", "2", "3"])
    #expect(try ids(.myTrades, "id", "&limit=2") == ["2", "3"])
    #expect(try ids(.myTrades, "id", "&fromId=1&limit=2") == ["1", "2"])
    #expect(try ids(.myTrades, "id", "&fromId=4").isEmpty)
    #expect(try ids(.myTrades, "id", "&orderId=2") == ["2"])
    #expect(try ids(.myTrades, "id", "&startTime=\(desk.nowNs / 1_000_000)&limit=1") == ["1"])
    #expect(try ids(.myTrades, "id", "&startTime=\(desk.nowNs / 1_000_000 + 1)").isEmpty)
    #expect(try ids(.allOrders, "clientOrderId", "&orderId=2") == ["s1", "s2"])
    #expect(try ids(.allOrders, "clientOrderId", "&limit=1") == ["s2"])
    #expect(try desk.call(.myTrades, "symbol=SYNUSDT&fromId=1&startTime=1").error?.code == -1128)
    #expect(try desk.call(.myTrades, "symbol=SYNUSDT&startTime=1&endTime=86400002").error?.code == -1127)
    let trade = try #require(try desk.call(.myTrades, "symbol=SYNUSDT&limit=1").json?.elements?.first)
    #expect(trade["quoteQty"] == .string("17.99970000") && trade["commission"] == .string("0.01799970"))
    #expect(trade["isBuyer"] == .bool(false) && trade["isMaker"] == .bool(false))
  }

  @Test func unsignedAndStrangeRequestsAreRefused() throws {
    let desk = try ExchangeDesk()
    var result: APIResult?
    func ask(_ query: String, key: String?) throws -> Int? {
      desk.exchange.handle(.account, try Parameters(query: query, body: ""), key: key, session: desk.session) {
        result = $0
      }
      return result?.error?.code
    }
    #expect(try ask("timestamp=1", key: nil) == -2014)
    #expect(try ask("timestamp=1", key: "stranger") == -2015)
    #expect(try ask("timestamp=1", key: ExchangeDesk.key) == -1102)
    #expect(try ask("timestamp=1&signature=00", key: ExchangeDesk.key) == -1022)
  }
}

struct SnapshotDeskTests {
  @Test func holdsUntilTheSnapshotIsPlayed() {
    let desk = SnapshotDesk(awaited: ["A"])
    var replies: [String?] = []
    desk.request("A", current: { "book" }, reply: { replies.append($0) })
    desk.request("B", current: { nil }, reply: { replies.append($0) })
    #expect(replies == [nil])
    desk.played("recorded", symbol: "A")
    desk.request("A", current: { "book" }, reply: { replies.append($0) })
    #expect(replies == [nil, "recorded", "book"])
  }
}
