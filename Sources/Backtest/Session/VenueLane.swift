// One venue of a backtest session with everything between it and the bot's stages: connections, wires and gateway.

public import Market
import Pipeline
import Risk
import Simulation
import Venues

/// A venue, the gateway that serves it, and what is under way between the two. Called by the session's scheduler alone,
/// in the order of time.
public final class VenueLane {
  public private(set) var desk: VenueDesk
  private var gateway: SimulatedGateway
  private let decisionNs: Int64
  private let conduct: VenueConduct
  private var link: LinkState
  /// Nil for a venue without limits.
  private var limits: VenueLimits?
  private let recorder: SessionRecorder

  private struct Played {
    var message: MarketMessage
    var instrument: InstrumentIndex
  }

  /// A report on its way, and the number of the request that it answers; 0 for none.
  private struct Told {
    /// Nil for an answer that execution is not told of.
    var report: ExecutionReport?
    var answers: UInt64 = 0
    var rates: RateAnswer?
  }

  /// What a request for a snapshot comes to.
  private enum Snapshot {
    case book(Played)
    /// Not before that time again.
    case refused(InstrumentIndex, untilNs: Int64)
  }

  private var marketData: Wire<Played>
  private var snapshotRequests: Wire<InstrumentIndex>
  private var snapshots: Wire<Snapshot>
  private var requests: Wire<LinkState.Sent>
  private var reports: Wire<Told>
  /// Instruments whose snapshot is asked for, and of which the venue has no book yet.
  private var awaitingBook: [InstrumentIndex] = []
  private var told: [ExecutionReport] = []

  /// - Parameters:
  ///   - startNs: when the order session is up; the account's balances are told at that time.
  ///   - recorder: hears what happens here; the same for all lanes of a session.
  public init(
    _ desk: VenueDesk, gateway: consuming SimulatedGateway, delays: LinkDelays, conduct: VenueConduct,
    recorder: SessionRecorder, startNs: Int64
  ) {
    self.desk = desk
    self.gateway = gateway
    decisionNs = delays.decisionNs
    self.conduct = conduct
    link = LinkState(conduct)
    limits = conduct.limits.map(VenueLimits.init)
    self.recorder = recorder
    marketData = Wire(delays.feed)
    snapshotRequests = Wire(delays.order.ofAnotherConnection)
    snapshots = Wire(delays.response.ofAnotherConnection)
    requests = Wire(delays.order)
    reports = Wire(delays.response)
    connect(startNs)
    // It is up already: this does not travel.
    for report in told { reports.send(Told(report: report), arrivingNs: startNs) }
    told.removeAll(keepingCapacity: true)
  }

  public var venue: VenueIndex { desk.venue }
  /// Nil for a venue without limits.
  public var rateRefusals: RateRefusals? { limits?.refusals }

  /// When something happens here next, if neither the market nor the bot does anything before.
  var nextNs: Int64 {
    let wires = min(marketData.nextNs, min(requests.nextNs, reports.nextNs))
    return min(wires, min(link.nextNs, min(snapshotRequests.nextNs, snapshots.nextNs)))
  }

  /// Whether requests or their answers are under way.
  var isBusy: Bool { !requests.isEmpty || !reports.isEmpty }

  // MARK: At the venue

  /// The market moved before the session began: this only makes the venue's book.
  func prepare(_ message: MarketMessage, of instrument: InstrumentIndex, atNs timeNs: Int64) {
    desk.play(message, instrument, timeNs: timeNs, reports: &told)
  }

  /// The market moves.
  func play(_ message: MarketMessage, of instrument: InstrumentIndex, atNs nowNs: Int64) {
    let message = desk.play(message, instrument, timeNs: nowNs, reports: &told)
    recorder.moved(message, instrument, desk.recordedTouch(instrument), timeNs: nowNs)
    sendReports(nowNs)
    guard link.isFeedUp else { return }
    if case .snapshot = message {
      answerSnapshots(of: instrument, with: message, nowNs)
    } else {
      marketData.send(Played(message: message, instrument: instrument), atNs: nowNs)
    }
  }

  /// Answers what has arrived.
  func answer(byNs nowNs: Int64) {
    while let sent = requests.receive(byNs: nowNs) { arrive(sent, nowNs) }
    while let instrument = snapshotRequests.receive(byNs: nowNs) { answerSnapshot(of: instrument, nowNs) }
  }

  private func arrive(_ sent: LinkState.Sent, _ nowNs: Int64) {
    recorder.arrived(sent.request, timeNs: nowNs)
    let refusal = refusal(of: sent, nowNs)
    if let refusal {
      let report = sent.request.report(.refused, refusal.reason, code: refusal.code, venue: venue, timeNs: nowNs)
      if let report { told.append(report) }
    } else {
      desk.take(sent.request, timeNs: nowNs, reports: &told)
    }
    let rates = limits?.answer(
      refusal?.excess, isPlacement: sent.request.kind == .place, venueNs: conduct.clock.venueNs(nowNs))
    if told.isEmpty, link.areOrdersUp {
      reports.send(Told(report: nil, answers: sent.number, rates: rates), atNs: nowNs)
    }
    sendReports(nowNs, answering: sent.number, rates)
  }

  /// Why the venue turns a request away, with the limit that it exceeds if that is why; nil for one that is carried out.
  private func refusal(
    of sent: LinkState.Sent, _ nowNs: Int64
  ) -> (reason: ReportReason, code: Int32, excess: RateRefusal?)? {
    let venueNs = conduct.clock.venueNs(nowNs)
    if let excess = limits?.refusal(weight: sent.request.kind.weight, venueNs: venueNs) {
      return (.rateLimited, excess.code, excess)
    }
    if let refusal = conduct.refusal(sentNs: sent.sentNs, arrivalNs: nowNs) {
      return (refusal.reason, refusal.code, nil)
    }
    if sent.request.kind == .place, let excess = limits?.refusalOfOrder(venueNs: venueNs) {
      return (.rateLimited, excess.code, excess)
    }
    return nil
  }

  /// Puts on the wire what the venue has to say; nobody hears it while the order session is down.
  ///
  /// - Parameters:
  ///   - number: the request that is answered; 0 for none.
  ///   - rates: what stands beside its answer.
  private func sendReports(_ nowNs: Int64, answering number: UInt64 = 0, _ rates: RateAnswer? = nil) {
    for report in told {
      recorder.happened(report, feeTier: desk.feeTier(of: report), timeNs: nowNs)
      limits?.told(report, venueNs: conduct.clock.venueNs(nowNs))
      if link.areOrdersUp { reports.send(Told(report: report, answers: number, rates: rates), atNs: nowNs) }
    }
    told.removeAll(keepingCapacity: true)
  }

  /// The recorded snapshot answers everybody who asked before there was a book; later ones get the venue's own book.
  private func answerSnapshots(of instrument: InstrumentIndex, with message: MarketMessage, _ nowNs: Int64) {
    guard awaitingBook.contains(instrument) else { return }
    awaitingBook.removeAll { $0 == instrument }
    snapshots.send(.book(Played(message: message, instrument: instrument)), atNs: nowNs)
  }

  private func answerSnapshot(of instrument: InstrumentIndex, _ nowNs: Int64) {
    let venueNs = conduct.clock.venueNs(nowNs)
    if let refusal = limits?.refusal(weight: BinanceLimits.snapshotWeight, venueNs: venueNs) {
      // The answer of a REST request names a delay, not a time.
      let waitNs = max(0, refusal.retryAfterMs * 1_000_000 - venueNs)
      return snapshots.send(.refused(instrument, untilNs: nowNs + waitNs), atNs: nowNs)
    }
    guard let book = desk.market(instrument).snapshot else { return awaitingBook.append(instrument) }
    snapshots.send(.book(Played(message: book, instrument: instrument)), atNs: nowNs)
  }

  // MARK: At the bot

  /// Asks for a snapshot of a book.
  func requestSnapshot(of instrument: InstrumentIndex, atNs nowNs: Int64) {
    snapshotRequests.send(instrument, atNs: nowNs)
  }

  /// Publishes the market data that has arrived and finds room.
  func deliver(to feed: inout SimulatedFeed, nowNs: Int64) {
    while let played = marketData.peek(byNs: nowNs), feed.take(played.message, of: played.instrument, nowNs: nowNs) {
      _ = marketData.receive(byNs: nowNs)
    }
    while let snapshot = snapshots.peek(byNs: nowNs) {
      switch snapshot {
      case .book(let played):
        guard feed.take(played.message, of: played.instrument, nowNs: nowNs) else { return }
      case .refused(let instrument, let untilNs): feed.refused(instrument, untilNs: untilNs, nowNs: nowNs)
      }
      _ = snapshots.receive(byNs: nowNs)
    }
  }

  /// Hands the reports that have arrived to execution, as far as there is room.
  func deliverReports(nowNs: Int64) {
    while let heard = reports.peek(byNs: nowNs) {
      if var report = heard.report {
        report.receiveTimeNs = nowNs
        guard gateway.deliver(report) else { break }
        recorder.heard(report, timeNs: nowNs)
      }
      if heard.answers > 0, let sent = link.answered(heard.answers) { gateway.settle(sent, heard.rates, nowNs: nowNs) }
      _ = reports.receive(byNs: nowNs)
    }
  }

  /// Puts on the wire what execution has sent.
  ///
  /// - Returns: how much that was.
  func dispatch(nowNs: Int64, haltEpoch: UInt32) -> Int {
    var count = 0
    let departureNs = nowNs + decisionNs
    while let (request, isEmergency) = gateway.takeRequest() {
      count += 1
      recorder.asked(request, timeNs: nowNs)
      if let refusal = gateway.refusal(
        of: request, isEmergency: isEmergency, isUp: link.areOrdersUp, departureNs: departureNs)
      {
        fail(.request(request), .notSent, refusal, nowNs)
      } else {
        send(.request(request), atNs: departureNs)
      }
    }
    while let order = gateway.takeOrder() {
      if order.action == .place { recorder.placed(order, timeNs: nowNs) }
      if let refusal = gateway.refuse(
        order, isUp: link.areOrdersUp, nowNs: nowNs, departureNs: departureNs, haltEpoch: haltEpoch)
      {
        recorder.happened(refusal, timeNs: nowNs)
      } else {
        send(.order(order), atNs: departureNs)
      }
      count += 1
    }
    return count
  }

  private func send(_ request: VenueRequest, atNs departureNs: Int64) {
    gateway.sent(request, departureNs: departureNs)
    requests.send(link.send(request, atNs: departureNs), atNs: departureNs)
  }

  // MARK: Connections

  /// Takes down and brings back the connections whose time has come.
  func passEdges(nowNs: Int64, feed: inout SimulatedFeed) {
    while let edge = link.takeEdge(byNs: nowNs) { pass(edge, nowNs, &feed) }
  }

  private func pass(_ edge: LinkState.Edge, _ nowNs: Int64, _ feed: inout SimulatedFeed) {
    switch edge {
    case .feedDown(let backNs):
      marketData.cut()
      snapshotRequests.cut()
      snapshots.cut()
      awaitingBook.removeAll()
      feed.disconnect(venue, nowNs: nowNs, backNs: backNs)
    case .feedUp: break  // the streams ask for their snapshots at this time
    case .ordersDown:
      requests.cut()
      reports.cut()
      for lost in link.takeLost() {
        gateway.settle(lost, nil, nowNs: nowNs)
        fail(lost.request, .lost, .noSession, nowNs)
      }
      tellGateway(ExecutionReport(kind: .sessionDown, venue: venue, receiveTimeNs: nowNs, cause: 0), nowNs)
    case .ordersUp:
      connect(nowNs)
      sendReports(nowNs)
    }
  }

  /// Connects the order session. A gateway whose session is up is told the account, then the news; where the venue's limits
  /// do not let it come up, it is tried again when the venue says.
  private func connect(_ nowNs: Int64) {
    let venueNs = conduct.clock.venueNs(nowNs)
    if let excess = limits?.refusal(weight: SimulatedGateway.connectingWeight, venueNs: venueNs) {
      return link.holdOrders(untilNs: nowNs + max(1, excess.retryAfterMs * 1_000_000 - venueNs))
    }
    if let limits { gateway.connected(limits.definitions, nowNs: nowNs) }
    desk.tellBalances(cause: 0, timeNs: nowNs, reports: &told)
    told.append(ExecutionReport(kind: .sessionUp, venue: venue, receiveTimeNs: nowNs, cause: 0))
  }

  /// Tells execution, without a way, of a request that came to nothing.
  private func fail(_ request: VenueRequest, _ failure: RequestFailure, _ reason: ReportReason, _ nowNs: Int64) {
    guard let report = request.report(failure, reason, venue: venue, timeNs: nowNs) else { return }
    tellGateway(report, nowNs)
  }

  private func tellGateway(_ report: ExecutionReport, _ nowNs: Int64) {
    recorder.happened(report, timeNs: nowNs)
    reports.send(Told(report: report), arrivingNs: nowNs)
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
