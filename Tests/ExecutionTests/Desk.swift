// An execution stage with all its rings in a test's hands: the test is strategy, gateway and journal.

import Execution
import Market
import Pipeline
import Risk

/// BTCUSDT and, where asked for, ETHUSDT; one gateway, one shard, one who commands.
final class Desk {
  static let startNs: Int64 = 1_700_000_000_000_000_000

  var stage: ExecutionStage
  var intents: RingProducer<OrderIntent>
  var updates: RingConsumer<OrderUpdate>
  var reports: RingProducer<ExecutionReport>
  var orders: ApprovedOrderReceiver
  var requests: RingConsumer<GatewayRequest>
  var emergency: RingConsumer<GatewayRequest>
  var amends: ApprovedOrderReceiver
  var commands: RingProducer<Command>
  var outcomes: RingConsumer<CommandOutcome>
  var records: RecordConsumer
  var nowNs = Desk.startNs
  var haltEpoch: UInt32 = 0
  var flags: StepFlags = []

  /// Everything that came out so far.
  var sent: [ApprovedOrderRecord] = []
  var amended: [ApprovedOrderRecord] = []
  var asked: [GatewayRequest] = []
  /// Requests for lists, and for balances in a comparison; answered by `listing`.
  var lists: [GatewayRequest] = []
  /// What the venue answers to a request for a list: by default that there is nothing, and the balances last told.
  var listing: ((GatewayRequest) -> [ExecutionReport])?
  private var lastTold: [String: ExecutionReport] = [:]
  /// Whether the balances after a fill are told with it, as a venue does.
  var tellsBalances = false
  private var toldTrades: Set<UInt64> = []
  private let instruments: [Instrument]
  private let recovered: AccountState?
  /// Of `asked`, what came by the emergency lane.
  var urgent: [GatewayRequest] = []
  var told: [CommandOutcome] = []
  var news: [OrderUpdate] = []
  var journal: [[UInt8]] = []

  private let counters: [String: Counter]
  private var nextIntent: UInt64 = 1
  private var nextCommand: UInt64 = 1

  init(
    instruments: [Instrument] = [Desk.instrument],
    rate: OrderRateLimits = OrderRateLimits(perSecond: 65_536, perTenSeconds: 65_536), orderCapacity: Int = 1024,
    bootEpoch: UInt32 = 5, recovered: AccountState? = nil, configure: (inout ExecutionConfiguration) -> Void = { _ in }
  ) throws {
    self.instruments = instruments
    self.recovered = recovered
    let intentRing = Ring<OrderIntent>(capacity: 64)
    let updateRing = Ring<OrderUpdate>(capacity: 512)
    let reportRing = Ring<ExecutionReport>(capacity: 64)
    let orderRing = ApprovedOrderRing(capacity: 64)
    let requestRing = Ring<GatewayRequest>(capacity: 64)
    let emergencyRing = Ring<GatewayRequest>(capacity: 64)
    let amendRing = ApprovedOrderRing(capacity: 64)
    let recordRing = RecordRing(stage: 4, capacityBytes: ExecutionStage.minimumRecordBytes)
    var ports = ExecutionPorts()
    ports.attachGateway(
      reports: reportRing.consumer, orders: orderRing.sender, requests: requestRing.producer,
      emergency: emergencyRing.producer, amends: amendRing.sender)
    ports.attachShard(intents: intentRing.consumer, updates: updateRing.producer)
    let commandRing = Ring<Command>(capacity: 64)
    let outcomeRing = Ring<CommandOutcome>(capacity: 128)
    ports.attachControl(commands: commandRing.consumer, outcomes: outcomeRing.producer)
    let file = try CounterFile()
    var counters: [String: Counter] = [:]
    var configuration = ExecutionConfiguration(
      instruments: instruments, limits: instruments.map { _ in Desk.limits }, rate: rate,
      shards: instruments.map { _ in 0 }, bootEpoch: bootEpoch, checkIntervalNs: 1_000_000_000_000_000_000,
      orderCapacity: orderCapacity)
    configure(&configuration)
    stage = ExecutionStage(
      configuration, ports: ports, records: recordRing.producer,
      counters: ExecutionCounters(
        instruments: instruments,
        {
          let counter = file.counter($0)
          counters[$0] = counter
          return counter
        }, histogram: file.histogram), recovered: recovered)
    self.counters = counters
    counterFile = file
    intents = intentRing.producer
    updates = updateRing.consumer
    reports = reportRing.producer
    orders = orderRing.receiver
    requests = requestRing.consumer
    emergency = emergencyRing.consumer
    amends = amendRing.receiver
    commands = commandRing.producer
    outcomes = outcomeRing.consumer
    records = recordRing.consumer
  }

  private let counterFile: CounterFile

  /// A counter of the stage, without the `execution.` before its name.
  func count(_ name: String) -> Int64 { counters["execution." + name]!.value }

  /// What the gauges say is halted, paused or reduce-only.
  func scopes(_ name: String) -> ScopeSet { ScopeSet(gauges: "trading." + name, count) }

  /// The time that halts took.
  var haltTime: HistogramSnapshot { counterFile.histogram("execution.halt").snapshot() }

  /// Logs on, with money, and shows a touch of 60,000.00 / 60,000.10.
  func open() {
    report(.sessionUp)
    if let recovered {
      for asset in recovered.assets { report(balanceOf: asset.asset.text, free: asset.computed) }
    } else {
      report(balanceOf: "BTC", free: 1_000 * Amount.unitsPerCoin)
      report(balanceOf: "USDT", free: 50_000_000 * Amount.unitsPerCoin)
    }
    reconcile()
    touch()
    step()
  }

  var isGreen: Bool { count("reconciliation.green") == 1 }

  /// Steps until the venue agrees: at once, or after the while that a session waits which goes on from another.
  func reconcile() {
    for _ in 0..<100 where !isGreen { if step() == 0 { nowNs += 500_000_000 } }
    precondition(isGreen, "the test's venue never agrees")
  }

  func touch(bid: Int64 = 6_000_000, ask: Int64 = 6_000_010, of instrument: Int = 0) {
    var intent = blank(.touch, of: instrument)
    intent.price = Price(ticks: bid)
    intent.quantity = Quantity(lots: 10)
    intent.askPrice = Price(ticks: ask)
    intent.askQuantity = Quantity(lots: 10)
    push(intent)
  }

  /// Asks for an order.
  @discardableResult
  func place(
    _ side: Side, _ ticks: Int64, _ lots: Int64, type: OrderType = .limit,
    _ timeInForce: TimeInForce = .goodTilCanceled,
    strategy: UInt8 = 1, of instrument: Int = 0, reduceOnly: Bool = false
  ) -> IntentIdentifier {
    var intent = blank(.place, of: instrument)
    intent.side = side
    intent.type = type
    intent.timeInForce = timeInForce
    intent.price = Price(ticks: ticks)
    intent.quantity = Quantity(lots: lots)
    intent.intent = IntentIdentifier(nextIntent)
    intent.reduceOnly = reduceOnly
    intent.strategy = strategy
    nextIntent += 1
    push(intent)
    return intent.intent
  }

  /// Places an order, takes a step and gives what reached the gateway.
  func placed(
    _ side: Side, _ ticks: Int64, _ lots: Int64, strategy: UInt8 = 1, of instrument: Int = 0
  ) throws -> ApprovedOrderRecord {
    let before = sent.count
    place(side, ticks, lots, strategy: strategy, of: instrument)
    step()
    guard sent.count > before, let order = sent.last else { throw Missing() }
    return order
  }

  /// Why an order is refused now; nil when it is sent.
  func refusal(_ side: Side = .buy, _ ticks: Int64 = 5_999_000, _ lots: Int64 = 1, strategy: UInt8 = 1)
    -> RefusalReason?
  {
    let before = sent.count
    place(side, ticks, lots, strategy: strategy)
    step()
    return sent.count > before ? nil : news.last.flatMap { RefusalReason(rawValue: $0.reasonCode) }
  }

  /// Gives a command; it is taken in the next step.
  @discardableResult
  func command(
    _ kind: CommandKind, scope: CommandScope = .all, instrument: UInt16 = 0, strategy: UInt8 = 0, venue: UInt8 = 0,
    limit: CommandLimit = .none, value: Int64 = 0, epoch: UInt32? = nil
  ) -> UInt64 {
    let number = nextCommand
    nextCommand += 1
    let command = Command(
      kind, scope: scope, origin: .user, limit: limit, instrument: InstrumentIndex(instrument),
      venue: VenueIndex(venue), strategy: strategy, haltEpoch: epoch ?? haltEpoch, user: 1000, number: number,
      value: value, timeNs: nowNs, cause: 3)
    precondition(commands.tryPush(command), "the test overran its ring of commands")
    return number
  }

  /// Gives a command, takes a step and says why it was refused; `.none` when it was not.
  @discardableResult
  func refusal(
    of kind: CommandKind, scope: CommandScope = .all, instrument: UInt16 = 0, strategy: UInt8 = 0,
    limit: CommandLimit = .none, value: Int64 = 0, epoch: UInt32? = nil
  ) -> CommandRefusal? {
    let number = command(
      kind, scope: scope, instrument: instrument, strategy: strategy, limit: limit, value: value, epoch: epoch)
    step()
    return told.first { $0.number == number }?.refusal
  }

  /// How a command ended, once it has.
  func end(of number: UInt64) -> CommandOutcome? {
    told.first { $0.number == number && ($0.result == .completed || $0.result == .abandoned) }
  }

  func cancel(_ intent: IntentIdentifier) {
    var message = blank(.cancel)
    message.intent = intent
    push(message)
  }

  func cancelAll(strategy: UInt8 = 1, of instrument: Int = 0) {
    var message = blank(.cancelAll, of: instrument)
    message.strategy = strategy
    push(message)
  }

  /// Asks for an order to be cut to that whole quantity.
  func amend(_ intent: IntentIdentifier, to lots: Int64) {
    var message = blank(.amend)
    message.intent = intent
    message.quantity = Quantity(lots: lots)
    push(message)
  }

  private func blank(_ kind: IntentKind, of instrument: Int = 0) -> OrderIntent {
    OrderIntent(
      kind: kind, instrument: InstrumentIndex(UInt16(instrument)), definitionVersion: 1, strategy: 1,
      decisionTimeNs: nowNs,
      marketTimeNs: nowNs, cause: 1, originTsc: 0)
  }

  func push(_ intent: OrderIntent) { precondition(intents.tryPush(intent), "the test overran its ring of intents") }

  func push(_ report: ExecutionReport) {
    precondition(reports.tryPush(report), "the test overran its ring of reports")
    if tellsBalances, report.kind == .fill, toldTrades.insert(report.trade).inserted { tellBalances(after: report) }
  }

  private func tellBalances(after fill: ExecutionReport) {
    let order = sent.last { $0.clientOrder == fill.clientOrder }
    let instrument = instruments[Int(order?.instrument.rawValue ?? fill.instrument.rawValue)]
    let sign = (order?.side ?? fill.side).sign
    change(instrument.base, by: sign * fill.quantity.lots * 1000)
    change(instrument.quote, by: -sign * fill.quoteAmount.units)
    if fill.amount.units != 0 { change(fill.asset, by: -fill.amount.units) }
  }

  private func change(_ asset: ShortName, by units: Int64) {
    report(balanceOf: asset.text, free: (lastTold[asset.text]?.amount.units ?? 0) + units)
  }

  func report(_ kind: ReportKind, _ order: ClientOrderIdentifier = .none, reason: ReportReason = .none) {
    push(Desk.message(kind, order, reason: reason))
  }

  /// A balance of nothing.
  private static func balance(of asset: String) -> ExecutionReport {
    var report = message(.balance, .none)
    report.asset = ShortName(asset)!
    return report
  }

  func report(balanceOf asset: String, free: Int64, locked: Int64 = 0) {
    var report = Desk.balance(of: asset)
    report.amount = Amount(units: free)
    report.lockedAmount = Amount(units: locked)
    lastTold[asset] = report
    push(report)
  }

  func fill(
    _ order: ApprovedOrderRecord, trade: UInt64, _ lots: Int64, at ticks: Int64? = nil, fee: Int64 = 0,
    feeAsset: String = "USDT"
  ) {
    push(Desk.fill(order.clientOrder, order.side, trade: trade, ticks ?? order.price.ticks, lots, fee, feeAsset))
  }

  /// Takes one step at the present time and drains what came out.
  @discardableResult
  func step() -> Int {
    let work = stage.step(StepInput(nowNs: nowNs, haltEpoch: haltEpoch, flags: flags))
    drain()
    return work
  }

  /// Lets time pass, then steps until there is nothing to do.
  func pass(_ ns: Int64) {
    nowNs += ns
    while step() > 0 {}
  }

  func drain() {
    while let order = orders.receive() { sent.append(order.record) }
    while let amend = amends.receive() { amended.append(amend.record) }
    while let request = emergency.tryPop() {
      asked.append(request)
      urgent.append(request)
    }
    while let request = requests.tryPop() {
      switch request.kind {
      case .queryOpenOrders, .queryTrades, .queryBalances:
        lists.append(request)
        (listing ?? nothing)(request).forEach(push)
      case .cancel, .cancelAll, .queryStatus: asked.append(request)
      }
    }
    while let outcome = outcomes.tryPop() { told.append(outcome) }
    while let update = updates.tryPop() { news.append(update) }
    _ = records.drain { journal.append(Array($0)) }
  }

  private func nothing(_ request: GatewayRequest) -> [ExecutionReport] {
    switch request.kind {
    case .queryOpenOrders: [Desk.end(.openOrdersListed, of: request, 0)]
    case .queryTrades: [Desk.end(.tradesListed, of: request, 0)]
    default:
      Set(instruments.flatMap { [$0.base.text, $0.quote.text] } + lastTold.keys).sorted().map { asset in
        lastTold[asset] ?? Desk.balance(of: asset)
      }
    }
  }

  /// The payloads of one kind of record, written so far or since a place in the journal.
  func records<Payload: BitwiseCopyable>(
    _ type: RecordType, _: Payload.Type, since place: Int = 0
  ) -> [Payload] {
    journal[place...].compactMap { bytes in
      bytes.withUnsafeBytes {
        guard $0.loadUnaligned(fromByteOffset: 4, as: UInt16.self) == type.rawValue else { return nil }
        return $0.loadUnaligned(fromByteOffset: RecordHeader.byteCount, as: Payload.self)
      }
    }
  }

  struct Missing: Error {}
}
