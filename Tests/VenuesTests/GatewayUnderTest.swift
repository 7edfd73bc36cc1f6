// A gateway stage with a scripted channel, the risk gate that makes its orders, and execution's end of its rings.

import Foundation
import Market
import Pipeline
import Risk
import Testing
import Venues

/// Plays requests, orders and messages into a gateway and collects its reports.
final class GatewayUnderTest {
  var stage: GatewayStage<ScriptedStream>
  let stream = ScriptedStream()
  /// The second connection's.
  let second = ScriptedStream()
  let counters: BinanceGatewayCounters
  let control = ControlWords()
  var reportRing: RingConsumer<ExecutionReport>
  var requestRing: RingProducer<GatewayRequest>
  var emergencyRing: RingProducer<GatewayRequest>
  var orderRing: ApprovedOrderSender
  var amendRing: ApprovedOrderSender
  var records: RecordConsumer
  var nowNs: Int64 = 1_700_000_000_000_000_000
  var reports: [ExecutionReport] = []
  /// Type and payload of every journal record.
  var journal: [(type: UInt16, payload: [UInt8])] = []
  private var gate: RiskGate
  private let file: CounterFile

  static let btc = BinanceFeedTests.btc
  static let hmacSecret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
  static let apiKey = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"

  init(
    signer: consuming BinanceSigner, limits: BinanceRateBudget.Limits = BinanceRateBudget.Limits(),
    reportCapacity: Int = 4096, selfTradePrevention: BinanceSelfTradePrevention? = nil,
    connectionAgeNs: Int64 = 84_600_000_000_000
  ) throws {
    let reportRing = Ring<ExecutionReport>(capacity: reportCapacity)
    let requestRing = Ring<GatewayRequest>(capacity: 64)
    let emergencyRing = Ring<GatewayRequest>(capacity: 64)
    let orderRing = ApprovedOrderRing(capacity: 64)
    let amendRing = ApprovedOrderRing(capacity: 64)
    let recordRing = RecordRing(stage: 2, capacityBytes: 4 << 20)
    file = try CounterFile()
    counters = BinanceGatewayCounters(file, name: "gateway.test")
    var configuration = BinanceOrderSession.Configuration(venue: VenueIndex(3))
    configuration.account = 7
    configuration.limits = limits
    configuration.selfTradePrevention = selfTradePrevention
    configuration.connectionAgeNs = connectionAgeNs
    let session = BinanceOrderSession(
      configuration, instruments: [Self.btc], apiKey: Self.apiKey, signer: signer, reports: reportRing.producer,
      records: recordRing.producer, counters: counters, nsPerCycle: 0.5)
    stage = GatewayStage(
      session: session, first: stream, second: second,
      lanes: GatewayLanes(
        emergency: emergencyRing.consumer, requests: requestRing.consumer, amends: amendRing.receiver,
        orders: orderRing.receiver), control: control)
    self.reportRing = reportRing.consumer
    self.requestRing = requestRing.producer
    self.emergencyRing = emergencyRing.producer
    self.orderRing = orderRing.sender
    self.amendRing = amendRing.sender
    records = recordRing.consumer
    let limits = RiskLimits(
      maximumOrderQuantity: Quantity(lots: 1_000_000_000), maximumOrderNotional: Amount(units: .max),
      maximumPosition: Quantity(lots: 1_000_000_000_000), maximumOpenOrders: 1000, collarBasisPoints: 5000,
      maximumMarketAgeNs: .max, maximumOrderAgeNs: 1_000_000_000, feeReserveBasisPoints: 10)
    gate = RiskGate(
      instruments: [Self.btc], limits: [limits], rate: OrderRateLimits(perSecond: 60_000, perTenSeconds: 60_000),
      trading: TradingState(isArmed: true, armedEpoch: 0))
  }

  var isUp: Bool { stage.session.isUp }
  /// The connection that requests go out on.
  var active: Int { stage.session.active }

  static func hmac() -> BinanceSigner { .hmac(HMACSHA256(secret: hmacSecret)!) }

  @discardableResult
  func step(_ nowNs: Int64? = nil) -> Int {
    if let nowNs { self.nowNs = nowNs }
    let work = stage.step(StepInput(nowNs: self.nowNs, haltEpoch: control.haltEpoch))
    _ = records.drain { bytes in
      let header = bytes.load(as: RecordHeader.self)
      journal.append((header.type, Array(bytes[RecordHeader.byteCount...])))
    }
    while let report = reportRing.tryPop() { reports.append(report) }
    return work
  }

  func run(_ nowNs: Int64? = nil) {
    if let nowNs { self.nowNs = nowNs }
    while step() > 0 {}
  }

  /// The last message sent, read by Foundation.
  func lastSent(on stream: ScriptedStream? = nil) throws -> (
    method: String, identifier: Int, parameters: [String: Any]
  ) {
    let text = try #require((stream ?? self.stream).sent.last)
    let root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    return (
      root["method"] as? String ?? "", root["id"] as? Int ?? -1, root["params"] as? [String: Any] ?? [:]
    )
  }

  /// Answers the last request with a result.
  func answer(_ result: String, status: Int = 200, on stream: ScriptedStream? = nil) throws {
    let identifier = try lastSent(on: stream).identifier
    (stream ?? self.stream).add(#"{"id":\#(identifier),"status":\#(status),"result":\#(result),"rateLimits":[]}"#)
    run()
  }

  func refuse(_ code: Int, _ text: String, status: Int = 400) throws {
    let identifier = try lastSent().identifier
    stream.add(#"{"id":\#(identifier),"status":\#(status),"error":{"code":\#(code),"msg":"\#(text)"},"rateLimits":[]}"#)
    run()
  }

  /// From the open channel to orders being taken.
  func comeUp() throws {
    try establish(stream)
    #expect(reports.last?.kind == .sessionUp)
    reports = []
    journal = []
  }

  /// From an open channel to its balances.
  func establish(_ stream: ScriptedStream) throws {
    stream.events.append(.opened)
    run()
    try answer(#"{"serverTime":\#(nowNs / 1_000_000 + 250)}"#, on: stream)
    try answer(
      #"{"timezone":"UTC","serverTime":1700000000250,"rateLimits":[],"exchangeFilters":[],"symbols":[]}"#, on: stream)
    if try lastSent(on: stream).method == "session.logon" {
      try answer(#"{"apiKey":"x","serverTime":1}"#, on: stream)
    }
    try answer(#"{"subscriptionId":0}"#, on: stream)
    try answer(#"{"balances":[{"asset":"USDT","free":"1000.50000000","locked":"0.25"}]}"#, on: stream)
  }

  /// Approves an order through the gate and puts it into the gateway's ring.
  @discardableResult
  func order(
    _ sequence: UInt64, side: Side = .buy, type: OrderType = .limit, timeInForce: TimeInForce = .goodTilCanceled,
    ticks: Int64 = 5_200_000, lots: Int64 = 1_000, expiryNs: Int64 = .max
  ) throws -> ClientOrderIdentifier {
    let identifier = ClientOrderIdentifier(bootEpoch: 1, sequence: sequence)
    let candidate = OrderCandidate(
      venue: VenueIndex(3), account: 7, instrument: InstrumentIndex(0), definitionVersion: 1, side: side, type: type,
      timeInForce: timeInForce, clientOrder: identifier, price: Price(ticks: ticks), quantity: Quantity(lots: lots),
      decisionTimeNs: nowNs, expiryTimeNs: expiryNs, cause: 99)
    let touch = TouchReference(
      bid: Price(ticks: 5_199_999), bidQuantity: Quantity(lots: 1), ask: Price(ticks: 5_200_001),
      askQuantity: Quantity(lots: 1), receiveTimeNs: nowNs, definitionVersion: 1)
    var exposure = Exposure()
    exposure.freeBase = Amount(units: .max / 4)
    exposure.freeQuote = Amount(units: .max / 4)
    let conditions = GateConditions(
      input: StepInput(nowNs: nowNs, haltEpoch: control.haltEpoch), isSessionUp: true)
    var approved = gate.approve(candidate, exposure: exposure, touch: touch, conditions: conditions)
    guard let order = approved.take() else {
      Issue.record("the gate refused: \(gate.decision)")
      return identifier
    }
    let isSent = orderRing.trySend(order)
    #expect(isSent)
    return identifier
  }

  func request(_ kind: GatewayRequestKind, _ order: ClientOrderIdentifier = .none, fromTrade: UInt64 = 0) {
    let isSent = requestRing.tryPush(
      GatewayRequest(
        kind: kind, instrument: InstrumentIndex(0), clientOrder: order, fromTrade: fromTrade, cause: 98, originTsc: 0))
    #expect(isSent)
    run()
  }

  /// Puts a cancel into the emergency lane.
  func emergency(_ order: ClientOrderIdentifier) {
    let isSent = emergencyRing.tryPush(
      GatewayRequest(kind: .cancel, instrument: InstrumentIndex(0), clientOrder: order, cause: 97, originTsc: 0))
    #expect(isSent)
  }

  /// Approves cutting the open order's quantity and puts it into the lane of amends.
  func amend(_ order: ClientOrderIdentifier, from whole: Int64, to lots: Int64, side: Side = .buy) {
    let candidate = OrderCandidate(
      venue: VenueIndex(3), account: 7, instrument: InstrumentIndex(0), definitionVersion: 1, side: side, type: .limit,
      timeInForce: .goodTilCanceled, clientOrder: order, price: Price(ticks: 5_200_000), quantity: Quantity(lots: lots),
      decisionTimeNs: nowNs, cause: 96)
    let conditions = GateConditions(
      input: StepInput(nowNs: nowNs, haltEpoch: control.haltEpoch), isSessionUp: true)
    var approved = gate.approveAmend(
      candidate, from: Quantity(lots: whole), filled: .zero, conditions: conditions)
    guard let amend = approved.take() else {
      Issue.record("the gate refused: \(gate.decision)")
      return
    }
    let isSent = amendRing.trySend(amend)
    #expect(isSent)
  }
}
