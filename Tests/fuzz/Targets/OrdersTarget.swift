// The order session: answers and events of the venue, read by the gateway that sent the requests.

import Market
import Pipeline
import Risk
import Venues

/// A gateway that has requests of every kind under way; an input's lines are the messages that it receives.
final class OrdersTarget: FuzzTarget {
  let name = "orders"
  let seeds: [[UInt8]]
  private let file: CounterFile
  private let counters: BinanceGatewayCounters

  init(_ recorded: Recordings) throws {
    file = try CounterFile()
    counters = BinanceGatewayCounters(file, name: "gateway.fuzz")
    let up = [
      #"{"id":1,"status":200,"result":{"serverTime":1700000000250}}"#,
      #"{"id":2,"status":200,"result":{"subscriptionId":0}}"#,
      #"{"id":3,"status":200,"result":{"balances":[{"asset":"USDT","free":"1000.50000000","locked":"0.25"}]}}"#,
    ]
    let order =
      #"{"symbol":"BTCUSDT","orderId":28,"clientOrderId":"ap00000001000000000a","origClientOrderId":"ap00000001000000000b","#
      + #""transactTime":1507725176595,"price":"52000.00","origQty":"0.01000","executedQty":"0.01000","#
      + #""cummulativeQuoteQty":"520.00","status":"FILLED","timeInForce":"GTC","type":"LIMIT","side":"SELL","fills":["#
      + #"{"price":"52000.00","qty":"0.01000","commission":"0.40000000","commissionAsset":"USDT","tradeId":56}]}"#
    let event =
      #"{"subscriptionId":0,"event":{"e":"executionReport","E":1499405658658,"s":"BTCUSDT","c":"ap00000001000000000a","#
      + #""S":"BUY","o":"LIMIT","f":"GTC","q":"1.00000000","p":"0.10264410","x":"TRADE","X":"PARTIALLY_FILLED","r":"NONE","#
      + #""i":4293153,"l":"0.01000","z":"0.01000","L":"52000.00","n":"0.1","N":"BNB","T":1499405658657,"t":7,"m":false,"#
      + #""Z":"520.00","Y":"520.00"}}"#
    let texts =
      (4...9).map { up + [#"{"id":\#($0),"status":200,"result":\#(order)}"#] } + [
        up + [#"{"id":4,"status":400,"error":{"code":-2011,"msg":"Unknown order sent."}}"#, event],
        up + [
          #"{"id":4,"status":200,"result":[\#(order),\#(order)]}"#, #"{"id":5,"status":503,"error":{"code":-1000}}"#,
        ],
        up + [#"{"event":{"e":"outboundAccountPosition","E":1,"u":1,"B":[{"a":"USDT","f":"1","l":"0"}]}}"#, event],
        up + [#"{"event":{"e":"eventStreamTerminated","E":1}}"#, #"{"event":{"e":"serverShutdown"}}"#],
        up + [
          #"{"id":4,"status":200,"result":[{"symbol":"BTCUSDT","id":28457,"orderId":100234,"price":"4.00","qty":"12.00000","#
            + #""quoteQty":"48.00","commission":"10.10000000","commissionAsset":"BNB","time":1,"isBuyer":true,"isMaker":false}]}"#
        ],
      ]
    seeds = texts.map { Array($0.joined(separator: "\n").utf8) } + recorded.messages.prefix(3)
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    let reports = Ring<ExecutionReport>(capacity: 2 * BinanceOrderSession.reportReserve)
    let records = RecordRing(stage: 2, capacityBytes: 1 << 20)
    var session = BinanceOrderSession(
      BinanceOrderSession.Configuration(venue: VenueIndex(3)), instruments: [bitcoin], apiKey: "key",
      signer: .hmac(HMACSHA256(secret: "secret")!), reports: reports.producer, records: records.producer,
      counters: counters, nsPerCycle: 0.5)
    var journal = records.consumer
    var consumer = reports.consumer
    var nowNs: Int64 = 1_700_000_000_000_000_000
    session.opened(nowNs: nowNs)
    var isAsked = false
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      nowNs += 1_000_000
      while session.messageToSend(nowNs: nowNs) != nil { session.sent(accepted: true, nowNs: nowNs) }
      if session.isUp && !isAsked {
        isAsked = true
        ask(&session, nowNs)
      }
      guard session.hasRoom() else { return }
      session.received(UnsafeRawBufferPointer(rebasing: line), receiveTsc: 1, nowNs: nowNs)
      session.records.publish()
      _ = journal.drain { _ in }
      while let report = consumer.tryPop() {
        if report.kind == .fill { require(report.quantity.lots > 0, "a fill of nothing") }
      }
    }
  }

  /// One request of each kind.
  private func ask(_ session: inout BinanceOrderSession, _ nowNs: Int64) {
    let kinds = GatewayRequestKind.allCases
    session.beginStep(StepInput(nowNs: nowNs), emergency: 0, requests: kinds.count)
    for (i, kind) in kinds.enumerated() {
      let request = GatewayRequest(
        kind: kind, instrument: InstrumentIndex(0),
        clientOrder: ClientOrderIdentifier(bootEpoch: 1, sequence: UInt64(10 + i % 2)), cause: 1, originTsc: 0)
      if session.prepare(request, lane: .requests, nowNs: nowNs) != nil { session.sent(accepted: true, nowNs: nowNs) }
    }
  }
}
