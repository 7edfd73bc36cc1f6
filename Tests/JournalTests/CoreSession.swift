// The real cores of a session, wired once for a recorded run and for its replay: only the channels differ.

import Execution
import Journal
import Market
import Pipeline
import Risk
import Strategy
import Venues

/// Quotes, takes and cancels by counting; one decision can be flipped.
struct CountingStrategy: TradingStrategy {
  let flippedDecision: Int
  private var decisions = 0

  init(flippedDecision: Int) { self.flippedDecision = flippedDecision }

  mutating func onBook(_ context: inout TradingContext) {
    decisions += 1
    let isBuy = (decisions % 2 == 0) != (decisions == flippedDecision)
    let side: Side = isBuy ? .buy : .sell
    let own = context.orders.first(side)
    if let own, decisions % 5 == 0 {
      context.cancel(own.intent)
    } else if decisions % 7 == 0 {
      context.take(side, limit: context.touch(side.opposite).price, Quantity(lots: 200))
    } else if own == nil {
      context.quote(side, at: context.touch(side).price, Quantity(lots: 300))
    }
    context.setTimer(atNs: context.nowNs + 5_000_000)
  }

  mutating func onTimer(_ context: inout TradingContext) {
    if decisions % 3 == 0 { context.cancelAll() }
  }
}

/// Feed, strategy, execution and gateway on gated rings.
final class CoreSession<Stream: StandbyChannel & ~Copyable, Requests: RequestChannel & ~Copyable> {
  private var feed: FeedStage<Stream, Requests>
  private var strategy: StrategyStage<CountingStrategy>
  private var execution: ExecutionStage
  private var gateway: GatewayStage<Stream>
  let control = ControlWords()
  /// Of feed, strategy, execution and gateway: their rings and what they write.
  let inputs: [[RingGate]]
  let outputs: [[RingGate]]
  let records: [RecordSource]
  static var names: [String] { ["feed", "strategy", "execution", "gateway"] }

  init(
    first: consuming Stream, second: consuming Stream, requests: consuming Requests, orders: consuming Stream,
    spare: consuming Stream,
    flippedDecision: Int
  ) throws {
    let events = GatedRing<MarketEvent>(capacity: 4096)
    let faults = GatedRing<BookFault>(capacity: 32)
    let intents = GatedRing<OrderIntent>(capacity: 1024)
    let updates = GatedRing<OrderUpdate>(capacity: 4096)
    let approved = GatedApprovedOrderRing(capacity: 256)
    let asks = GatedRing<GatewayRequest>(capacity: 256)
    let emergency = GatedRing<GatewayRequest>(capacity: 256)
    let amends = GatedApprovedOrderRing(capacity: 256)
    let reports = GatedRing<ExecutionReport>(capacity: 2048)
    inputs = [
      [faults.gate], [updates.gate, events.gate], [reports.gate, intents.gate],
      [emergency.gate, asks.gate, amends.gate, approved.gate],
    ]
    outputs = [
      [events.gate], [intents.gate, faults.gate],
      [approved.gate, asks.gate, emergency.gate, amends.gate, updates.gate], [reports.gate],
    ]
    let feedRecords = RecordRing(stage: 1, capacityBytes: 1 << 20)
    let strategyRecords = RecordRing(stage: 2, capacityBytes: 1 << 20)
    let executionRecords = RecordRing(stage: 3, capacityBytes: 1 << 20)
    let gatewayRecords = RecordRing(stage: 4, capacityBytes: BinanceOrderSession.minimumRecordBytes)
    records = [
      RecordSource(feedRecords.consumer), RecordSource(strategyRecords.consumer),
      RecordSource(executionRecords.consumer), RecordSource(gatewayRecords.consumer),
    ]
    let counters = try CounterFile()
    let snapshots = SnapshotPool(buffers: 4, levelsPerSide: BinanceLimits.levelsPerSnapshotSide)
    feed = FeedStage(
      feed: BinanceFeed(
        BinanceFeed.Configuration(venue: VenueIndex(0)), instruments: [(btcusdt, shard: 0)],
        outputs: MarketOutputs(events.producer, faults: faults.consumer), snapshots: snapshots,
        records: feedRecords.producer,
        counters: BinanceFeedCounters(counters, name: "feed")),
      first: first, second: second, requests: requests)
    strategy = StrategyStage(
      shard: 0, instruments: [btcusdt], updates: updates.consumer, intents: intents.producer,
      records: strategyRecords.producer, counters: counters,
      makeStrategy: { _ in CountingStrategy(flippedDecision: flippedDecision) })
    strategy.addFeed(events: events.consumer, faults: faults.producer, snapshots: snapshots)
    var ports = ExecutionPorts()
    ports.attachGateway(
      reports: reports.consumer, orders: approved.sender, requests: asks.producer, emergency: emergency.producer,
      amends: amends.sender)
    ports.attachShard(intents: intents.consumer, updates: updates.producer)
    execution = ExecutionStage(
      ExecutionConfiguration(
        instruments: [btcusdt], limits: [CoreSession.limits],
        rate: OrderRateLimits(perSecond: 1000, perTenSeconds: 10_000), shards: [0], bootEpoch: 12),
      ports: ports, records: executionRecords.producer,
      counters: ExecutionCounters(instruments: [btcusdt], counters.counter, histogram: counters.histogram))
    var settings = BinanceOrderSession.Configuration(venue: VenueIndex(0))
    settings.connectionAgeNs = 150_000_000
    gateway = GatewayStage(
      session: BinanceOrderSession(
        settings, instruments: [btcusdt], apiKey: "key",
        signer: .hmac(HMACSHA256(secret: "secret")!), reports: reports.producer, records: gatewayRecords.producer,
        counters: BinanceGatewayCounters(counters, name: "gateway"), nsPerCycle: 0.5),
      first: orders, second: spare,
      lanes: GatewayLanes(
        emergency: emergency.consumer, requests: asks.consumer, amends: amends.receiver, orders: approved.receiver),
      control: control)
  }

  private static var limits: RiskLimits {
    RiskLimits(
      maximumOrderQuantity: Quantity(lots: 1000), maximumOrderNotional: Amount(units: 1_000_000_000_000),
      maximumPosition: Quantity(lots: 5000), maximumOpenOrders: 50, collarBasisPoints: 500,
      maximumMarketAgeNs: 1_000_000_000, maximumOrderAgeNs: 1_000_000_000, feeReserveBasisPoints: 20)
  }

  func step(_ stage: Int, _ input: StepInput) -> Int {
    switch stage {
    case 0: return feed.step(input)
    case 1: return strategy.step(input)
    case 2: return execution.step(input)
    default:
      // The words that the gateway reads before each send; for one stage the epochs only grow.
      while control.haltEpoch < input.haltEpoch { control.halt() }
      return gateway.step(input)
    }
  }

  /// Lets both ends of the stage's rings see all there is, as live rings do.
  func openGates(_ stage: Int) {
    for gate in inputs[stage] { gate.show(gate.published - gate.consumed) }
    for gate in outputs[stage] { gate.free() }
  }
}
