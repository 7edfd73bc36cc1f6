// The scheduler of a backtest: the live stages against the simulated venue, in event time, in one thread, without a clock.

public import Execution
public import Market
public import Pipeline
import Risk
public import Simulation

/// What a session is put together from.
public struct BacktestParts: ~Copyable {
  var strategy: any SteppedStrategy
  var execution: ExecutionStage
  var feed: SimulatedFeed
  var gateway: SimulatedGateway
  var digest: DecisionDigest
  var venue: VenueDesk
  var delays: LinkDelays
  var conduct: VenueConduct
  var counters: CounterFile
  var recorder: ResultRecorder

  /// - Parameter counters: what the stages count in; kept as long as they.
  public init(
    strategy: any SteppedStrategy, execution: consuming ExecutionStage, feed: consuming SimulatedFeed,
    gateway: consuming SimulatedGateway, digest: consuming DecisionDigest, venue: VenueDesk, delays: LinkDelays,
    conduct: VenueConduct, counters: CounterFile, recorder: ResultRecorder
  ) {
    self.strategy = strategy
    self.execution = execution
    self.feed = feed
    self.gateway = gateway
    self.digest = digest
    self.venue = venue
    self.delays = delays
    self.conduct = conduct
    self.counters = counters
    self.recorder = recorder
  }
}

/// One session of the bot on a market that is played into it, message by message.
///
/// Time passes from one thing that happens to the next. What happens at the same time has one order: the market's
/// messages at the venue, requests that arrive there, market data that arrives at the bot, then reports, then timers; the
/// stages run until none of them has anything to do, as a worker polls them. Latencies come on top of the recorded times,
/// which stand for the venue's own; on each wire messages keep their order.
public final class BacktestSession {
  private let strategy: any SteppedStrategy
  private var execution: ExecutionStage
  private var feed: SimulatedFeed
  private var gateway: SimulatedGateway
  private var digest: DecisionDigest
  public private(set) var venue: VenueDesk
  private let decisionNs: Int64
  private let conduct: VenueConduct
  private var link: LinkState
  /// What the stages count in, for as long as they live.
  private let counters: CounterFile
  /// Nil once the result is made.
  private var recorder: SessionRecorder?

  private struct Played {
    var message: MarketMessage
    var instrument: InstrumentIndex
  }

  /// A report on its way, and the number of the request that it answers; 0 for none.
  private struct Told {
    var report: ExecutionReport
    var answers: UInt64
  }

  private var marketData: Wire<Played>
  private var snapshotRequests: Wire<InstrumentIndex>
  private var snapshots: Wire<Played>
  private var requests: Wire<LinkState.Sent>
  private var reports: Wire<Told>
  /// Instruments whose snapshot is asked for, and of which the venue has no book yet.
  private var awaitingBook: [InstrumentIndex] = []
  private var told: [ExecutionReport] = []

  private let startNs: Int64
  public private(set) var nowNs: Int64
  private var isStopping = false
  /// Turns of the stages so far.
  public private(set) var turns = 0
  private var turnsAtOnce = 0

  /// Nobody commands a halt in a backtest: the word stands as it was at the start.
  private static var haltEpoch: UInt32 { 0 }
  /// Rounds and turns at one time after which the stages are taken for stuck.
  private static var roundLimit: Int { 100_000 }
  /// How long open orders may take to be cancelled at the end, in simulated time.
  private static var drainNs: Int64 { 30_000_000_000 }

  /// - Parameter startNs: when the order session is up; the account's balances are told at that time.
  public init(_ parts: consuming BacktestParts, startNs: Int64) {
    strategy = parts.strategy
    execution = parts.execution
    feed = parts.feed
    gateway = parts.gateway
    digest = parts.digest
    venue = parts.venue
    decisionNs = parts.delays.decisionNs
    conduct = parts.conduct
    link = LinkState(parts.conduct)
    counters = parts.counters
    marketData = Wire(parts.delays.feed)
    snapshotRequests = Wire(parts.delays.order.ofAnotherConnection)
    snapshots = Wire(parts.delays.response.ofAnotherConnection)
    requests = Wire(parts.delays.order)
    reports = Wire(parts.delays.response)
    recorder = SessionRecorder(parts.recorder)
    self.startNs = startNs
    nowNs = startNs
    tellSessionUp()
    // It is up already: this does not travel.
    for report in told { reports.send(Told(report: report, answers: 0), arrivingNs: startNs) }
    told.removeAll(keepingCapacity: true)
  }

  public var feedCounters: SimulatedFeed.Counters { feed.counters }
  /// Everything that strategy and execution decided and wrote, as a number and a count.
  public var decisions: (digest: UInt64, records: Int) { (digest.value, digest.records) }

  /// Plays one message of the market; everything that is due before it happens first. What lies before the session's
  /// start only makes the venue's book.
  ///
  /// - Precondition: times do not go back.
  /// - Throws: `BacktestError` when the stages do not come to rest.
  public func play(_ message: MarketMessage, of instrument: InstrumentIndex, atNs timeNs: Int64) throws(BacktestError) {
    guard timeNs >= startNs else {
      venue.play(message, instrument, timeNs: timeNs, reports: &told)
      return
    }
    precondition(timeNs >= nowNs, "the market is played in order")
    try advance(beforeNs: timeNs)
    nowNs = timeNs
    let message = venue.play(message, instrument, timeNs: timeNs, reports: &told)
    recorder?.moved(message, instrument, venue.engine.recordedTouch(instrument), timeNs: timeNs)
    sendReports()
    guard link.isFeedUp else { return }
    if case .snapshot = message {
      answerSnapshots(of: instrument, with: message)
    } else {
      marketData.send(Played(message: message, instrument: instrument), atNs: timeNs)
    }
  }

  /// Makes the result as of that time, then ends the session in order: nothing new is placed, what is open is cancelled,
  /// and the venue's last word is heard, while the market stands still.
  ///
  /// - Returns: what the session came to. Nothing may be played after it.
  public func finish(atNs endNs: Int64) throws(BacktestError) -> BacktestResult {
    guard let recording = recorder else { preconditionFailure("a session is finished once") }
    try advance(beforeNs: endNs + 1)
    recorder = nil
    recording.recorder.refusals = execution.refusals
    let result = recording.recorder.end(timeNs: endNs)
    isStopping = true
    try turn(endNs)
    let limitNs = endNs + Self.drainNs
    while execution.openOrders > 0 || !requests.isEmpty || !reports.isEmpty, nextNs < limitNs { try turn(nextNs) }
    return result
  }

  /// When something happens next, if the market brings nothing before.
  private var nextNs: Int64 {
    let wires = min(marketData.nextNs, min(requests.nextNs, reports.nextNs))
    let books = min(feed.nextRequestNs, min(snapshotRequests.nextNs, snapshots.nextNs))
    return max(nowNs, min(min(wires, books, link.nextNs), min(strategy.nextTimerNs, execution.nextTimerNs)))
  }

  private func advance(beforeNs limitNs: Int64) throws(BacktestError) {
    while case let next = nextNs, next < limitNs { try turn(next) }
  }

  /// What happens at one time; what follows from it at once has the next turn, at the same time.
  private func turn(_ timeNs: Int64) throws(BacktestError) {
    turnsAtOnce = timeNs == nowNs ? turnsAtOnce + 1 : 0
    guard turnsAtOnce < Self.roundLimit else { throw stuck() }
    nowNs = timeNs
    turns += 1
    while let edge = link.takeEdge(byNs: timeNs) { pass(edge) }
    while let sent = requests.receive(byNs: timeNs) { arrive(sent) }
    while let instrument = snapshotRequests.receive(byNs: timeNs) { answerSnapshot(of: instrument) }
    deliver()
    try settle()
  }

  /// Puts on the bot's rings what has arrived and finds room.
  private func deliver() {
    while let played = marketData.peek(byNs: nowNs), feed.take(played.message, of: played.instrument, nowNs: nowNs) {
      _ = marketData.receive(byNs: nowNs)
    }
    while let played = snapshots.peek(byNs: nowNs), feed.take(played.message, of: played.instrument, nowNs: nowNs) {
      _ = snapshots.receive(byNs: nowNs)
    }
    while var heard = reports.peek(byNs: nowNs) {
      heard.report.receiveTimeNs = nowNs
      guard gateway.deliver(heard.report) else { break }
      recorder?.heard(heard.report, timeNs: nowNs)
      if heard.answers > 0 { link.answered(heard.answers) }
      _ = reports.receive(byNs: nowNs)
    }
    while let instrument = feed.takeRequest(nowNs: nowNs) {
      snapshotRequests.send(instrument, atNs: nowNs)
    }
  }

  /// Lets the stages run until none of them has anything to do. What found no room has its turn after that.
  private func settle() throws(BacktestError) {
    let input = StepInput(nowNs: nowNs, haltEpoch: Self.haltEpoch, flags: isStopping ? .stopping : [])
    for _ in 0..<Self.roundLimit {
      let work = strategy.step(input) + execution.step(input) + dispatch() + feed.takeFaults(nowNs: nowNs)
      digest.drain()
      if work == 0 { return }
    }
    throw stuck()
  }

  private func stuck() -> BacktestError { BacktestError("the stages do not come to rest at \(nowNs) ns") }

  /// Puts on the wire what execution has sent.
  private func dispatch() -> Int {
    var count = 0
    let departureNs = nowNs + decisionNs
    while let request = gateway.takeRequest() {
      count += 1
      recorder?.asked(request, timeNs: nowNs)
      guard link.areOrdersUp else {
        fail(.request(request), .notSent, .noSession)
        continue
      }
      requests.send(link.send(.request(request), atNs: departureNs), atNs: departureNs)
    }
    while let order = gateway.takeOrder() {
      if order.action == .place { recorder?.placed(order, timeNs: nowNs) }
      if let refusal = gateway.refuse(
        order, isUp: link.areOrdersUp, nowNs: nowNs, departureNs: departureNs, haltEpoch: Self.haltEpoch)
      {
        recorder?.happened(refusal, timeNs: nowNs)
      } else {
        requests.send(link.send(.order(order), atNs: departureNs), atNs: departureNs)
      }
      count += 1
    }
    return count
  }

  /// Puts on the wire what the venue has to say; nobody hears it while the order session is down.
  ///
  /// - Parameter number: the request that is answered; 0 for none.
  private func sendReports(answering number: UInt64 = 0) {
    for report in told {
      recorder?.happened(report, feeTier: venue.feeTier(of: report), timeNs: nowNs)
      if link.areOrdersUp { reports.send(Told(report: report, answers: number), atNs: nowNs) }
    }
    told.removeAll(keepingCapacity: true)
  }

  // MARK: Connections

  /// A request reaches the venue.
  private func arrive(_ sent: LinkState.Sent) {
    recorder?.arrived(sent.request, timeNs: nowNs)
    if let refusal = conduct.refusal(sentNs: sent.sentNs, arrivalNs: nowNs) {
      let report = sent.request.report(
        .refused, refusal.reason, code: refusal.code, venue: VenueIndex(0), timeNs: nowNs)
      if let report { told.append(report) }
    } else {
      venue.take(sent.request, timeNs: nowNs, reports: &told)
    }
    if told.isEmpty { link.answered(sent.number) }
    sendReports(answering: sent.number)
  }

  private func pass(_ edge: LinkState.Edge) {
    switch edge {
    case .feedDown(let backNs):
      marketData.cut()
      snapshotRequests.cut()
      snapshots.cut()
      awaitingBook.removeAll()
      feed.disconnect(nowNs: nowNs, backNs: backNs)
    case .feedUp: break  // the streams ask for their snapshots at this time
    case .ordersDown:
      requests.cut()
      reports.cut()
      for request in link.takeLost() { fail(request, .lost, .noSession) }
      tellGateway(ExecutionReport(kind: .sessionDown, venue: VenueIndex(0), receiveTimeNs: nowNs, cause: 0))
    case .ordersUp:
      tellSessionUp()
      sendReports()
    }
  }

  /// What a gateway is told when its session is up: the account, then the news.
  private func tellSessionUp() {
    venue.tellBalances(cause: 0, timeNs: nowNs, reports: &told)
    told.append(ExecutionReport(kind: .sessionUp, venue: VenueIndex(0), receiveTimeNs: nowNs, cause: 0))
  }

  /// Tells execution, without a way, of a request that came to nothing.
  private func fail(_ request: VenueRequest, _ failure: RequestFailure, _ reason: ReportReason) {
    guard let report = request.report(failure, reason, venue: VenueIndex(0), timeNs: nowNs) else { return }
    tellGateway(report)
  }

  private func tellGateway(_ report: ExecutionReport) {
    recorder?.happened(report, timeNs: nowNs)
    reports.send(Told(report: report, answers: 0), arrivingNs: nowNs)
  }

  // MARK: Snapshots

  /// The recorded snapshot answers everybody who asked before there was a book; later ones get the venue's own book.
  private func answerSnapshots(of instrument: InstrumentIndex, with message: MarketMessage) {
    guard awaitingBook.contains(instrument) else { return }
    awaitingBook.removeAll { $0 == instrument }
    snapshots.send(Played(message: message, instrument: instrument), atNs: nowNs)
  }

  private func answerSnapshot(of instrument: InstrumentIndex) {
    guard let book = venue.engine.markets[Int(instrument.rawValue)].snapshot else {
      return awaitingBook.append(instrument)
    }
    snapshots.send(Played(message: book, instrument: instrument), atNs: nowNs)
  }
}

extension RecordedMarket {
  /// The levels of each side in the largest answer (web-socket-api.md, "Order book").
  private static let levelsPerSide = 5_000

  /// The book as a depth request is answered, best levels first; nil before the market's own snapshot.
  fileprivate var snapshot: MarketMessage? {
    guard let depthUpdateId else { return nil }
    func best(_ levels: [DisplayedLevel]) -> [PriceQuantity] {
      levels.suffix(Self.levelsPerSide).reversed().map { PriceQuantity(price: $0.price, quantity: $0.displayed) }
    }
    return .snapshot(bids: best(depth.bids), asks: best(depth.asks), updateId: depthUpdateId)
  }
}

/// Why a backtest cannot go on.
public struct BacktestError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
