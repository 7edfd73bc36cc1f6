// The order session: answers and events of the venue, read by the gateway that sent the requests.

import Market
import Pipeline
import Risk
import Venues

/// A session with a request of every kind under way; an input's lines are the messages that it receives then. An input
/// that begins with an empty line is received from the first message on instead.
final class OrdersTarget: FuzzTarget {
  let name = "orders"
  let seeds: [[UInt8]]
  private let file: CounterFile
  private let counters: BinanceGatewayCounters
  private var gate: RiskGate

  init(_ recorded: Recordings) throws {
    file = try CounterFile()
    counters = BinanceGatewayCounters(file, name: "gateway.fuzz")
    let limits = RiskLimits(
      maximumOrderQuantity: Quantity(lots: 1_000_000), maximumOrderNotional: Amount(units: .max),
      maximumPosition: Quantity(lots: 1_000_000_000), maximumOpenOrders: 1000, collarBasisPoints: 5000,
      maximumMarketAgeNs: .max, maximumOrderAgeNs: 1_000_000_000, feeReserveBasisPoints: 10)
    gate = RiskGate(
      instruments: [bitcoin], limits: [limits], rate: OrderRateLimits(perSecond: 60_000, perTenSeconds: 60_000),
      trading: TradingState(isArmed: true, armedEpoch: 0))
    seeds = OrderMessages.seeds + recorded.messages.prefix(3)
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    let reports = Ring<ExecutionReport>(capacity: 2 * BinanceOrderSession.reportReserve)
    let records = RecordRing(stage: 2, capacityBytes: BinanceOrderSession.minimumRecordBytes)
    var session = BinanceOrderSession(
      BinanceOrderSession.Configuration(venue: VenueIndex(3)), instruments: [bitcoin], apiKey: "key",
      signer: .hmac(HMACSHA256(secret: "secret")!), reports: reports.producer, records: records.producer,
      counters: counters, nsPerCycle: 0.5)
    var journal = records.consumer
    var consumer = reports.consumer
    var nowNs: Int64 = 1_700_000_000_000_000_000
    session.opened(0, nowNs: nowNs)
    if bytes.first != UInt8(ascii: "\n") {
      for result in OrderMessages.start { answer(&session, result, nowNs) }
      require(session.isUp, "the session does not come up")
      ask(&session, nowNs)
    }
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
      nowNs += 1_000_000
      while session.messageToSend(0, nowNs: nowNs) != nil { session.sent(accepted: true, nowNs: nowNs) }
      guard session.hasRoom() else { return }
      session.received(0, UnsafeRawBufferPointer(rebasing: line), receiveTsc: 1, nowNs: nowNs)
      session.records.publish()
      _ = journal.drain { _ in }
      while let report = consumer.tryPop() {
        if report.kind == .fill { require(report.quantity.lots > 0, "a fill of nothing") }
      }
    }
  }

  /// Answers what the session asks next.
  private func answer(_ session: inout BinanceOrderSession, _ result: String, _ nowNs: Int64) {
    guard let text = session.messageToSend(0, nowNs: nowNs) else { return }
    let identifier = String(decoding: text, as: UTF8.self).firstMatch(of: /"id":(\d+)/)?.1 ?? "0"
    session.sent(accepted: true, nowNs: nowNs)
    let message = #"{"id":\#(identifier),"status":200,"result":\#(result)}"#
    Array(message.utf8).withUnsafeBytes { session.received(0, $0, receiveTsc: 1, nowNs: nowNs) }
  }

  /// A new order, then one request of each kind.
  private func ask(_ session: inout BinanceOrderSession, _ nowNs: Int64) {
    place(&session, nowNs)
    let kinds = GatewayRequestKind.allCases
    session.beginStep(StepInput(nowNs: nowNs), emergency: 0, requests: kinds.count)
    for (i, kind) in kinds.enumerated() {
      let request = GatewayRequest(
        kind: kind, instrument: InstrumentIndex(0),
        clientOrder: ClientOrderIdentifier(bootEpoch: 1, sequence: UInt64(10 + i % 2)), cause: 1, originTsc: 0)
      if session.prepare(request, lane: .requests, nowNs: nowNs) != nil { session.sent(accepted: true, nowNs: nowNs) }
    }
  }

  private func place(_ session: inout BinanceOrderSession, _ nowNs: Int64) {
    let input = StepInput(nowNs: nowNs)
    let candidate = OrderCandidate(
      venue: VenueIndex(3), account: 0, instrument: InstrumentIndex(0), definitionVersion: 1, side: .buy, type: .limit,
      timeInForce: .goodTilCanceled, clientOrder: ClientOrderIdentifier(bootEpoch: 1, sequence: 10),
      price: Price(ticks: 5_200_000), quantity: Quantity(lots: 1_000), decisionTimeNs: nowNs, expiryTimeNs: .max,
      cause: 1)
    let touch = TouchReference(
      bid: Price(ticks: 5_199_999), bidQuantity: Quantity(lots: 1), ask: Price(ticks: 5_200_001),
      askQuantity: Quantity(lots: 1), receiveTimeNs: nowNs, definitionVersion: 1)
    var exposure = Exposure()
    exposure.freeBase = Amount(units: .max / 4)
    exposure.freeQuote = Amount(units: .max / 4)
    let conditions = GateConditions(input: input, isSessionUp: true)
    var approved = gate.approve(candidate, exposure: exposure, touch: touch, conditions: conditions)
    // Its rate limits count every input's order: a refusal is as good as an order for what is to be shown here.
    guard let order = approved.take() else { return }
    session.prepare(order, lane: .orders, nowNs: nowNs)
    if session.decide(input, haltEpoch: input.haltEpoch) != nil { session.sent(accepted: true, nowNs: nowNs) }
  }
}

/// Messages of the venue, after its documents.
private enum OrderMessages {
  /// Results of the requests that a session begins with.
  static let start = [
    #"{"serverTime":1700000000250}"#,
    #"{"timezone":"UTC","serverTime":1700000000250,"rateLimits":[],"exchangeFilters":[],"symbols":[]}"#,
    #"{"subscriptionId":0}"#, #"{"balances":[{"asset":"USDT","free":"1000.50000000","locked":"0.25"}]}"#,
  ]

  private static let order =
    #"{"symbol":"BTCUSDT","orderId":28,"clientOrderId":"ap00000001000000000a","origClientOrderId":"ap00000001000000000b","#
    + #""transactTime":1507725176595,"price":"52000.00","origQty":"0.01000","executedQty":"0.01000","#
    + #""cummulativeQuoteQty":"520.00","status":"FILLED","timeInForce":"GTC","type":"LIMIT","side":"SELL","fills":["#
    + #"{"price":"52000.00","qty":"0.01000","commission":"0.40000000","commissionAsset":"USDT","tradeId":56}]}"#
  private static let trade =
    #"{"symbol":"BTCUSDT","id":28457,"orderId":100234,"price":"4.00","qty":"12.00000","quoteQty":"48.00","#
    + #""commission":"10.10000000","commissionAsset":"BNB","time":1,"isBuyer":true,"isMaker":false}"#
  private static let event =
    #"{"subscriptionId":0,"event":{"e":"executionReport","E":1499405658658,"s":"BTCUSDT","c":"ap00000001000000000a","#
    + #""S":"BUY","o":"LIMIT","f":"GTC","q":"1.00000000","p":"0.10264410","x":"TRADE","X":"PARTIALLY_FILLED","r":"NONE","#
    + #""i":4293153,"l":"0.01000","z":"0.01000","L":"52000.00","n":"0.1","N":"BNB","T":1499405658657,"t":7,"m":false,"#
    + #""Z":"520.00","Y":"520.00"}}"#
  private static let limits =
    #""rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000,"count":70}]"#

  static var seeds: [[UInt8]] {
    let answers = (5...11).flatMap { id in
      [order, "[\(order),\(order)]", "[\(trade)]", "[]"].map {
        #"{"id":\#(id),"status":200,"result":\#($0),\#(limits)}"#
      }
    }
    let refusals = [
      #"{"id":5,"status":400,"error":{"code":-2010,"msg":"Duplicate order sent."}}"#,
      #"{"id":6,"status":400,"error":{"code":-2011,"msg":"Unknown order sent."}}"#,
      #"{"id":7,"status":503,"error":{"code":-1000,"msg":"x"}}"#,
      #"{"id":8,"status":429,"error":{"code":-1003,"msg":"x","data":{"serverTime":1,"retryAfter":1700000060000}}}"#,
    ]
    let events = [
      event, #"{"event":{"e":"outboundAccountPosition","E":1,"u":1,"B":[{"a":"USDT","f":"1","l":"0"}]}}"#,
      #"{"event":{"e":"eventStreamTerminated","E":1}}"#, #"{"event":{"e":"serverShutdown"}}"#,
    ]
    let beginning =
      "\n" + start.enumerated().map { #"{"id":\#($0 + 1),"status":200,"result":\#($1)}"# }.joined(separator: "\n")
    let texts = answers + refusals + events + [beginning, (refusals + events).joined(separator: "\n")]
    return texts.map { Array($0.utf8) }
  }
}
