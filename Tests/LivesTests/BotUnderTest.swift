// The bot's own cores as they run live: execution and a gateway with its order session, joined by their rings.

import Execution
import Market
import Pipeline
import Risk
import VenueFront
import Venues

/// One instrument, one gateway, one strategy shard that the test plays. One thread.
final class BotUnderTest {
  static let apiKey = "lives"
  static let secret = "a-secret-of-this-test"

  /// Of the session's two connections.
  let channels: [SimulatedChannel]
  private(set) var execution: ExecutionStage
  private var gateway: GatewayStage<SimulatedChannel>
  private let control = ControlWords()
  private var intents: RingProducer<OrderIntent>
  private var updates: RingConsumer<OrderUpdate>
  private var executionRecords: RecordConsumer
  private var gatewayRecords: RecordConsumer
  private let file: CounterFile
  private var counters: [String: Counter] = [:]
  private let gatewayCounters: BinanceGatewayCounters
  /// How often requests passed to another connection without a moment in which the session was down.
  private(set) var handovers = 0
  private var nextIntent: UInt64 = 1
  /// Intents of orders that may still be open, as the strategy would know them.
  private(set) var openIntents: [IntentIdentifier] = []
  /// Lots filled of each order, as the strategy was told, by the identifier's text.
  private(set) var filledLots: [String: Int64] = [:]
  var isStopping = false

  /// - Parameter connectionAgeNs: how old a connection of the session gets before a successor takes over.
  init(_ instrument: Instrument, channels: [SimulatedChannel], connectionAgeNs: Int64) throws {
    self.channels = channels
    file = try CounterFile()
    gatewayCounters = BinanceGatewayCounters(file, name: "gateway")
    let intentRing = Ring<OrderIntent>(capacity: 64)
    let updateRing = Ring<OrderUpdate>(capacity: 512)
    let reportRing = Ring<ExecutionReport>(capacity: 2048)
    let orderRing = ApprovedOrderRing(capacity: 64)
    let amendRing = ApprovedOrderRing(capacity: 64)
    let requestRing = Ring<GatewayRequest>(capacity: 64)
    let emergencyRing = Ring<GatewayRequest>(capacity: 64)
    let executionRing = RecordRing(stage: 2, capacityBytes: ExecutionStage.minimumRecordBytes)
    let gatewayRing = RecordRing(stage: 3, capacityBytes: BinanceOrderSession.minimumRecordBytes)
    var ports = ExecutionPorts()
    ports.attachGateway(
      reports: reportRing.consumer, orders: orderRing.sender, requests: requestRing.producer,
      emergency: emergencyRing.producer, amends: amendRing.sender)
    ports.attachShard(intents: intentRing.consumer, updates: updateRing.producer)
    let file = self.file
    var named: [String: Counter] = [:]
    execution = ExecutionStage(
      ExecutionConfiguration(
        instruments: [instrument], limits: [Self.limits],
        rate: OrderRateLimits(perSecond: 65_536, perTenSeconds: 65_536), shards: [0], bootEpoch: 3),
      ports: ports, records: executionRing.producer,
      counters: ExecutionCounters(instruments: [instrument]) { name in
        let counter = file.counter(name)
        named[name] = counter
        return counter
      } histogram: {
        file.histogram($0)
      })
    counters = named
    guard let key = HMACSHA256(secret: Self.secret) else { preconditionFailure("the key cannot be made") }
    var configuration = Self.session
    configuration.connectionAgeNs = connectionAgeNs
    let session = BinanceOrderSession(
      configuration, instruments: [instrument], apiKey: Self.apiKey, signer: .hmac(key), reports: reportRing.producer,
      records: gatewayRing.producer, counters: gatewayCounters, nsPerCycle: 1)
    gateway = GatewayStage(
      session: session, first: channels[0], second: channels[1],
      lanes: GatewayLanes(
        emergency: emergencyRing.consumer, requests: requestRing.consumer, amends: amendRing.receiver,
        orders: orderRing.receiver), control: control)
    intents = intentRing.producer
    updates = updateRing.consumer
    executionRecords = executionRing.consumer
    gatewayRecords = gatewayRing.consumer
  }

  /// A counter of execution.
  func count(_ name: String) -> Int64 { counters["execution." + name]!.value }

  /// All counters that are not zero, for the message of a failure.
  var countsText: String {
    counters.filter { $0.value.value != 0 }.map { "\($0.key) \($0.value.value)" }.sorted().joined(separator: ", ")
  }

  func step(nowNs: Int64) {
    let flags: StepFlags = isStopping ? .stopping : []
    _ = execution.step(StepInput(nowNs: nowNs, haltEpoch: control.haltEpoch, flags: flags))
    let (active, downs) = (gateway.session.active, gatewayCounters.sessionsDown.value)
    _ = gateway.step(StepInput(nowNs: nowNs, haltEpoch: control.haltEpoch, flags: flags))
    if gateway.session.active != active, gatewayCounters.sessionsDown.value == downs { handovers += 1 }
    _ = executionRecords.drain { _ in }
    _ = gatewayRecords.drain { _ in }
    while let update = updates.tryPop() { note(update) }
  }

  func send(_ intent: OrderIntent) {
    var intent = intent
    if intent.kind == .place {
      intent.intent = IntentIdentifier(nextIntent)
      nextIntent += 1
      openIntents.append(intent.intent)
    }
    let isSent = intents.tryPush(intent)
    precondition(isSent, "the test overran its ring of intents")
  }

  private func note(_ update: OrderUpdate) {
    if update.quantity > .zero {
      let digits = String(update.clientOrder.rawValue, radix: 16)
      filledLots["ap" + String(repeating: "0", count: 16 - digits.count) + digits, default: 0] += update.quantity.lots
    }
    switch update.kind {
    case .filled, .canceled, .refused, .rejected: openIntents.removeAll { $0 == update.intent }
    case .working, .partiallyFilled, .unknown, .position: break
    }
  }

  private static let limits = RiskLimits(
    maximumOrderQuantity: Quantity(lots: 1_000_000), maximumOrderNotional: Amount(units: .max),
    maximumPosition: Quantity(lots: 50_000_000), maximumOpenOrders: 150, collarBasisPoints: 1000,
    maximumMarketAgeNs: 1_000_000_000, maximumOrderAgeNs: 1_000_000_000, feeReserveBasisPoints: 20)

  /// The venue's limits of this test: far away, except that a fault names them.
  private static var session: BinanceOrderSession.Configuration {
    var configuration = BinanceOrderSession.Configuration(venue: VenueIndex(0))
    configuration.limits.ordersPerTenSeconds = 1_000_000
    configuration.limits.ordersPerDay = 1_000_000
    configuration.limits.weightPerMinute = 1_000_000
    return configuration
  }
}
