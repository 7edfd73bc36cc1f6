// A whole session on one thread, between two memory transports: the stages of the bot, wired as it wires them.

import CShims
import Execution
import Market
import Pipeline
import Risk
import Strategy
import Suite
import Venues

/// Answers every change of the touch and every trade with an order that cannot trade, 5 % below the market. It reads the
/// features and decides nothing by them, so that what is measured is the path and not a strategy.
struct AnswerAll: TradingStrategy {
  static var usesFeatures: Bool { true }
  private var features = FeatureVector()
  private var answers: Int64 = 0

  mutating func onBook(_ context: inout TradingContext) { answer(&context) }
  mutating func onTrade(_ trade: MarketTrade, _ context: inout TradingContext) { answer(&context) }

  private mutating func answer(_ context: inout TradingContext) {
    guard context.readFeatures(&features), context.hasTouch else { return }
    let quantity = Self.quantity(answers)
    if context.take(.buy, limit: Self.price(context.bestBid.price), quantity) != nil { answers &+= 1 }
  }

  static func price(_ bid: Price) -> Price { Price(ticks: bid.ticks / 100 &* 95) }
  /// Of the answer with that number: worth what a venue asks for at least, and not always the same digits.
  static func quantity(_ number: Int64) -> Quantity { Quantity(lots: 4_096 &+ number & 1_023) }
}

/// Reads what a stage of the bot reads before each step. The clock is read as the bot reads it, but time is the recording's.
struct RecordedSource: ~Copyable {
  private let clock: Clock
  private let control: ControlWords
  private let timeNs: UnsafeMutablePointer<Int64>

  init(_ clock: Clock, _ control: ControlWords, _ timeNs: UnsafeMutablePointer<Int64>) {
    self.clock = clock
    self.control = control
    self.timeNs = timeNs
  }

  @inline(always)
  func read() -> StepInput {
    let stopping = control.isStopping ? StepFlags.stopping.rawValue : 0
    let flags = StepFlags(rawValue: stopping | (control.isDiskBehind ? StepFlags.diskBehind.rawValue : 0))
    // Never true, which the compiler does not know: the reading is paid for.
    let nowNs = clock.nowNs() == .min ? 0 : timeNs.pointee
    return StepInput(nowNs: nowNs, haltEpoch: control.haltEpoch, flags: flags)
  }
}

struct MemoryFeed: Stage, ~Copyable {
  var core: FeedStage<WebSocketChannel<MemoryTransport>, MemoryRequests>
  let source: RecordedSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct MemoryGateway: Stage, ~Copyable {
  var core: GatewayStage<WebSocketChannel<MemoryTransport>>
  let source: RecordedSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct AnsweringStage: Stage, ~Copyable {
  var core: StrategyStage<AnswerAll>
  let source: RecordedSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

struct TradingStage: Stage, ~Copyable {
  var core: ExecutionStage
  let source: RecordedSource
  @_noLocks @inline(never) mutating func poll() -> Int { core.step(source.read()) }
}

/// The stages and the venue of one run.
final class PathSession {
  /// An order, as the venue read it.
  typealias Order = (message: Int, text: [UInt8])

  private let messages: PathMessages
  private let market: VenueConnection
  private let account: VenueConnection
  private let desk = OrderDesk()
  private let snapshot: MemoryRequests.Answer
  // In memory of their own: as properties they would be checked for exclusive access at each use.
  private let feed = UnsafeMutablePointer<MemoryFeed>.allocate(capacity: 1)
  private let strategy = UnsafeMutablePointer<AnsweringStage>.allocate(capacity: 1)
  private let execution = UnsafeMutablePointer<TradingStage>.allocate(capacity: 1)
  private let gateway = UnsafeMutablePointer<MemoryGateway>.allocate(capacity: 1)
  private let timeNs = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
  private var records: [Journal] = []
  private var current = -1

  /// The journal's end of a stage's ring. In the bot its thread writes to disk what stands there; here it is let go.
  private final class Journal {
    private var consumer: RecordConsumer
    init(_ consumer: consuming RecordConsumer) { self.consumer = consumer }
    func release() { _ = consumer.drain { _ in } }
  }

  init(_ messages: PathMessages) throws {
    self.messages = messages
    let contexts = try TLSContexts(.direct)
    market = try VenueConnection(contexts.server)
    account = try VenueConnection(contexts.server)
    snapshot = MemoryRequests.Answer(messages.snapshot)
    let clock = try Clock()
    let control = ControlWords()
    timeNs.initialize(to: messages.all[0].timeNs)
    let timeNs = timeNs
    func source() -> RecordedSource { RecordedSource(clock, control, timeNs) }
    func channel(_ connection: VenueConnection, _ target: String) throws -> WebSocketChannel<MemoryTransport> {
      let address = try SocketAddress.resolve(host: "127.0.0.1", port: 1)
      let settings = ConnectionSettings(hostName: TLSContexts.hostName, addresses: address, seed: 1)
      return WebSocketChannel(
        MemoryTransport(connection.wire), contexts.client, WebSocketSettings(connection: settings, target: target))
    }
    let spares = try [VenueConnection(contexts.server), VenueConnection(contexts.server)]
    self.spares = spares

    // Rings as large as the bot's (RingCapacities, JournalSettings).
    let events = Ring<MarketEvent>(capacity: 65_536)
    let faults = Ring<BookFault>(capacity: 16)
    let intents = Ring<OrderIntent>(capacity: 4_096)
    let updates = Ring<OrderUpdate>(capacity: 4_096)
    let orders = ApprovedOrderRing(capacity: 1_024)
    let amends = ApprovedOrderRing(capacity: 1_024)
    let requests = Ring<GatewayRequest>(capacity: 2_048)
    let emergency = Ring<GatewayRequest>(capacity: 2_048)
    let reports = Ring<ExecutionReport>(capacity: 8_192)
    let snapshots = SnapshotPool(buffers: 4, levelsPerSide: BinanceLimits.levelsPerSnapshotSide)
    let feedRecords = RecordRing(stage: 1, capacityBytes: 64 << 20)
    let strategyRecords = RecordRing(stage: 2, capacityBytes: 16 << 20)
    let executionRecords = RecordRing(stage: 3, capacityBytes: 16 << 20)
    let gatewayRecords = RecordRing(stage: 4, capacityBytes: 16 << 20)
    let counters = try CounterFile()
    let instruments = [messages.instrument]

    var feedSettings = BinanceFeed.Configuration(venue: messages.instrument.venue)
    feedSettings.connections = 1
    feed.initialize(
      to: MemoryFeed(
        core: FeedStage(
          feed: BinanceFeed(
            feedSettings, instruments: [(messages.instrument, shard: 0)],
            outputs: MarketOutputs(events.producer, faults: faults.consumer), snapshots: snapshots,
            records: feedRecords.producer, counters: BinanceFeedCounters(counters, name: "feed")),
          first: try channel(market, "/stream"), second: try channel(spares[0], "/stream"),
          requests: MemoryRequests(snapshot)), source: source()))
    var answering = StrategyStage(
      shard: 0, instruments: instruments, updates: updates.consumer, intents: intents.producer,
      records: strategyRecords.producer, counters: counters, makeStrategy: { _ in AnswerAll() })
    answering.addFeed(events: events.consumer, faults: faults.producer, snapshots: snapshots)
    strategy.initialize(to: AnsweringStage(core: answering, source: source()))
    var ports = ExecutionPorts()
    ports.attachGateway(
      reports: reports.consumer, orders: orders.sender, requests: requests.producer, emergency: emergency.producer,
      amends: amends.sender)
    ports.attachShard(intents: intents.consumer, updates: updates.producer)
    execution.initialize(
      to: TradingStage(
        core: ExecutionStage(
          ExecutionConfiguration(
            instruments: instruments, limits: [Self.limits], rate: Self.rate, shards: [0], bootEpoch: Self.bootEpoch),
          ports: ports, records: executionRecords.producer,
          counters: ExecutionCounters(instruments: instruments, counters.counter, histogram: counters.histogram)),
        source: source()))
    guard let key = Ed25519Key.generate() else { throw BenchmarkError("frame_to_order: OpenSSL made no key") }
    var sessionSettings = BinanceOrderSession.Configuration(venue: messages.instrument.venue)
    sessionSettings.limits.ordersPerTenSeconds = 1_000_000
    sessionSettings.limits.ordersPerDay = 1_000_000_000
    sessionSettings.limits.weightPerMinute = 1_000_000_000
    gateway.initialize(
      to: MemoryGateway(
        core: GatewayStage(
          session: BinanceOrderSession(
            sessionSettings, instruments: instruments, apiKey: "benchmark", signer: .ed25519(key),
            reports: reports.producer, records: gatewayRecords.producer,
            counters: BinanceGatewayCounters(counters, name: "gateway"), nsPerCycle: 1),
          first: try channel(account, "/ws-api/v3"), second: try channel(spares[1], "/ws-api/v3"),
          lanes: GatewayLanes(
            emergency: emergency.consumer, requests: requests.consumer, amends: amends.receiver,
            orders: orders.receiver), control: control), source: source()))
    records = [
      Journal(feedRecords.consumer), Journal(strategyRecords.consumer), Journal(executionRecords.consumer),
      Journal(gatewayRecords.consumer),
    ]
  }

  /// Connections that stand by and are never opened; their wires have to outlive the stages.
  private let spares: [VenueConnection]

  deinit {
    feed.deinitialize(count: 1)
    strategy.deinitialize(count: 1)
    execution.deinitialize(count: 1)
    gateway.deinitialize(count: 1)
    feed.deallocate()
    strategy.deallocate()
    execution.deallocate()
    gateway.deallocate()
    timeNs.deallocate()
  }

  /// Polls that the largest recorded message takes, and one to spare.
  private static let recordsPerMessage = 8
  static let bootEpoch: UInt32 = 5
  /// Far away: what is measured is an order that goes out.
  static let rate = OrderRateLimits(perSecond: 65_536, perTenSeconds: 65_536)
  static let limits = RiskLimits(
    maximumOrderQuantity: Quantity(lots: 1_000_000), maximumOrderNotional: Amount(units: .max),
    maximumPosition: Quantity(lots: 50_000_000), maximumOpenOrders: 150, collarBasisPoints: 1_000,
    maximumMarketAgeNs: 1_000_000_000, maximumOrderAgeNs: 1_000_000_000, feeReserveBasisPoints: 20)

  /// Plays all messages. The meter runs from each record that was handed over until nothing of it is left to do.
  ///
  /// - Returns: the orders that answer a message, in their order, and for each how many cycles passed from the record that was handed over to the
  ///   record that carries the order.
  func play(_ meter: Meter = { $0() }) throws -> (orders: [Order], cycles: [UInt64]) {
    try settle()
    guard gateway.pointee.core.session.isUp, market.areRecordsDirect, account.areRecordsDirect else {
      throw BenchmarkError("frame_to_order: the session did not come up with direct records")
    }
    let sealed = SealedMessages(messages, market)
    var cycles: [UInt64] = []
    cycles.reserveCapacity(messages.all.count)
    for i in messages.all.indices {
      timeNs.pointee = messages.all[i].timeNs
      if i == messages.snapshotPosition { snapshot.isRecorded = true }
      current = -1
      try settle()
      current = i
      sealed.deliver(i, to: market.wire)
      account.wire.state.pointee.sendTsc = 0
      let start = apus_tsc()
      // Once, unless the message takes several records; idle where nothing answers it.
      meter {
        for _ in 0..<Self.recordsPerMessage where account.wire.state.pointee.sendTsc == 0 {
          _ = feed.pointee.poll()
          _ = strategy.pointee.poll()
          _ = execution.pointee.poll()
          _ = gateway.pointee.poll()
        }
      }
      let end = account.wire.state.pointee.sendTsc
      let before = desk.orders.count
      try settle()
      guard desk.orders.count - before == (end == 0 ? 0 : 1) else {
        throw BenchmarkError("frame_to_order: message \(i) was answered by \(desk.orders.count - before) orders")
      }
      if end != 0 { cycles.append(end &- start) }
    }
    return (desk.orders.filter { $0.message >= 0 }, cycles)
  }

  /// Lets everybody work until there is nothing to do.
  private func settle() throws {
    var isBusy = true
    while isBusy {
      let work = feed.pointee.poll() + strategy.pointee.poll() + execution.pointee.poll() + gateway.pointee.poll()
      for journal in records { journal.release() }
      let isAsked = try market.serve { _ in market.send(Array(#"{"result":null,"id":1}"#.utf8)) }
      let isOrdered = try account.serve {
        account.send(try desk.answer($0, message: current, nowNs: timeNs.pointee))
      }
      isBusy = work > 0 || isAsked || isOrdered || !market.wire.isEmpty || !account.wire.isEmpty
    }
  }
}

/// Messages as the venue sealed them, ahead of their sending.
struct SealedMessages {
  private let bytes: [UInt8]
  private let ranges: [Range<Int>]

  init(_ messages: PathMessages, _ connection: VenueConnection) {
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { space.deallocate() }
    for message in messages.all {
      let count = connection.seal(message.text, into: space)
      ranges.append(bytes.count..<bytes.count + count)
      bytes += space[..<count]
    }
    (self.bytes, self.ranges) = (bytes, ranges)
  }

  /// Copies a message's record to where the bot finds it, as the kernel would.
  func deliver(_ i: Int, to wire: MemoryWire) {
    let space = wire.space
    bytes.withUnsafeBytes { space.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[ranges[i]])) }
    wire.arrived(ranges[i].count)
  }
}
