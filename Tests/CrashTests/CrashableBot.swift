// One process of the bot: the real execution stage, its record ring in a file, its journal on disk. It dies on request.

import Execution
import Foundation
import Journal
import Market
import Pipeline
import Risk

/// What leaves the process: counted, so that a crash can be put at each.
enum Send {
  case order(ApprovedOrderRecord)
  case request(GatewayRequest)

  var name: String {
    switch self {
    case .order: "order"
    case .request(let request): "\(request.kind)"
    }
  }
}

/// One process from start to end; everything in memory goes with it.
final class CrashableBot {
  static let stageNumber: UInt8 = 3
  /// Between the journal's turns: long enough that records wait in the ring at most crashes.
  private static let stepsPerWrite = 7

  private var stage: ExecutionStage
  private var intents: RingProducer<OrderIntent>
  private var updates: RingConsumer<OrderUpdate>
  private var reports: RingProducer<ExecutionReport>
  private var orders: ApprovedOrderReceiver
  private var requests: RingConsumer<GatewayRequest>
  private var emergency: RingConsumer<GatewayRequest>
  private var amends: ApprovedOrderReceiver
  private var writer: JournalWriter
  private let counters: [String: Counter]
  private let journalCounters: JournalCounters
  private let journalDirectory: String
  /// What of which segment a sync has covered.
  private(set) var durable = (segment: 0, bytes: 0)
  private var syncs: Int64 = 0
  private let counterFile: CounterFile
  private let clock: SimulatedClock
  private var steps = 0
  private var nextIntent: UInt64 = 1
  private(set) var placed: [IntentIdentifier] = []

  init(directory: String, bootEpoch: UInt32, recovered: AccountState?, clock: SimulatedClock) throws {
    let session = UInt64(bootEpoch)
    let intentRing = Ring<OrderIntent>(capacity: 64)
    let updateRing = Ring<OrderUpdate>(capacity: 512)
    let reportRing = Ring<ExecutionReport>(capacity: 256)
    let orderRing = ApprovedOrderRing(capacity: 64)
    let requestRing = Ring<GatewayRequest>(capacity: 64)
    let emergencyRing = Ring<GatewayRequest>(capacity: 64)
    let amendRing = ApprovedOrderRing(capacity: 64)
    let records = try RecordRing(
      stage: Self.stageNumber, capacityBytes: ExecutionStage.minimumRecordBytes,
      path: directory + "/" + Recovery.ringFile("execution"), session: session)
    var ports = ExecutionPorts()
    ports.attachGateway(
      reports: reportRing.consumer, orders: orderRing.sender, requests: requestRing.producer,
      emergency: emergencyRing.producer, amends: amendRing.sender)
    ports.attachShard(intents: intentRing.consumer, updates: updateRing.producer)
    let file = try CounterFile()
    var counters: [String: Counter] = [:]
    stage = ExecutionStage(
      ExecutionConfiguration(
        instruments: [Self.instrument], limits: [Self.limits],
        rate: OrderRateLimits(perSecond: 65_536, perTenSeconds: 65_536), shards: [0], bootEpoch: bootEpoch,
        orderCapacity: 256),
      ports: ports, records: records.producer,
      counters: ExecutionCounters(
        instruments: [Self.instrument],
        {
          let counter = file.counter($0)
          counters[$0] = counter
          return counter
        }, histogram: file.histogram), recovered: recovered)
    let account = recovered ?? AccountState(stage: Self.stageNumber, instruments: [Self.instrument])
    journalCounters = JournalCounters(file.counter)
    journalDirectory = directory + "/journal-\(bootEpoch)"
    writer = try JournalWriter(
      directory: journalDirectory,
      header: SessionHeader(
        session: session, startTimeNs: clock.nowNs, bootEpoch: bootEpoch, seed: 0, build: "test", strategy: "test",
        configuration: "", instruments: [Self.instrument], stages: [Self.stageNumber: "execution"],
        account: recovered?.encoded ?? []),
      sources: [RecordSource(records.consumer)], counters: journalCounters,
      options: JournalOptions(
        sync: .interval(ns: 400_000_000), segmentBytes: 60_000,
        snapshots: SnapshotOptions(records: 300, intervalNs: 1_000_000_000)),
      fold: account, nowNs: { clock.nowNs })
    self.counters = counters
    self.clock = clock
    counterFile = file
    intents = intentRing.producer
    updates = updateRing.consumer
    reports = reportRing.producer
    orders = orderRing.receiver
    requests = requestRing.consumer
    emergency = emergencyRing.consumer
    amends = amendRing.receiver
  }

  var isGreen: Bool { count("reconciliation.green") == 1 }
  var openOrders: Int { stage.openOrders }
  var positionLots: Int64 { stage.positionsLots[0] }

  func count(_ name: String) -> Int64 { counters["execution." + name]!.value }

  func computed(_ asset: String) -> Int64? {
    stage.accountBalances.first { $0.asset == asset }?.computed.units
  }

  func tell(_ report: ExecutionReport) { precondition(reports.tryPush(report), "the test overran the ring of reports") }

  func touch() {
    var intent = blank(.touch)
    intent.price = Price(ticks: 6_000_000)
    intent.quantity = Quantity(lots: 10)
    intent.askPrice = Price(ticks: 6_000_010)
    intent.askQuantity = Quantity(lots: 10)
    push(intent)
  }

  func place(_ side: Side, away: Int64, lots: Int64) {
    var intent = blank(.place)
    intent.side = side
    intent.price = Price(ticks: 6_000_000 - side.sign * away)
    intent.quantity = Quantity(lots: lots)
    intent.intent = IntentIdentifier(nextIntent)
    placed.append(intent.intent)
    nextIntent += 1
    push(intent)
  }

  func cancel(_ intent: IntentIdentifier) {
    var message = blank(.cancel)
    message.intent = intent
    push(message)
  }

  private func blank(_ kind: IntentKind) -> OrderIntent {
    OrderIntent(
      kind: kind, instrument: InstrumentIndex(0), definitionVersion: 1, strategy: 1, decisionTimeNs: clock.nowNs,
      marketTimeNs: clock.nowNs, cause: 1, originTsc: 0)
  }

  private func push(_ intent: OrderIntent) { precondition(intents.tryPush(intent), "the test overran its ring") }

  /// Execution's turn and now and then the journal's.
  func step(isStopping: Bool) {
    _ = stage.step(StepInput(nowNs: clock.nowNs, flags: isStopping ? .stopping : []))
    while updates.tryPop() != nil {}
    steps += 1
    if steps % Self.stepsPerWrite == 0 { write() }
  }

  private func write() {
    _ = writer.poll()
    let segment = Int(journalCounters.segment.value)
    if journalCounters.syncs.value > syncs {
      syncs = journalCounters.syncs.value
      durable = (segment, segmentBytes(segment).count)
    } else if segment != durable.segment {
      // A segment begins with its header, which is durable before the first record.
      durable = (segment, Int(segmentBytes(segment).withUnsafeBytes { $0.load(fromByteOffset: 12, as: UInt32.self) }))
    }
  }

  func segmentBytes(_ segment: Int) -> [UInt8] {
    Array(FileManager.default.contents(atPath: segmentPath(segment)) ?? Data())
  }

  func segmentPath(_ segment: Int) -> String {
    journalDirectory + "/" + SegmentFormat.fileName(UInt32(segment))
  }

  /// What the gateway would send next, in the order of its lanes.
  func nextSend() -> Send? {
    if let request = emergency.tryPop() ?? requests.tryPop() { return .request(request) }
    if let order = orders.receive() { return .order(order.record) }
    return nil
  }

  /// The orderly end.
  func finish() throws { try writer.finish() }

  static let instrument = Instrument(
    index: InstrumentIndex(0), venue: VenueIndex(0), symbol: ShortName("BTCUSDT")!, base: ShortName("BTC")!,
    quote: ShortName("USDT")!, settlement: ShortName("USDT")!, tick: DecimalStep(mantissa: 1, exponent: -2),
    lot: DecimalStep(mantissa: 1, exponent: -5), minimumPrice: Price(ticks: 1),
    maximumPrice: Price(ticks: 100_000_000), minimumQuantity: Quantity(lots: 1),
    maximumQuantity: Quantity(lots: 900_000_000), minimumNotional: Amount(units: 0),
    maximumNotional: Amount(units: .max))

  private static let limits = RiskLimits(
    maximumOrderQuantity: Quantity(lots: 1_000_000), maximumOrderNotional: Amount(units: .max),
    maximumPosition: Quantity(lots: 50_000_000), maximumOpenOrders: 200, collarBasisPoints: 500,
    maximumMarketAgeNs: 1_000_000_000, maximumOrderAgeNs: 1_000_000_000, feeReserveBasisPoints: 10)
}
