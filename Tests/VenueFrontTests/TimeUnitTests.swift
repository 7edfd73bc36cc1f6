// The unit of times: what a client asked for is what every reply and event has, and what it sends may be in either.

import Market
import Simulation
import Testing
import VenueFront

/// 1700000000 s, 123 ms, 456 us, 789 ns.
private let nowNs: Int64 = 1_700_000_000_123_456_789

/// A unit, and the text of `nowNs` in it.
private let units: [(TimeUnit, String)] = [(.millisecond, "1700000000123"), (.microsecond, "1700000000123456")]

@Suite("Time unit")
struct TimeUnitTests {
  private func desk(_ unit: TimeUnit) throws -> ExchangeDesk {
    let desk = try ExchangeDesk(timeUnit: unit)
    desk.nowNs = nowNs
    return desk
  }

  @Test("the names are the documented ones")
  func names() throws {
    #expect(try TimeUnit(nil) == .millisecond)
    for name in ["MILLISECOND", "millisecond"] { #expect(try TimeUnit(name) == .millisecond) }
    for name in ["MICROSECOND", "microsecond"] { #expect(try TimeUnit(name) == .microsecond) }
    for name in ["", "Microsecond", "NANOSECOND", "us", "MICROSECOND "] {
      let error = #expect(throws: APIError.self) { try TimeUnit(name) }
      #expect(error?.status == 400)
      #expect(
        error?.text
          == #"{"code":-1194,"msg":"Invalid value for time unit; expected either MICROSECOND or MILLISECOND."}"#)
    }
  }

  @Test("rounds to whole ones, up to the end of the range")
  func rounding() {
    #expect(TimeUnit.microsecond.roundedDown(nowNs) == 1_700_000_000_123_456_000)
    #expect(TimeUnit.microsecond.roundedUp(nowNs) == 1_700_000_000_123_457_000)
    #expect(TimeUnit.microsecond.roundedUp(1_700_000_000_123_456_000) == 1_700_000_000_123_456_000)
    #expect(TimeUnit.microsecond.roundedUp(0) == 0)
    #expect(TimeUnit.microsecond.roundedUp(.max - 806) == .max && TimeUnit.microsecond.roundedUp(.max) == .max)
    #expect(TimeUnit.microsecond.roundedUp(.max - 807) == .max - 807, "the last whole one")
  }

  @Test("placing, amending and cancelling", arguments: units)
  func orders(unit: TimeUnit, time: String) throws {
    let desk = try desk(unit)
    let placed = try #require(try desk.place("BUY", "50000", "0.005", "&newClientOrderId=a").json)
    #expect(placed["transactTime"] == .number(time) && placed["workingTime"] == .number(time))
    let amended = try #require(try desk.call(.amend, "symbol=SYNUSDT&origClientOrderId=a&newQty=0.004").json)
    #expect(amended["transactTime"] == .number(time) && amended["amendedOrder"]?["workingTime"] == .number(time))
    let queried = try #require(try desk.call(.query, "symbol=SYNUSDT&orderId=1").json)
    for name in ["time", "updateTime", "workingTime"] { #expect(queried[name] == .number(time), "\(name)") }
    #expect(try desk.call(.openOrders, "symbol=SYNUSDT").json?.elements?.first?["time"] == .number(time))
    #expect(try desk.call(.allOrders, "symbol=SYNUSDT").json?.elements?.first?["time"] == .number(time))
    let canceled = try #require(try desk.call(.cancel, "symbol=SYNUSDT&orderId=1").json)
    #expect(canceled["transactTime"] == .number(time))
    #expect(try desk.place("BUY", "50000", "0.005").error == nil)
    let all = try #require(try desk.call(.cancelAll, "symbol=SYNUSDT").json)
    #expect(all.elements?.first?["transactTime"] == .number(time))
  }

  @Test("events", arguments: units)
  func events(unit: TimeUnit, time: String) throws {
    let desk = try desk(unit)
    #expect(try desk.place("BUY", "60001", "0.001").error == nil)
    let events = desk.events.compactMap { JSONValue(parsing: $0.utf8) }
    #expect(events.compactMap { $0["x"] } == [.string("NEW"), .string("TRADE")])
    for report in events where report["e"] == .string("executionReport") {
      for name in ["E", "T", "O", "W"] { #expect(report[name] == .number(time), "\(name)") }
    }
    let position = try #require(events.last)
    #expect(position["e"] == .string("outboundAccountPosition"))
    #expect(position["E"] == .number(time) && position["u"] == .number(time))
  }

  @Test("clock, account, rules, trades and session", arguments: units)
  func others(unit: TimeUnit, time: String) throws {
    let desk = try desk(unit)
    #expect(try desk.place("BUY", "60001", "0.001").error == nil)
    #expect(try desk.call(.time, "a=1").json?["serverTime"] == .number(time))
    #expect(try desk.call(.account, "a=1").json?["updateTime"] == .number(time))
    #expect(try desk.call(.exchangeInfo, "a=1").json?["serverTime"] == .number(time))
    #expect(try desk.call(.myTrades, "symbol=SYNUSDT").json?.elements?.first?["time"] == .number(time))
    let status = try #require(try desk.call(.status, "a=1").json)
    #expect(status["serverTime"] == .number(time))
    #expect(status["connectedSince"] == .number(unit == .millisecond ? "1700000000000" : "1700000000000000"))
  }

  @Test("what a client sends may be in either, whatever it is answered in", arguments: units)
  func requests(unit: TimeUnit, time: String) throws {
    let desk = try desk(unit)
    #expect(try desk.place("BUY", "60001", "0.001").error == nil)
    for (stamp, code) in [("1700000000123", nil), ("1700000000123456", nil), ("1699999995123456", -1021)] {
      #expect(try desk.call(.account, "a=1", timestamp: stamp).error?.code == code, "\(stamp)")
    }
    #expect(try desk.call(.account, "a=1", timestamp: "18446744073709551615").error?.code == -1108)
    for (range, count) in [
      ("startTime=1700000000123", 1), ("startTime=1700000000123456", 1), ("startTime=1700000000124", 0),
      ("startTime=1700000000123457", 0), ("endTime=1700000000123", 1), ("endTime=1700000000123456", 1),
      ("endTime=1700000000122", 0), ("endTime=1700000000123455", 0),
      ("startTime=1700000000123456&endTime=1700000000123", 1),
    ] {
      #expect(try desk.call(.myTrades, "symbol=SYNUSDT&\(range)").json?.elements?.count == count, "\(range)")
      #expect(try desk.call(.allOrders, "symbol=SYNUSDT&\(range)").json?.elements?.count == count, "\(range)")
    }
    let tooLong = "startTime=1700000000123&endTime=1700086400123001"
    #expect(try desk.call(.myTrades, "symbol=SYNUSDT&\(tooLong)").error?.code == -1127)
  }

  @Test("each connection has events, limits and its end in its own unit")
  func connections() throws {
    let desk = try ExchangeDesk { $0.limits.weightPerMinute = 30 }
    desk.nowNs = nowNs
    var told: [String: [String]] = [:]
    let connections = units.map { unit, time in (time, OrderConnection(desk.exchange, timeUnit: unit)) }
    desk.exchange.onUserEvent = { event in
      for (time, connection) in connections { told[time, default: []] += connection.messages(of: event) }
    }
    for (time, connection) in connections {
      let subscribe = try desk.signedRequest(1, "userDataStream.subscribe.signature", "returnRateLimits=false")
      connection.answer(connection.read(Array(subscribe.utf8))) { #expect($0.contains(#""status":200"#), "\($0)") }
      #expect(connection.shutdownMessage == #"{"event":{"e":"serverShutdown","E":\#(time)}}"#)
    }
    #expect(try desk.place("BUY", "50000", "0.005").error == nil)
    for (time, _) in connections {
      #expect(told[time]?.count == 2)
      #expect(told[time]?.allSatisfy { $0.contains(#""E":\#(time),"#) } == true)
    }
    // The minute began 20 s before; its weight is used up by now.
    let account = Array(try desk.signedRequest(2, "account.status", "a=1").utf8)
    for (time, connection) in connections {
      var reply: JSONValue?
      connection.answer(connection.read(account)) { reply = JSONValue(parsing: $0.utf8) }
      connection.answer(connection.read(account)) { reply = JSONValue(parsing: $0.utf8) }
      let data = reply?["error"]?["data"]
      #expect(data?["serverTime"] == .number(time))
      #expect(data?["retryAfter"] == .number(time.count == 13 ? "1700000040000" : "1700000040000000"))
    }
  }
}
