import Foundation
import Market
import Pipeline
import Support
import Testing
import Venues

/// Hostile bytes on the order session: counted or reported, never a trap.
struct BinanceSessionFuzzTests {
  static let seeds: [String] = [
    #"{"id":4,"status":200,"result":{"symbol":"BTCUSDT","orderId":1,"clientOrderId":"ap0000010000000001","executedQty":"0.1","#
      + #""status":"FILLED","fills":[{"price":"1.00","qty":"0.1","commission":"0","commissionAsset":"BTC","tradeId":7}]}}"#,
    #"{"id":4,"status":400,"error":{"code":-2010,"msg":"Duplicate order sent."}}"#,
    #"{"event":{"e":"executionReport","s":"BTCUSDT","c":"ap0000010000000001","C":"","S":"BUY","x":"TRADE","X":"FILLED","#
      + #""i":1,"l":"0.1","z":"0.1","L":"1.00","n":"0","N":"BTC","T":1,"t":7,"m":true,"Y":"0.1"}}"#,
    #"{"event":{"e":"outboundAccountPosition","B":[{"a":"BTC","f":"1.0","l":"0"}]}}"#,
    #"{"id":4,"status":418,"error":{"code":-1003,"msg":"IP banned","data":{"serverTime":1,"retryAfter":1700000400000}},"#
      + #""rateLimits":[{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":9,"count":2}]}"#,
    #"{"id":4,"status":200,"result":[{"symbol":"BTCUSDT","id":7,"orderId":5,"price":"1.00","qty":"0.1","quoteQty":"0.1","#
      + #""commission":"0","commissionAsset":"BNB","time":1,"isBuyer":true,"isMaker":false,"clientOrderId":"x","#
      + #""status":"NEW","origQty":"1","executedQty":"0"}]}"#,
    #"{"id":4,"status":200,"result":{"transactTime":1,"amendedOrder":{"symbol":"BTCUSDT","orderId":5,"qty":"0.1","#
      + #""executedQty":"0","status":"NEW"},"orderReports":[{"clientOrderId":"ap0000010000000001"}]}}"#,
    #"{"event":{"e":"executionReport","s":"BTCUSDT","c":"ap0000010000000001","x":"TRADE_PREVENTION","B":"0.1","U":3,"#
      + #""X":"EXPIRED_IN_MATCH","i":1}}"#,
  ]

  /// Each message meets a request of every kind under way, so that its answer is read as each.
  @Test(arguments: 0..<seeds.count)
  func mutatedMessagesNeverTrap(_ seed: Int) throws {
    var random = SeededRandom(UInt64(seed) + 1000)
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac())
    try gateway.comeUp()
    let kinds = GatewayRequestKind.allCases
    for round in 0..<Fuzz.rounds {
      let isSent = gateway.requestRing.tryPush(
        GatewayRequest(
          kind: kinds[round % kinds.count], instrument: InstrumentIndex(0),
          clientOrder: ClientOrderIdentifier(bootEpoch: 1, sequence: 1), cause: 1, originTsc: 0))
      #expect(isSent)
      gateway.nowNs += 20_000_000_000  // the requests before are given up, the limits begin anew
      gateway.run()
      gateway.reports = []
      let identifier = try gateway.lastSent().identifier
      let text = Self.seeds[seed].replacing("\"id\":4", with: "\"id\":\(identifier)")
      gateway.stream.events.append(.message(Fuzz.mutate(Array(text.utf8), &random), tsc: 0))
      gateway.step()
      gateway.journal = []
      #expect(gateway.reports.count <= BinanceOrderSession.reportReserve)
      gateway.reports = []
    }
    #expect(gateway.counters.messages.value >= Int64(Fuzz.rounds))
  }
}
