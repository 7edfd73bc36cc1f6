import Foundation
import Market
import Pipeline
import Testing
import Venues

/// Open orders and trades as the venue tells them.
struct BinanceListTests {
  private func upGateway() throws -> GatewayUnderTest {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    try gateway.comeUp()
    return gateway
  }

  /// web-socket-api.md, "Current open orders".
  private static func openOrder(_ client: String, venueOrder: Int = 12_569_099_453, quantity: String = "0.00847000")
    -> String
  {
    #"{"symbol":"BTCUSDT","orderId":\#(venueOrder),"orderListId":-1,"clientOrderId":"\#(client)","price":"23416.10000000","#
      + #""origQty":"\#(quantity)","executedQty":"0.00720000","origQuoteOrderQty":"0.000000","#
      + #""cummulativeQuoteQty":"172.43931000","status":"PARTIALLY_FILLED","timeInForce":"GTC","type":"LIMIT","#
      + #""side":"SELL","stopPrice":"0.00000000","icebergQty":"0.00000000","time":1660801715639,"#
      + #""updateTime":1660801717945,"isWorking":true,"workingTime":1660801715639,"selfTradePreventionMode":"NONE"}"#
  }

  /// web-socket-api.md, "Account trade history".
  private static func trade(_ number: Int, price: String = "23416.10000000", symbol: String = "BTCUSDT") -> String {
    #"{"symbol":"\#(symbol)","id":\#(number),"orderId":12569099453,"orderListId":-1,"price":"\#(price)","#
      + #""qty":"0.00635000","quoteQty":"148.69223500","commission":"0.00014000","commissionAsset":"BNB","#
      + #""time":1660801715793,"isBuyer":false,"isMaker":true,"isBestMatch":true}"#
  }

  @Test func openOrdersAreStatusReports() throws {
    let gateway = try upGateway()
    gateway.request(.queryOpenOrders)
    #expect(try gateway.lastSent().method == "openOrders.status")
    #expect(try gateway.lastSent().parameters["symbol"] as? String == "BTCUSDT")
    try gateway.answer("[\(Self.openOrder("ap0000010000000009")),\(Self.openOrder("web_1", venueOrder: 7))]")
    #expect(gateway.reports.map(\.kind) == [.status, .status, .openOrdersListed])
    let (own, foreign, end) = (gateway.reports[0], gateway.reports[1], gateway.reports[2])
    #expect(own.clientOrder == ClientOrderIdentifier(bootEpoch: 1, sequence: 9) && own.side == .sell)
    #expect(own.price == Price(ticks: 2_341_610) && own.quantity == Quantity(lots: 847))
    #expect(own.cumulativeQuantity == Quantity(lots: 720) && own.quoteAmount == Amount(units: 172_4393_1000))
    #expect(own.orderState == .partiallyFilled && own.venueOrder == 12_569_099_453)
    #expect(own.venueTimeNs == 1_660_801_717_945_000_000)
    #expect(foreign.clientOrder == .none && foreign.venueOrder == 7)
    #expect(end.trade == 2 && end.instrument == InstrumentIndex(0) && end.reason == .none)
  }

  @Test func tradesAreFills() throws {
    let gateway = try upGateway()
    gateway.request(.queryTrades, fromTrade: 1_650_422_481)
    let sent = try gateway.lastSent()
    #expect(sent.method == "myTrades" && sent.parameters["fromId"] as? Int == 1_650_422_481)
    #expect(sent.parameters["limit"] as? Int == GatewayRequest.tradesPerPage)
    try gateway.answer("[\(Self.trade(1_650_422_481)),\(Self.trade(1_650_422_482))]")
    #expect(gateway.reports.map(\.kind) == [.fill, .fill, .tradesListed] && gateway.reports[2].trade == 2)
    let fill = gateway.reports[0]
    #expect(fill.trade == 1_650_422_481 && fill.venueOrder == 12_569_099_453 && fill.clientOrder == .none)
    #expect(fill.side == .sell && fill.isMaker && fill.asset.text == "BNB" && fill.amount == Amount(units: 14_000))
    #expect(fill.price == Price(ticks: 2_341_610) && fill.quantity == Quantity(lots: 635))
    #expect(fill.quoteAmount == Amount(units: 148_6922_3500) && fill.venueTimeNs == 1_660_801_715_793_000_000)
    gateway.request(.queryTrades)
    #expect(try gateway.lastSent().parameters["fromId"] == nil, "from 0: the latest page")
    try gateway.answer("[]")
    #expect(gateway.reports.last?.kind == .tradesListed && gateway.reports.last?.trade == 0)
  }

  @Test func aWholePageFindsRoom() throws {
    let gateway = try GatewayUnderTest(
      signer: GatewayUnderTest.hmac(), reportCapacity: 2 * BinanceOrderSession.reportReserve)
    try gateway.comeUp()
    for first in [1, 1_001, 2_001] {
      gateway.request(.queryTrades, fromTrade: UInt64(first))
      let trades = (first..<first + GatewayRequest.tradesPerPage).map { Self.trade($0) }
      try gateway.answer("[\(trades.joined(separator: ","))]")
      #expect(gateway.reports.last?.kind == .tradesListed && gateway.reports.last?.trade == 1_000)
    }
    #expect(gateway.reports.filter { $0.kind == .fill }.map(\.trade) == (1...3_000).map { UInt64($0) })
  }

  @Test func aListThatCannotBeToldInFullHasFailed() throws {
    let longer = (0...GatewayRequest.tradesPerPage).map { Self.trade($0) }.joined(separator: ",")
    let answers: [(GatewayRequestKind, String)] = [
      (.queryTrades, "[\(longer)]"), (.queryTrades, "[\(Self.trade(1)),\(Self.trade(2, price: "23416.101"))]"),
      (.queryTrades, "[\(Self.trade(1, symbol: "ETHUSDT"))]"), (.queryTrades, "[{}]"), (.queryTrades, "{}"),
      (.queryTrades, "[\(Self.trade(-1))]"),
      (.queryOpenOrders, "[\(Self.openOrder("web_1", quantity: "0.000000001"))]"),
      (.queryOpenOrders, "[\(Self.openOrder("web_1", venueOrder: 0))]"),
      (.queryOpenOrders, "[\(Self.openOrder("web_1", quantity: "0.00700000"))]"),  // less than what is filled
      (.queryOpenOrders, "[\(Self.openOrder("web_1").replacing("PARTIALLY_FILLED", with: "TOMORROWS"))]"),
    ]
    for (kind, text) in answers {
      let gateway = try upGateway()
      gateway.request(kind)
      try gateway.answer(text)
      let end = try #require(gateway.reports.last)
      #expect(end.kind == .listFailed && end.reason == .incomplete && end.instrument == InstrumentIndex(0), "\(text)")
      #expect(gateway.reports.filter { $0.kind == .listFailed }.count == 1)
    }
  }

  @Test func anUnansweredListHasFailed() throws {
    for kind in [GatewayRequestKind.queryTrades, .queryOpenOrders] {
      let gateway = try upGateway()
      gateway.request(kind)
      gateway.run(gateway.nowNs + 11_000_000_000)
      #expect(gateway.reports.map(\.kind) == [.listFailed] && gateway.reports[0].reason == .replyTimeout)
      gateway.request(kind)
      try gateway.refuse(-1007, "Timeout waiting for response from backend server.", status: 504)
      #expect(gateway.reports.last?.kind == .listFailed && gateway.reports.last?.reason == .venueUnknownOutcome)
      gateway.request(kind)
      gateway.stream.events.append(.closed(.peerClosed))
      gateway.run()
      #expect(gateway.reports.suffix(2).map(\.kind) == [.listFailed, .sessionDown])
      gateway.request(kind)
      #expect(gateway.reports.last?.kind == .listFailed && gateway.reports.last?.reason == .noSession)
    }
  }

  @Test func aStatusThatCannotBeReadIsAskedForAgain() throws {
    let gateway = try upGateway()
    gateway.request(.queryStatus, ClientOrderIdentifier(bootEpoch: 1, sequence: 9))
    try gateway.answer(Self.openOrder("ap0000010000000009", quantity: "1e3"))
    #expect(gateway.reports.map(\.kind) == [.unknown] && gateway.reports[0].reason == .incomplete)
  }
}
