import Foundation
import Market
import Pipeline
import Testing
import Venues

/// Amendments, self-trade prevention and order lists.
struct BinanceOrderChangeTests {
  private let order = ClientOrderIdentifier(bootEpoch: 1, sequence: 9)

  private func upGateway(_ mode: BinanceSelfTradePrevention? = nil) throws -> GatewayUnderTest {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac(), selfTradePrevention: mode)
    try gateway.comeUp()
    return gateway
  }

  @Test func lanesAreServedInTheirOrder() throws {
    let gateway = try upGateway()
    try gateway.order(1)
    gateway.amend(order, from: 1_000, to: 400)
    let isSent = gateway.requestRing.tryPush(
      GatewayRequest(
        kind: .queryStatus, instrument: InstrumentIndex(0), clientOrder: order, cause: 1, originTsc: 0))
    #expect(isSent)
    gateway.emergency(order)
    gateway.run()
    let methods = gateway.stream.sent.suffix(4).map { String($0.split(separator: "\"")[5]) }
    #expect(methods == ["order.cancel", "order.status", "order.amend.keepPriority", "order.place"])
    let steps = gateway.journal.filter { $0.type == RecordType.step.rawValue }.map { record in
      record.payload.withUnsafeBytes { $0.load(as: StepRecord.self).consumed }
    }
    #expect(steps == [SIMD4(1, 1, 0, 0), SIMD4(0, 0, 1, 0), SIMD4(0, 0, 0, 1)])
  }

  @Test func anAmendmentCutsTheQuantityAndKeepsTheIdentifier() throws {
    let gateway = try upGateway()
    gateway.amend(order, from: 1_000, to: 400)
    gateway.run()
    let texts = try gateway.lastSent().parameters.compactMapValues { $0 as? String }.filter { $0.key != "signature" }
    #expect(
      texts == [
        "apiKey": GatewayUnderTest.apiKey, "symbol": "BTCUSDT", "newQty": "0.00400",
        "origClientOrderId": "ap0000010000000009", "newClientOrderId": "ap0000010000000009",
      ])
    // web-socket-api.md, "Order Amend Keep Priority".
    try gateway.answer(
      #"{"transactTime":1741926410255,"executionId":75,"amendedOrder":{"symbol":"BTCUSDT","orderId":33,"orderListId":-1,"#
        + #""origClientOrderId":"ap0000010000000009","clientOrderId":"ap0000010000000009","price":"6.00000000","#
        + #""qty":"0.00400000","executedQty":"0.00100000","preventedQty":"0.00000000","quoteOrderQty":"0.00000000","#
        + #""cumulativeQuoteQty":"0.00600000","status":"PARTIALLY_FILLED","timeInForce":"GTC","type":"LIMIT","#
        + #""side":"SELL","workingTime":1741926410242,"selfTradePreventionMode":"NONE"}}"#)
    let amended = try #require(gateway.reports.first)
    #expect(amended.kind == .amended && amended.clientOrder == order && amended.venueOrder == 33)
    #expect(amended.quantity == Quantity(lots: 400) && amended.cumulativeQuantity == Quantity(lots: 100))
    #expect(gateway.counters.amendsSent.value == 1 && gateway.counters.ordersSent.value == 0)
    // user-data-stream.md: the same by an event, execution type REPLACED.
    gateway.stream.add(
      #"{"event":{"e":"executionReport","s":"BTCUSDT","c":"ap0000010000000009","C":"ap0000010000000009","S":"SELL","#
        + #""q":"0.00400000","p":"6.00000000","x":"REPLACED","X":"PARTIALLY_FILLED","i":33,"z":"0.00100000","T":2}}"#)
    gateway.run()
    #expect(gateway.reports.last?.kind == .amended && gateway.reports.last?.quantity == Quantity(lots: 400))
  }

  @Test(arguments: [
    (-2038, "The requested action would change no state; rejecting", 400, ReportKind.amendRejected),
    (-2038, "Unknown order sent.", 400, .amendRejected), (-1007, "Timeout waiting", 504, .unknown),
  ])
  func aRefusedAmendmentLeavesTheOrder(_ code: Int, _ text: String, _ status: Int, _ kind: ReportKind) throws {
    let gateway = try upGateway()
    gateway.amend(order, from: 1_000, to: 400)
    gateway.run()
    try gateway.refuse(code, text, status: status)
    #expect(gateway.reports.map(\.kind) == [kind] && gateway.reports[0].clientOrder == order)
  }

  @Test func anAmendmentOfAnotherHaltEpochIsDropped() throws {
    let gateway = try upGateway()
    gateway.amend(order, from: 1_000, to: 400)
    gateway.control.halt()
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.amendRejected] && gateway.reports[0].reason == .halted)
  }

  @Test(arguments: BinanceSelfTradePrevention.allCases)
  func ordersCarryTheModeThatWasChosen(_ mode: BinanceSelfTradePrevention) throws {
    let gateway = try upGateway(mode)
    try gateway.order(1)
    gateway.run()
    #expect(try gateway.lastSent().parameters["selfTradePreventionMode"] as? String == mode.rawValue)
  }

  @Test func withoutAModeTheSymbolsDefaultApplies() throws {
    let gateway = try upGateway()
    try gateway.order(1)
    gateway.run()
    #expect(try gateway.lastSent().parameters["selfTradePreventionMode"] == nil)
  }

  /// user-data-stream.md, "Conditional Fields in Execution Report", and faqs/stp_faq.md.
  private static func prevented(_ status: String, _ fields: String) -> String {
    #"{"event":{"e":"executionReport","s":"BTCUSDT","c":"ap0000010000000009","C":"","S":"BUY","x":"TRADE_PREVENTION","#
      + #""X":"\#(status)","i":12,"z":"0.00000000","n":"0","N":null,"t":-1,"T":1663190634060,"v":8,"u":1,"U":37,"#
      + #"\#(fields)"V":"DECREMENT","m":false}}"#
  }

  @Test func aPreventedTradeTakesQuantityOff() throws {
    let gateway = try upGateway()
    gateway.stream.add(Self.prevented("NEW", #""A":"0.00300000","B":"0.00100000","#))
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.prevented] && gateway.counters.preventedMatches.value == 1)
    let report = gateway.reports[0]
    #expect(report.quantity == Quantity(lots: 100) && report.counterOrder == 37 && report.clientOrder == order)
    #expect(report.reason == .selfTradePrevented)
    gateway.reports = []
    gateway.stream.add(Self.prevented("EXPIRED_IN_MATCH", #""A":"0.00400000","B":"0.00100000","#))
    gateway.stream.add(Self.prevented("NEW", ""))
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.prevented, .expired, .unknown])
    #expect(gateway.reports[1].reason == .selfTradePrevented)
  }

  /// user-data-stream.md, "List Status".
  @Test func anEventOfAnOrderListIsNoOrders() throws {
    let gateway = try upGateway()
    gateway.stream.add(
      #"{"event":{"e":"listStatus","E":1564035303637,"s":"BTCUSDT","g":2,"c":"OCO","l":"EXEC_STARTED","L":"EXECUTING","#
        + #""r":"NONE","C":"ap0000010000000009","T":1564035303625,"O":[{"s":"BTCUSDT","i":17,"#
        + #""c":"AJYsMjErWJesZvqlJCTUgL"}]}}"#)
    gateway.stream.add(
      #"{"event":{"e":"balanceUpdate","E":1573200697110,"a":"BTC","d":"100.00000000","T":1573200697068}}"#)
    gateway.run()
    #expect(gateway.reports.isEmpty && gateway.counters.decodeErrors.value == 0)
    #expect(gateway.counters.orderLists.value == 1 && gateway.counters.otherEvents.value == 1)
  }

  /// web-socket-api.md, "Cancel order" and "Cancel open orders": an order in a list takes the list with it.
  @Test func cancelsOfOrderListsAreRead() throws {
    let list =
      #"{"orderListId":19431,"contingencyType":"OCO","listStatusType":"ALL_DONE","listOrderStatus":"ALL_DONE","#
      + #""listClientOrderId":"iuVNVJYYrByz6C4yGOPPK0","transactionTime":1660803702431,"symbol":"BTCUSDT","orders":["#
      + #"{"symbol":"BTCUSDT","orderId":12569099453,"clientOrderId":"ap0000010000000009"}],"orderReports":["#
      + #"{"symbol":"BTCUSDT","origClientOrderId":"bX5wROblo6YeDwa9iTLeyY","orderId":12569099453,"orderListId":19431,"#
      + #""clientOrderId":"OFFXQtxVFZ6Nbcg4PgE2DA","price":"23450.5","origQty":"0.0085","executedQty":"0","#
      + #""status":"CANCELED","side":"BUY"},{"symbol":"BTCUSDT","origClientOrderId":"ap0000010000000009","#
      + #""orderId":12569099454,"clientOrderId":"x","executedQty":"0.00100000","status":"CANCELED","side":"BUY"}]}"#
    for kind in [GatewayRequestKind.cancel, .cancelAll] {
      let gateway = try upGateway()
      gateway.request(kind, order)
      try gateway.answer(kind == .cancel ? list : "[\(list)]")
      #expect(gateway.reports.map(\.kind) == [.canceled] && gateway.reports[0].clientOrder == order)
      #expect(gateway.reports[0].cumulativeQuantity == Quantity(lots: 100))
      #expect(gateway.counters.foreignOrders.value == 1)
    }
  }

  @Test func anExecutionTypeOfTomorrowIsAskedFor() throws {
    let gateway = try upGateway()
    gateway.stream.add(
      #"{"event":{"e":"executionReport","s":"BTCUSDT","c":"ap0000010000000009","C":"","S":"BUY","x":"TOMORROWS","X":"NEW"}}"#
    )
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.unknown] && gateway.reports[0].clientOrder == order)
  }
}
