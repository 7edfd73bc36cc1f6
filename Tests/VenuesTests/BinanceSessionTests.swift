// The order session of Binance coming up, going down and staying in time with the venue.

import Foundation
import Market
import Pipeline
import Risk
import Support
import Testing
import Venues

/// The session's way up and down, for both kinds of key.
struct BinanceSessionTests {
  @Test(arguments: [("1700000000250", 250_000_000, 1_000_000), ("1700000000250123", 250_123_000, 1_000)])
  func theVenuesClockIsKnownToTheUnitThatItIsToldIn(_ text: String, _ offsetNs: Int64, _ errorNs: Int64) throws {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    gateway.stream.events.append(.opened)
    gateway.run()
    try gateway.answer(#"{"serverTime":\#(text)}"#)
    #expect(gateway.counters.clockOffsetNs.value == offsetNs && gateway.counters.clockErrorNs.value == errorNs)
    try gateway.answer(#"{"rateLimits":[]}"#)
    #expect(try gateway.lastSent().parameters["timestamp"] as? Int == 1_700_000_000_250, "in milliseconds")
  }

  @Test func anEd25519SessionLogsOnOnce() throws {
    let key = Ed25519Key.generate()!
    let pem = key.publicPEM
    let gateway = try GatewayUnderTest(signer: .ed25519(key))
    gateway.stream.events.append(.opened)
    gateway.run()
    #expect(try gateway.lastSent().method == "time")
    try gateway.answer(#"{"serverTime":1700000000250}"#)
    #expect(try gateway.lastSent().method == "exchangeInfo")
    #expect(try gateway.lastSent().parameters as? [String: String] == ["symbol": "BTCUSDT"])
    try gateway.answer(#"{"rateLimits":[]}"#)
    let logon = try gateway.lastSent()
    #expect(logon.method == "session.logon" && logon.parameters["timestamp"] as? Int == 1_700_000_000_250)
    #expect(try isSigned(logon.parameters, by: pem))
    try gateway.answer(#"{"apiKey":"x"}"#)
    #expect(try gateway.lastSent().method == "userDataStream.subscribe")
    #expect(try gateway.lastSent().parameters.isEmpty)
    try gateway.answer("{}")
    #expect(try gateway.lastSent().method == "account.status")
    #expect(try gateway.lastSent().parameters["signature"] == nil)
    try gateway.answer(
      #"{"balances":[{"asset":"BTC","free":"1.5","locked":"0"},{"asset":"BNB","free":"2","locked":"1"}]}"#)
    // USDT was not among the balances: `omitZeroBalances` means that there is none.
    #expect(gateway.reports.map(\.kind) == [.balance, .balance, .balance, .sessionUp])
    #expect(gateway.reports.map(\.asset.text) == ["BTC", "BNB", "USDT", ""])
    #expect(
      gateway.reports[0].amount == Amount(units: 1_5000_0000) && gateway.reports[1].lockedAmount.units == 1_0000_0000)
    #expect(gateway.reports.allSatisfy { $0.account == 7 && $0.venue == VenueIndex(3) })
    let isUp = gateway.stage.session.isUp
    #expect(isUp && gateway.counters.clockOffsetNs.value == 250_000_000)
    try gateway.order(1)
    gateway.run()
    #expect(try gateway.lastSent().parameters["apiKey"] == nil)
  }

  private func isSigned(_ parameters: [String: Any], by pem: String) throws -> Bool {
    let payload = parameters.filter { $0.key != "signature" }.sorted { $0.key < $1.key }
      .map { "\($0.key)=\($0.value)" }.joined(separator: "&")
    let signature = try #require((parameters["signature"] as? String).flatMap { Data(base64Encoded: $0) })
    let key = Ed25519PublicKey(pem: pem)!
    return Array(payload.utf8).withUnsafeBytes { text in
      Array(signature).withUnsafeBytes { key.verify(text, signature: $0) }
    }
  }

  @Test func anHMACSessionSignsEachRequest() throws {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    try gateway.comeUp()
    let methods = gateway.stream.sent.map { String($0.split(separator: "\"")[5]) }
    #expect(methods == ["time", "exchangeInfo", "userDataStream.subscribe.signature", "account.status"])
    #expect(gateway.stream.sent.dropFirst(2).allSatisfy { $0.contains("\"apiKey\"") && $0.contains("\"signature\"") })
  }

  @Test func aRefusedLogonClosesTheConnection() throws {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    gateway.stream.events.append(.opened)
    gateway.run()
    try gateway.answer(#"{"serverTime":1}"#)
    try gateway.answer(#"{"rateLimits":[]}"#)
    try gateway.refuse(-1022, "Signature for this request is not valid.")
    #expect(gateway.stream.closes == 1 && gateway.counters.sessionErrors.value == 1 && gateway.reports.isEmpty)
  }

  @Test func aLostConnectionMakesEverythingUnansweredUnknown() throws {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    try gateway.comeUp()
    let order = try gateway.order(1)
    gateway.run()
    gateway.stream.events.append(.closed(.peerClosed))
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.unknown, .sessionDown])
    #expect(gateway.reports[0].clientOrder == order && gateway.reports[0].reason == .noSession)
    try gateway.order(2)
    gateway.run()
    #expect(gateway.reports.last?.kind == .notSent && gateway.reports.last?.reason == .noSession)
    #expect(gateway.counters.sessionsDown.value == 1)
  }

  @Test func aMissingAnswerIsAnUnknownOutcome() throws {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    try gateway.comeUp()
    gateway.run(gateway.nowNs + 1_000_000)
    let order = try gateway.order(1)
    gateway.run()
    gateway.run(gateway.nowNs + 10_999_999_999)
    #expect(gateway.reports.isEmpty)
    gateway.run(gateway.nowNs + 1)
    #expect(gateway.reports.map(\.kind) == [.unknown])
    #expect(gateway.reports[0].clientOrder == order && gateway.reports[0].reason == .replyTimeout)
    #expect(gateway.stream.closes == 1, "nothing is answered any more: a new connection owes no answers")
    // The answer that comes after all is nobody's.
    try gateway.answer(#"{"symbol":"BTCUSDT"}"#)
    #expect(gateway.counters.lateReplies.value == 1 && gateway.reports.count == 1)
  }

  @Test func oneAnswerThatIsLostEndsNoConnection() throws {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    try gateway.comeUp()
    let order = try gateway.order(1)
    gateway.run()
    gateway.run(gateway.nowNs + 1_000_000_000)
    _ = try gateway.order(2)
    gateway.run()
    try gateway.answer(#"{"symbol":"BTCUSDT"}"#)
    gateway.run(gateway.nowNs + 10_000_000_000)
    #expect(gateway.reports.last?.kind == .unknown && gateway.reports.last?.clientOrder == order)
    #expect(gateway.counters.timeouts.value == 1 && gateway.stream.closes == 0)
  }

  @Test func theClockIsAskedForAgain() throws {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    try gateway.comeUp()
    gateway.run(gateway.nowNs + 60_000_000_000)
    #expect(try gateway.lastSent().method == "time")
  }
}
