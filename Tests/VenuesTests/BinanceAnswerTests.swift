import Foundation
import Market
import Pipeline
import Testing
import Venues

/// Error replies: what each status, code and message makes of a request, and the pauses they ask for.
struct BinanceAnswerTests {
  private func upGateway() throws -> GatewayUnderTest {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    try gateway.comeUp()
    return gateway
  }

  /// How an order ends that was answered with that error.
  private func answer(_ status: Int64, _ code: Int32, _ message: String) throws -> ExecutionReport {
    let gateway = try upGateway()
    let order = try gateway.order(1)
    gateway.run()
    try gateway.refuse(Int(code), message, status: Int(status))
    #expect(gateway.reports.count == 1 && gateway.reports.first?.clientOrder == order)
    return try #require(gateway.reports.first)
  }

  @Test func everyCodeIsReadAsItsLineSays() throws {
    for rule in BinanceErrors.codeTable {
      let report = try answer(400, rule.code, "some message")
      #expect(report.kind == (rule.outcome == .unknown ? .unknown : .rejected), "\(rule.code)")
      #expect(report.reason == rule.reason && report.venueCode == rule.code, "\(rule.code)")
      #expect(try answer(503, rule.code, "some message").kind == .unknown, "a 5xx is unknown whatever its code")
    }
    #expect(Set(BinanceErrors.codeTable.map(\.code)).count == BinanceErrors.codeTable.count, "a code stands once")
  }

  @Test(arguments: BinanceErrors.codeTable.filter(\.hasMessages).map(\.code))
  func everyMessageIsReadAsItsLineSays(_ code: Int32) throws {
    for rule in BinanceErrors.messageTable {
      let report = try answer(400, code, "\(rule.message)")
      #expect(report.kind == (rule.outcome == .unknown ? .unknown : .rejected), "\(rule.message)")
      // `other` leaves the reason to the status, which has none better for 400.
      #expect(report.reason == rule.reason, "\(rule.message)")
    }
  }

  @Test func everyStatusIsReadAsItsLineSays() throws {
    for rule in BinanceErrors.statusTable where rule.lowest > 200 {
      for status in Set([rule.lowest, rule.highest]) {
        let report = try answer(status, -9_999, "a code of tomorrow")
        #expect(report.kind == (rule.outcome == .unknown ? .unknown : .rejected), "\(status)")
        #expect(report.reason == rule.reason, "\(status)")
      }
    }
    for status in [0, 100, 201, 302, 600] as [Int64] {
      #expect(try answer(status, -9_999, "").kind == .unknown, "a status that nobody documents: \(status)")
    }
  }

  /// web-socket-api.md, "IP limits": the failed response of a banned address, its times moved to the test's.
  private static func ban(_ identifier: Int, untilMs: Int64, unitsPerMs: Int64 = 1) -> String {
    #"{"id":\#(identifier),"status":418,"error":{"code":-1003,"msg":"Way too much request weight used; IP banned until "#
      + #"\#(untilMs). Please use WebSocket Streams for live updates to avoid bans.","data":{"serverTime":1659142907531,"#
      + #""retryAfter":\#(untilMs * unitsPerMs)}},"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","#
      + #""intervalNum":1,"limit":6000,"count":2411}]}"#
  }

  @Test("whichever unit its end is told in", arguments: [1, 1_000] as [Int64])
  func nothingIsSentDuringABan(_ unitsPerMs: Int64) throws {
    let gateway = try upGateway()
    let order = try gateway.order(1)
    gateway.run()
    let untilMs: Int64 = 1_700_000_300_000
    let ban = Self.ban(try gateway.lastSent().identifier, untilMs: untilMs, unitsPerMs: unitsPerMs)
    gateway.stream.add(ban)
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.rejected] && gateway.reports[0].reason == .rateLimited)
    #expect(gateway.counters.bans.value == 1 && gateway.counters.pausedUntilMs.value == untilMs)
    #expect(gateway.counters.weightUsed.value == 2_411)
    gateway.reports = []

    // The venue is 250 ms ahead: the ban ends at …:299.75 here. Its clock is asked for every minute, but not now.
    let sent = gateway.stream.sent.count
    gateway.nowNs = 1_700_000_299_749_999_999
    gateway.emergency(order)
    gateway.request(.cancel, order)
    gateway.request(.queryStatus, order)
    gateway.request(.queryTrades)
    try gateway.order(2)
    gateway.amend(order, from: 1_000, to: 500)
    gateway.run()
    #expect(gateway.stream.sent.count == sent)
    #expect(
      gateway.reports.map(\.kind) == [
        .cancelRejected, .cancelRejected, .unknown, .listFailed, .amendRejected, .notSent,
      ])
    #expect(gateway.reports.allSatisfy { $0.reason == .backingOff })

    gateway.reports = []
    gateway.run(gateway.nowNs + 1)
    #expect(try gateway.lastSent().method == "time", "what the session wanted for itself is sent now")
    #expect(gateway.counters.pausedUntilMs.value == 0)
    gateway.request(.cancel, order)
    #expect(try gateway.lastSent().method == "order.cancel" && gateway.reports.isEmpty)
  }

  @Test func aBannedAddressDoesNotConnect() throws {
    let gateway = try upGateway()
    try gateway.order(1)
    gateway.run()
    gateway.stream.add(Self.ban(try gateway.lastSent().identifier, untilMs: 1_700_000_300_000))
    gateway.stream.events.append(.closed(.peerClosed))
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.rejected, .sessionDown])
    #expect(gateway.stream.isShut && gateway.stream.opens == 0)
    gateway.run(1_700_000_299_749_999_999)
    #expect(gateway.stream.isShut)
    gateway.run(1_700_000_299_750_000_000)
    #expect(!gateway.stream.isShut && gateway.stream.opens == 1)
    try gateway.establish(gateway.stream)
    #expect(gateway.reports.last?.kind == .sessionUp)
  }

  @Test func tooManyOrdersStopsOrdersOnly() throws {
    let gateway = try upGateway()
    let order = try gateway.order(1)
    gateway.run()
    let identifier = try gateway.lastSent().identifier
    gateway.stream.add(
      #"{"id":\#(identifier),"status":429,"error":{"code":-1015,"msg":"Too many new orders; current limit is 50 orders per "#
        + #"10 SECOND.","data":{"serverTime":1700000000250,"retryAfter":1700000010000}},"rateLimits":[]}"#)
    gateway.run()
    try gateway.order(2)
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.rejected, .notSent] && gateway.reports[1].reason == .backingOff)
    gateway.request(.cancel, order)
    #expect(try gateway.lastSent().method == "order.cancel")
    gateway.nowNs = 1_700_000_009_750_000_000
    try gateway.order(3)
    gateway.run()
    #expect(try gateway.lastSent().method == "order.place" && gateway.counters.pauses.value == 1)
  }

  @Test(arguments: [(429, 1_700_000_040_000), (418, 1_700_000_120_250), (403, 1_700_000_040_000)])
  func withoutRetryAfterThePauseHasALength(_ status: Int, _ untilMs: Int64) throws {
    let gateway = try upGateway()
    try gateway.order(1)
    gateway.run()
    try gateway.refuse(-1003, "Too many requests queued.", status: status)
    #expect(gateway.counters.pausedUntilMs.value == untilMs)
  }

  @Test func anEndBeyondTheLongestBanIsCut() throws {
    let gateway = try upGateway()
    try gateway.order(1)
    gateway.run()
    gateway.stream.add(Self.ban(try gateway.lastSent().identifier, untilMs: .max))
    gateway.run()
    #expect(gateway.counters.pausedUntilMs.value == 1_700_000_000_250 + 3 * 86_400_000)
  }

  @Test func theVenuesLimitsAreRead() throws {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    gateway.stream.events.append(.opened)
    gateway.run()
    try gateway.answer(#"{"serverTime":1700000000250}"#)
    // web-socket-api.md, "Exchange information", with other figures.
    try gateway.answer(
      #"{"timezone":"UTC","serverTime":1655969291181,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","#
        + #""intervalNum":1,"limit":1200},{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":7},"#
        + #"{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":9},{"rateLimitType":"CONNECTIONS","#
        + #""interval":"MINUTE","intervalNum":5,"limit":300}],"exchangeFilters":[],"symbols":[{"symbol":"BTCUSDT"}]}"#)
    let limits = gateway.stage.session.limits
    #expect(limits.weightPerMinute == 1_200 && limits.ordersPerTenSeconds == 7 && limits.ordersPerDay == 9)
  }

  @Test func theVenuesCountsStopOrdersBeforeItDoes() throws {
    let gateway = try upGateway()
    try gateway.order(1)
    gateway.run()
    let identifier = try gateway.lastSent().identifier
    // web-socket-api.md, "Unfilled Order Count": another session of the account has placed all but one.
    gateway.stream.add(
      #"{"id":\#(identifier),"status":200,"result":{"symbol":"BTCUSDT","orderId":12510053279,"status":"NEW","#
        + #""clientOrderId":"ap0000010000000001","executedQty":"0.00000000"},"rateLimits":[{"rateLimitType":"ORDERS","#
        + #""interval":"SECOND","intervalNum":10,"limit":50,"count":49}]}"#)
    gateway.run()
    try gateway.order(2)
    try gateway.order(3)
    gateway.run()
    #expect(gateway.counters.ordersSent.value == 2 && gateway.reports.last?.reason == .rateLimited)
  }
}
