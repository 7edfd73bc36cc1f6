// A recorded session's requests through the simulated venue, compared order by order with what really became of them.

import Backtest
import Foundation
import Journal
import Market
import Risk
import Simulation
import VenueFront

/// Where the market of a comparison comes from, and with it the clock on which requests are placed in it.
enum ParityMarket {
  /// What the session's feed received, by its receive stamps; a request stands where its answer was received, which had
  /// the same way from the venue.
  case frames(RecordedFrames)
  /// What the local venue played; a request stands where the venue stamped its answer. That is exact: the venue plays in
  /// steps of the microseconds that it stamps, and takes a request behind everything that is due up to its stamp.
  case played(BacktestMarket)

  mutating func next() throws -> PlayedMessage? {
    switch self {
    case .frames(var frames):
      defer { self = .frames(frames) }
      return try frames.next()
    case .played(var market):
      defer { self = .played(market) }
      guard var message = try market.next() else { return nil }
      message.timeNs = TimeUnit.microsecond.roundedUp(message.timeNs)
      return message
    }
  }

  /// The requests in the order in which they were matched, with when that was. Those of one time keep the order in which
  /// they were sent; one without a stamp of the venue is never before the one sent before it.
  func place(_ requests: [RecordedRequest]) -> [(request: RecordedRequest, timeNs: Int64)] {
    var lastNs = Int64.min
    let placed = requests.map { request in
      switch self {
      case .frames: lastNs = max(lastNs, request.answerNs)
      case .played: lastNs = request.venueNs ?? max(lastNs, request.answerNs)
      }
      return (request: request, timeNs: lastNs)
    }
    return placed.sorted { $0.timeNs < $1.timeNs }  // stable
  }
}

/// Replays a session's requests on its market, in the order that the recorded stamps tell.
package struct ParityRun {
  private let session: RecordedSession
  private var market: ParityMarket
  private var desk: VenueDesk

  /// - Parameters:
  ///   - journal: the folder of the session's journal.
  ///   - settings: the market that the session's local venue played, and its fees; nil: the market as the feed received
  ///     it, and 0.1 % for everybody.
  /// - Throws: when the market is not the one that the journal names.
  package init(journal: String, _ settings: BacktestSettings?) throws {
    session = try RecordedSession(directory: journal)
    let instruments = session.header.instruments
    if let settings {
      market = .played(try Self.market(settings, session.header))
    } else {
      market = .frames(try RecordedFrames(directory: journal))
    }
    let balances = session.balances.map { AssetBalance(asset: $0.asset, free: $0.free, locked: $0.locked) }
    guard
      let engine = MatchingEngine(
        instruments: instruments, balances: balances,
        models: MatchingModels(fees: settings?.venues[0].fees ?? FeeTerms()))
    else { throw SessionError("an instrument of the session is not spot, or its tick or lot is finer than 10^-8") }
    desk = VenueDesk(engine: engine)
  }

  /// The market that the section names, when it is the journal's. A synthetic one has no identity in the journal: of
  /// another seed every order differs.
  private static func market(_ settings: BacktestSettings, _ header: SessionHeader) throws -> BacktestMarket {
    guard settings.venues.count == 1 else {
      throw SessionError("backtest.venues: a session has one venue; the section that it is compared with has one, too")
    }
    var files: [String] = []
    switch settings.venues[0].input {
    case .captures(let paths): files = paths
    case .synthetic: break
    case .tapes:
      throw SessionError(
        "backtest: a session's market is compared by what its venue played: `captures` or `synthetic`")
    }
    let played = try files.map {
      CaptureIdentity(name: ($0 as NSString).lastPathComponent, digest: try Digest.of(file: $0))
    }
    guard played == header.captures else {
      let names = header.captures.isEmpty ? "no recording" : header.captures.map(\.name).joined(separator: ", ")
      throw SessionError("backtest: the journal names \(names) as its market, to the byte; the section names another")
    }
    return files.isEmpty
      ? try BacktestMarket(settings, instruments: header.instruments)
      : try BacktestMarket(recordings: files, instruments: header.instruments)
  }

  package mutating func run() throws -> ParityReport {
    var orders = OrderParities()
    for fill in session.fills { orders.add(recorded: fill) }
    var reports: [ExecutionReport] = []
    var waiting = market.place(session.requests)[...]
    while let played = try market.next() {
      while let (request, timeNs) = waiting.first, timeNs < played.timeNs {
        take(request, atNs: timeNs, &orders, &reports)
        waiting.removeFirst()
      }
      desk.play(played.message, played.instrument, timeNs: played.timeNs, reports: &reports)
      orders.add(simulated: &reports)
    }
    for (request, timeNs) in waiting { take(request, atNs: timeNs, &orders, &reports) }
    return ParityReport(
      orders: orders.all, refused: session.refusedOrders, instruments: session.header.instruments)
  }

  private mutating func take(
    _ next: RecordedRequest, atNs timeNs: Int64, _ orders: inout OrderParities, _ reports: inout [ExecutionReport]
  ) {
    desk.take(next.request, timeNs: timeNs, reports: &reports)
    if case .order(let terms) = next.request, terms.action == .place {
      orders.add(terms, sentNs: next.sentNs, arrivalNs: timeNs, answeredNs: next.answeredNs)
      if let order = desk.order(named: terms.clientOrder) { orders.queue(order.queueAhead, of: terms.clientOrder) }
    }
    orders.add(simulated: &reports)
  }
}
