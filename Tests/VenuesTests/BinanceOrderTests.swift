// Orders, cancels and queries on the order session of Binance: what is sent, and what the answers become.

import Foundation
import Market
import Pipeline
import Risk
import Support
import Testing
import Venues

/// Orders, cancels and queries: what goes out, and what comes back as reports.
struct BinanceOrderTests {
  private func upGateway(_ limits: BinanceRateBudget.Limits = BinanceRateBudget.Limits()) throws -> GatewayUnderTest {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac(), limits: limits)
    try gateway.comeUp()
    return gateway
  }

  @Test func ordersCarryWhatTheVenueWants() throws {
    let gateway = try upGateway()
    try gateway.order(0xabc, side: .sell, timeInForce: .immediateOrCancel, ticks: 5_200_001, lots: 1_234)
    gateway.run()
    let (method, _, sent) = try gateway.lastSent()
    #expect(method == "order.place")
    let texts = sent.compactMapValues { $0 as? String }.filter { $0.key != "signature" }
    #expect(
      texts == [
        "apiKey": GatewayUnderTest.apiKey, "symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "IOC",
        "price": "52000.01", "quantity": "0.01234", "newClientOrderId": "ap0000010000000abc",
        "newOrderRespType": "FULL",
      ])
    #expect(sent["recvWindow"] as? Int == 5000 && sent["timestamp"] as? Int == 1_700_000_000_250)
    try gateway.order(2, type: .limitMaker)
    gateway.run()
    #expect(try gateway.lastSent().parameters["timeInForce"] == nil)
    #expect(try gateway.lastSent().parameters["type"] as? String == "LIMIT_MAKER")
  }

  /// The signature of what was sent, computed again from the message as a server would: parameters sorted by name.
  @Test func whatIsSentIsSignedOverItsSortedParameters() throws {
    let gateway = try upGateway()
    try gateway.order(1)
    gateway.request(.cancel, ClientOrderIdentifier(bootEpoch: 1, sequence: 1))
    gateway.request(.cancelAll)
    gateway.request(.queryStatus, ClientOrderIdentifier(bootEpoch: 1, sequence: 1))
    gateway.request(.queryBalances)
    gateway.request(.queryOpenOrders)
    gateway.request(.queryTrades, fromTrade: 1_650_422_481)
    gateway.amend(ClientOrderIdentifier(bootEpoch: 1, sequence: 1), from: 1_000, to: 400)
    gateway.run()
    var methods: Set<String> = []
    for text in gateway.stream.sent {
      let root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
      let parameters = try #require(root["params"] as? [String: Any])
      guard let signature = parameters["signature"] as? String else { continue }
      methods.insert(root["method"] as? String ?? "")
      let payload = parameters.filter { $0.key != "signature" }.sorted { $0.key < $1.key }
        // Foundation prints a flag as 1.
        .map { $0.key == "omitZeroBalances" ? "\($0.key)=true" : "\($0.key)=\($0.value)" }
        .joined(separator: "&")
      let key = HMACSHA256(secret: GatewayUnderTest.hmacSecret)!
      var hex = [UInt8](repeating: 0, count: 64)
      _ = Array(payload.utf8).withUnsafeBytes { text in
        hex.withUnsafeMutableBytes { key.signHex(text, into: $0.baseAddress!) }
      }
      #expect(String(decoding: hex, as: UTF8.self) == signature, "\(text)")
    }
    #expect(
      methods == [
        "userDataStream.subscribe.signature", "account.status", "order.place", "order.cancel", "openOrders.cancelAll",
        "order.status", "openOrders.status", "myTrades", "order.amend.keepPriority",
      ])
  }

  /// The documents' sample has milliseconds; the digits behind them are ours. Where a unit ends the other begins, and what
  /// no clock shows is held at the end of the range.
  @Test(
    arguments: [
      ("1660801715639", 1_660_801_715_639_000_000), ("1660801715639123", 1_660_801_715_639_123_000),
      ("9223372036854", 9_223_372_036_854_000_000), ("100000000000000", 100_000_000_000_000_000),
      ("99999999999999", .max), ("9223372036854775807", .max), ("-9223372036854775808", .min), ("0", 0),
    ] as [(String, Int64)])
  func aTimeIsReadInTheUnitThatItIsWrittenIn(_ text: String, _ ns: Int64) throws {
    let gateway = try upGateway()
    let order = try gateway.order(1)
    gateway.run()
    try gateway.answer(
      #"{"symbol":"BTCUSDT","orderId":1,"clientOrderId":"ap0000010000000001","transactTime":\#(text),"#
        + #""executedQty":"0.00000000","status":"NEW","side":"BUY","fills":[]}"#)
    gateway.stream.add(
      #"{"subscriptionId":0,"event":{"e":"executionReport","E":1,"s":"BTCUSDT","c":"ap0000010000000001","S":"BUY","#
        + #""C":"","x":"TRADE","X":"PARTIALLY_FILLED","i":1,"l":"0.00100000","z":"0.00100000","L":"52000.00000000","#
        + #""n":"0","N":"BTC","T":\#(text),"t":1,"m":true,"Y":"52.00000000","r":"NONE"}}"#)
    gateway.request(.queryStatus, order)
    try gateway.answer(
      #"{"symbol":"BTCUSDT","orderId":1,"clientOrderId":"ap0000010000000001","price":"52000.00","origQty":"0.01000000","#
        + #""executedQty":"0.00100000","cummulativeQuoteQty":"52.0","status":"PARTIALLY_FILLED","side":"BUY","#
        + #""updateTime":\#(text)}"#)
    gateway.request(.queryTrades)
    try gateway.answer(
      #"[{"symbol":"BTCUSDT","id":1,"orderId":1,"price":"52000.00","qty":"0.00100000","quoteQty":"52.00000000","#
        + #""commission":"0","commissionAsset":"BTC","time":\#(text),"isBuyer":true,"isMaker":true}]"#)
    #expect(gateway.reports.map(\.kind) == [.acknowledged, .fill, .status, .fill, .tradesListed])
    #expect(gateway.reports.dropLast().allSatisfy { $0.venueTimeNs == ns })
  }

  @Test func anAnswerAndTheUserStreamTellTheSameFill() throws {
    let gateway = try upGateway()
    let order = try gateway.order(1, lots: 635)
    gateway.run()
    try gateway.answer(
      #"{"symbol":"BTCUSDT","orderId":12569099453,"clientOrderId":"ap0000010000000001","transactTime":1660801715639,"#
        + #""executedQty":"0.00635000","status":"FILLED","side":"BUY","fills":[{"price":"52000.00000000","#
        + #""qty":"0.00600000","commission":"0.00000600","commissionAsset":"BTC","tradeId":1650422481},"#
        + #"{"price":"51999.99000000","qty":"0.00035000","commission":"0.00000035","commissionAsset":"BTC","tradeId":1650422482}]}"#
    )
    gateway.stream.add(
      #"{"subscriptionId":0,"event":{"e":"executionReport","E":1660801715640,"s":"BTCUSDT","c":"ap0000010000000001","#
        + #""S":"BUY","C":"","x":"TRADE","X":"FILLED","i":12569099453,"l":"0.00035000","z":"0.00635000","#
        + #""L":"51999.99000000","n":"0.00000035","N":"BTC","T":1660801715639,"t":1650422482,"m":false,"#
        + #""Y":"18.19999650","r":"NONE"}}"#)
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.acknowledged, .fill, .fill, .fill])
    let (answered, streamed) = (gateway.reports[2], gateway.reports[3])
    #expect(answered.trade == 1_650_422_482 && streamed.trade == answered.trade)
    #expect(answered.quoteAmount == Amount(units: 18_1999_9650) && streamed.quoteAmount == answered.quoteAmount)
    #expect(answered.price == Price(ticks: 5_199_999) && answered.quantity == Quantity(lots: 35))
    #expect(streamed.price == answered.price && streamed.quantity == answered.quantity)
    #expect(answered.amount == Amount(units: 35) && answered.asset.text == "BTC" && streamed.amount == answered.amount)
    #expect(gateway.reports.allSatisfy { $0.clientOrder == order && $0.venueOrder == 12_569_099_453 })
    #expect(gateway.reports[0].orderState == .filled && gateway.reports[0].cumulativeQuantity == Quantity(lots: 635))
    #expect(streamed.venueTimeNs == 1_660_801_715_639_000_000)
  }

  @Test(arguments: [
    (
      -2010, "Account has insufficient balance for requested action.", 400, ReportKind.rejected,
      ReportReason.insufficientBalance
    ),
    (-2010, "Order would immediately match and take.", 400, .rejected, .wouldTakeLiquidity),
    (-2010, "Duplicate order sent.", 400, .unknown, .duplicateOrder),
    (-1013, "Filter failure: LOT_SIZE", 400, .rejected, .filterFailure),
    (-1015, "Too many new orders; current limit is 50 orders per 10 SECOND.", 429, .rejected, .rateLimited),
    (-1021, "Timestamp for this request is outside of the recvWindow.", 400, .rejected, .timestampOutsideWindow),
    (-1007, "Timeout waiting for response from backend server.", 504, .unknown, .venueUnknownOutcome),
    (-1000, "An unknown error occurred while processing the request.", 500, .unknown, .venueUnknownOutcome),
    (-9999, "A code of tomorrow.", 400, .rejected, .other),
    (-9999, "A code of tomorrow.", 503, .unknown, .venueUnknownOutcome),
  ])
  func refusalsHaveTheirReason(
    _ code: Int, _ text: String, _ status: Int, _ kind: ReportKind, _ reason: ReportReason
  ) throws {
    let gateway = try upGateway()
    let order = try gateway.order(1)
    gateway.run()
    try gateway.refuse(code, text, status: status)
    let report = try #require(gateway.reports.last)
    #expect(report.kind == kind && report.reason == reason && report.venueCode == Int32(code))
    #expect(report.clientOrder == order && gateway.reports.count == 1)
  }

  @Test func aTimestampRefusalAsksForTheTime() throws {
    let gateway = try upGateway()
    try gateway.order(1)
    gateway.run()
    try gateway.refuse(-1021, "Timestamp for this request is outside of the recvWindow.")
    #expect(try gateway.lastSent().method == "time")
  }

  @Test func cancelsAndQueriesAreAnswered() throws {
    let gateway = try upGateway()
    let order = ClientOrderIdentifier(bootEpoch: 1, sequence: 9)
    gateway.request(.cancel, order)
    #expect(try gateway.lastSent().parameters["origClientOrderId"] as? String == "ap0000010000000009")
    try gateway.answer(
      #"{"symbol":"BTCUSDT","origClientOrderId":"ap0000010000000009","clientOrderId":"x","executedQty":"0.00100000","status":"CANCELED"}"#
    )
    #expect(gateway.reports.last?.kind == .canceled && gateway.reports.last?.cumulativeQuantity == Quantity(lots: 100))
    gateway.request(.cancel, order)
    try gateway.refuse(-2011, "Unknown order sent.")
    #expect(gateway.reports.last?.kind == .cancelRejected && gateway.reports.last?.reason == .unknownOrder)
    gateway.request(.queryStatus, order)
    try gateway.answer(
      #"{"symbol":"BTCUSDT","clientOrderId":"ap0000010000000009","orderId":7,"status":"PARTIALLY_FILLED","price":"52000.00","#
        + #""origQty":"0.00400000","executedQty":"0.00200000","cummulativeQuoteQty":"104.00000000"}"#
    )
    #expect(gateway.reports.last?.kind == .status && gateway.reports.last?.orderState == .partiallyFilled)
    gateway.request(.queryStatus, order)
    try gateway.refuse(-2013, "Order does not exist.")
    #expect(gateway.reports.last?.kind == .status && gateway.reports.last?.orderState == .notFound)
    gateway.request(.cancelAll)
    try gateway.answer(
      #"[{"symbol":"BTCUSDT","origClientOrderId":"ap0000010000000009","status":"CANCELED"},{"contingencyType":"OCO"}]"#)
    #expect(gateway.reports.last?.kind == .canceled && gateway.reports.last?.clientOrder == order)
    #expect(gateway.counters.foreignOrders.value == 1 && gateway.counters.cancelsSent.value == 3)
  }

  @Test(arguments: [
    ("NEW", "NEW", ReportKind.acknowledged, ReportReason.none), ("CANCELED", "CANCELED", .canceled, .none),
    ("EXPIRED", "EXPIRED", .expired, .none), ("REJECTED", "REJECTED", .rejected, .other),
    ("TRADE_PREVENTION", "EXPIRED_IN_MATCH", .expired, .selfTradePrevented),
  ])
  func userEventsBecomeReports(_ execution: String, _ status: String, _ kind: ReportKind, _ reason: ReportReason) throws
  {
    let gateway = try upGateway()
    gateway.stream.add(
      #"{"event":{"e":"executionReport","s":"BTCUSDT","c":"cancel-1","C":"ap0000010000000007","S":"SELL","x":"\#(execution)","#
        + #""X":"\#(status)","i":5,"z":"0.00000000","n":"0","N":null,"t":-1,"T":1,"m":false}}"#)
    gateway.run()
    let report = try #require(gateway.reports.first)
    #expect(
      report.kind == kind && report.reason == reason && report.side == .sell && report.clientOrder.rawValue & 0xf == 7)
  }

  @Test func balancesComeFromTheUserStream() throws {
    let gateway = try upGateway()
    gateway.stream.add(
      #"{"event":{"e":"outboundAccountPosition","E":1,"u":1,"B":[{"a":"USDT","f":"11818.00000001","l":"182.00000000"}]}}"#
    )
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.balance])
    #expect(
      gateway.reports[0].amount.units == 11818_0000_0001 && gateway.reports[0].lockedAmount.units == 182_0000_0000)
  }

  @Test func strangersOrdersAreNotOurs() throws {
    let gateway = try upGateway()
    gateway.stream.add(#"{"event":{"e":"executionReport","s":"BTCUSDT","c":"web_1","C":"","x":"NEW","X":"NEW","i":5}}"#)
    gateway.run()
    #expect(gateway.reports.isEmpty && gateway.counters.foreignOrders.value == 1)
  }

  @Test func aFillThatCannotBeReadIsAskedFor() throws {
    let gateway = try upGateway()
    gateway.stream.add(
      #"{"event":{"e":"executionReport","s":"BTCUSDT","c":"ap0000010000000007","C":"","x":"TRADE","X":"FILLED","i":5,"#
        + #""l":"0.000001","L":"1","n":"0","N":"BTC","t":4,"Y":"1"}}"#)
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.unknown] && gateway.counters.decodeErrors.value == 1)
  }

  @Test func anOrderOfAnotherHaltEpochIsDropped() throws {
    let gateway = try upGateway()
    let order = try gateway.order(1)
    gateway.control.halt()
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.notSent] && gateway.reports[0].reason == .halted)
    #expect(gateway.reports[0].clientOrder == order && gateway.counters.ordersSent.value == 0)
    // The halt word that was read stands in the step's record, before the report.
    let types = gateway.journal.map(\.type)
    #expect(types == [RecordType.step.rawValue, RecordType.report.rawValue])
    #expect(gateway.journal[0].payload.withUnsafeBytes { $0.load(as: StepRecord.self).haltEpoch } == 1)
  }

  @Test func aLateOrderIsDropped() throws {
    let gateway = try upGateway()
    try gateway.order(1, expiryNs: gateway.nowNs + 5)
    try gateway.order(2, expiryNs: gateway.nowNs + 6)
    gateway.run(gateway.nowNs + 6)
    #expect(gateway.reports.map(\.reason) == [.tooLate] && gateway.counters.ordersSent.value == 1)
  }

  @Test func theOrderRateIsKeptByTheVenuesClock() throws {
    var limits = BinanceRateBudget.Limits()
    limits.ordersPerTenSeconds = 2
    let gateway = try upGateway(limits)
    for i in 1...3 { try gateway.order(UInt64(i)) }
    gateway.run()
    #expect(gateway.counters.ordersSent.value == 2 && gateway.reports.last?.reason == .rateLimited)
    gateway.request(.cancel, ClientOrderIdentifier(bootEpoch: 1, sequence: 1))
    #expect(gateway.counters.cancelsSent.value == 1)
    // The venue is 250 ms ahead: its next interval of 10 s begins 9.75 s from here.
    gateway.nowNs += 9_749_999_999
    try gateway.order(4)
    gateway.run()
    #expect(gateway.counters.ordersSent.value == 2)
    gateway.nowNs += 1
    try gateway.order(5)
    gateway.run()
    #expect(gateway.counters.ordersSent.value == 3)
  }

  @Test func cancelsGoBeforeOrders() throws {
    let gateway = try upGateway()
    try gateway.order(1)
    gateway.request(.cancel, ClientOrderIdentifier(bootEpoch: 1, sequence: 9))
    #expect(gateway.stream.sent.suffix(2).map { $0.contains("order.cancel") } == [true, false])
  }

  @Test func aRefusedSendIsReported() throws {
    let gateway = try upGateway()
    let sent = gateway.stream.sent.count
    gateway.stream.refusals = 1
    try gateway.order(1)
    gateway.run()
    #expect(gateway.stream.sent.count == sent && gateway.reports.map(\.reason) == [.sendBufferFull])
    #expect(gateway.journal.map(\.type) == [1, 5, 71])
  }

  @Test func theJournalNeverHoldsSecrets() throws {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    gateway.stream.events.append(.opened)
    gateway.run()
    try gateway.answer(#"{"serverTime":1}"#)
    try gateway.answer(#"{"rateLimits":[]}"#)
    let text = try #require(gateway.stream.sent.last)
    let signature = try #require(try gateway.lastSent().parameters["signature"] as? String)
    #expect(text.contains(GatewayUnderTest.apiKey))
    let journal = gateway.journal.map { String(decoding: $0.payload, as: UTF8.self) }.joined()
    #expect(journal.contains("userDataStream.subscribe.signature"))
    #expect(!journal.contains(GatewayUnderTest.apiKey) && !journal.contains(signature))
  }

  @Test func nothingIsTakenWhileReportsHaveNoRoom() throws {
    let gateway = try GatewayUnderTest(
      signer: GatewayUnderTest.hmac(), reportCapacity: 2 * BinanceOrderSession.reportReserve)
    try gateway.comeUp()
    for i in 0..<30 {
      gateway.stream.add(#"{"event":{"e":"outboundAccountPosition","B":[\#(Self.balances(40 + i))]}}"#)
    }
    while gateway.stage.step(StepInput(nowNs: gateway.nowNs)) > 0 {}
    #expect(gateway.stream.events.count > 0)
    gateway.step()  // takes the reports out
    gateway.run()
    #expect(gateway.stream.events.isEmpty && gateway.reports.count == (40..<70).reduce(0, +))
  }

  private static func balances(_ count: Int) -> String {
    (0..<count).map { #"{"a":"A\#($0)","f":"1","l":"0"}"# }.joined(separator: ",")
  }
}
