// A session from a configuration file, from start to end: state directory, venue, stages, table, orderly stop.

import CShims
import Control
import Foundation
import Journal
import Market
import Pipeline
import Strategy
import Venues

/// Runs one session. One thread: the command's.
final class Run {
  private let configuration: Configuration
  private let mode: TradingMode
  private let destination: Destination
  private let host = HostFacts.current()
  private let state: StateDirectory

  /// How long working orders may take to be cancelled at the end before the process ends without waiting on.
  private static let drainSeconds = 10.0
  /// Between two looks at the counters.
  private static let tickMicroseconds: UInt32 = 50_000

  /// Reads the configuration; everything that can be wrong in it is found before anything is made or started.
  init(configurationFile file: String) throws {
    configuration = try Configuration(file: file)
    let trading = try configuration.trading(file: file)
    mode = trading.mode
    destination =
      switch trading {
      case .account(_, let account): .account(account)
      case .paper(let settings): .paper(settings, try PaperLatency(settings))
      }
    let problems = try configuration.affinity().problems(stages: StageNumber.placed, host: host)
    guard problems.isEmpty else { throw SessionError(problems.map(\.description).joined(separator: "\n")) }
    state = StateDirectory(path: configuration.journal.directory)
  }

  /// - Returns: the session's figures at its end.
  func run() throws -> RunReport {
    let interrupt = InterruptFlag()
    let epoch = try BootEpoch(stateDirectory: state.path)
    let venue = try VenueEndpoint(configuration.venue, mode, configuration.tls).feeding(configuration, mode)
    let last = try LastSession(state, before: epoch.value)
    for line in last?.report ?? [] { Terminal.note(line) }
    let instruments = try venue.instruments(
      configuration.instruments, allowing: configuration.orders.selfTradePrevention)
    let plan = try SessionPlan(
      configuration, instruments: instruments, bootEpoch: epoch.value, strategies: Apus.strategies,
      start: try last?.start(mode, instruments: instruments)
        ?? SessionStart(mode: mode, lastEnd: .none, account: nil))
    if configuration.isRehearsed, let problem = Rehearsal.run(configuration, interrupt: interrupt) {
      Terminal.note(problem)
    }
    let shared = SharedMemory(folder: configuration.memory.sharedFolder)
    let counters = try CounterFile(path: state.counterFile, in: shared)
    let words = try ControlWordsFile(creating: state.controlWordsFile, in: shared).words
    let haltSignal = HaltSignal(words)
    defer { withExtendedLifetime(haltSignal) {} }
    let folder = state.session(epoch.value)
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let clock = try Clock(configuration.venue, venue)
    let orders = try openOrderEntry(instruments, venue, clock, counters, folder)
    let session = try LiveSession(
      plan,
      SessionEdges(
        endpoint: orders.endpoint, key: orders.key, clock: clock, control: words, counters: counters,
        journalDirectory: folder.journalDirectory, ringDirectory: folder.ringDirectory, shared: shared,
        socketPath: configuration.controlSocket, roles: try configuration.control.roles()), on: host)
    for remark in session.remarks { Terminal.note(remark) }

    if let paper = orders.paper { try awaitMarket(paper, counters, interrupt) }
    try session.start()
    try watch(session, counters, orders.paper, interrupt)
    try drain(session, counters)
    try session.end()
    try SharedMemory.settle(state.counterFile)
    try SharedMemory.settle(state.controlWordsFile, mode: 0o600)
    let figures = try counters.reader().counters()
    let summary = try orders.paper.map { PaperSummary(session, figures, $0, try $0.close()) }
    if let summary { print(summary.text) }
    return RunReport(session: try SessionReport(counters.reader()), paper: summary)
  }

  /// Where orders are to go, by the configuration.
  private enum Destination {
    case account(AccountSettings)
    case paper(PaperSettings, PaperLatency)
  }

  /// Where orders go.
  private struct OrderEntry {
    var endpoint: VenueEndpoint
    var key: AccountKey
    /// Nil: the venue itself.
    var paper: PaperVenue?
  }

  private func openOrderEntry(
    _ instruments: [Instrument], _ venue: VenueEndpoint, _ clock: Clock, _ counters: CounterFile,
    _ folder: SessionFolder
  ) throws -> OrderEntry {
    switch destination {
    case .account(let account):
      return OrderEntry(endpoint: venue, key: try AccountKey(account, configuration.orders.authentication))
    case .paper(let settings, let latency):
      // The paper venue's threads inherit the CPU of this one: the journal's, off the hot ones.
      if let cold = configuration.workers.first(where: { $0.stages.contains(StageNumber.journalName) }) {
        _ = apus_pin_this_thread(Int32(cold.cpu))
      }
      let paper = try PaperVenue(
        settings, latency, configuration.orders.authentication, instruments: instruments, real: venue, clock: clock,
        counters: counters, folder: folder)
      Terminal.note("PAPER: no order leaves this machine; " + paper.latency.text)
      return OrderEntry(endpoint: paper.endpoint, key: paper.key, paper: paper)
    }
  }

  /// Waits until the paper venue has every market: it refuses orders for one that it does not see, and refusals pause an
  /// instrument.
  private func awaitMarket(_ paper: PaperVenue, _ counters: CounterFile, _ interrupt: InterruptFlag) throws {
    while !interrupt.isSet, try counters.reader().counters()["paper.suspended"] ?? 0 > 0 {
      if let problem = paper.problem { throw SessionError("the market cannot be followed: \(problem)") }
      usleep(Self.tickMicroseconds)
    }
  }

  /// Shows the session until it is to end.
  private func watch(
    _ session: LiveSession, _ counters: CounterFile, _ paper: PaperVenue?, _ interrupt: InterruptFlag
  ) throws {
    var news = SessionNews()
    let table = LiveTable(counters.reader(), session.plan.instruments, title: paper == nil ? nil : "PAPER")
    defer { table.finish() }
    while !interrupt.isSet && !session.isStopping {
      usleep(Self.tickMicroseconds)  // paces the table; nothing waits for it
      if let line = news.line(SessionStatus.read(counters.reader(), session.plan)) { table.note(line) }
      if let problem = paper?.problem { return table.note("the market cannot be followed any more: \(problem)") }
      try table.show()
    }
  }

  /// Ends trading and waits until nothing is open, or the venue has had its time to answer.
  private func drain(_ session: LiveSession, _ counters: CounterFile) throws {
    session.beginStop()
    let deadline = ContinuousClock.now + .seconds(Self.drainSeconds)
    var open: Int64
    repeat {
      usleep(Self.tickMicroseconds)
      open = try counters.reader().counters()["execution.orders.open"] ?? 0
    } while open > 0 && ContinuousClock.now < deadline
    if open > 0 { Terminal.note("\(open) orders are not confirmed as cancelled: look at the venue") }
  }
}

/// What a session trades with.
enum TradingSettings {
  case account(TradingMode, AccountSettings)
  case paper(PaperSettings)

  var mode: TradingMode {
    switch self {
    case .account(let mode, _): mode
    case .paper: .paper
    }
  }
}

extension Configuration {
  /// What only a session with an account needs, complete and in keeping with its mode.
  func trading(file: String) throws -> TradingSettings {
    func fail(_ path: String, _ reason: String) -> ConfigurationError {
      ConfigurationError(file: file, line: 0, path: path, reason: reason)
    }
    guard let mode else { throw fail("mode", "is missing: one of shadow, paper, testnet, live is expected") }
    if mode == .live, venue.clock != .system {
      throw fail("venue.clock", "a live session stands on the machine's own clock (clock: system)")
    }
    if feed.encoding == .sbe, feedKeyFile == nil {
      throw fail("feed.apiKeyFile", "is missing: SBE streams want an Ed25519 key, which the account's is not here")
    }
    if mode == .paper {
      guard let paper else { throw fail("paper", "is missing: balances, fees and latency of the paper venue") }
      return .paper(paper)
    }
    guard let account else { throw fail("account", "is missing: apus run trades an account") }
    return .account(mode, account)
  }
}

extension Configuration {
  /// Where the name of the key stands that SBE streams are asked for with: the feed's own, or the account's, unless it is
  /// an HMAC key or of another venue than the market.
  fileprivate var feedKeyFile: String? {
    feed.apiKeyFile ?? (mode == .paper || orders.authentication == .hmac ? nil : account?.apiKeyFile)
  }
}

extension VenueEndpoint {
  /// The same venue with the market streams that the feed is configured for.
  fileprivate func feeding(_ configuration: Configuration, _ mode: TradingMode) throws -> VenueEndpoint {
    guard configuration.feed.encoding == .sbe, let file = configuration.feedKeyFile else { return self }
    let address = configuration.venue.sbeStreams ?? BinanceAddresses.services(mode).sbeStreams
    return try sendingSBE(from: VenueService(address), apiKey: AccountKey.name(file))
  }

  /// The configured addresses, or the venue's own.
  init(_ settings: VenueSettings, _ mode: TradingMode, _ tls: TLSSettings) throws {
    let standard = BinanceAddresses.services(mode)
    try self.init(
      streams: VenueService(settings.streams ?? standard.streams), rest: VenueService(settings.rest ?? standard.rest),
      orders: VenueService(settings.orders ?? standard.orders), trustFile: settings.trustFile, speed: settings.speed,
      records: tls.records)
  }
}

extension Clock {
  /// The clock that a session on this venue stands on.
  init(_ settings: VenueSettings, _ endpoint: VenueEndpoint) throws {
    switch settings.clock {
    case .system: try self.init()
    case .venue: try self.init(originNs: try endpoint.timeNs(), speed: settings.speed)
    }
  }
}

extension AccountKey {
  init(_ settings: AccountSettings, _ authentication: OrderSettings.Authentication) throws {
    self.init(
      name: try Self.name(settings.apiKeyFile), kind: authentication == .hmac ? .hmac : .ed25519,
      secretFile: settings.secretFile)
  }

  /// The name that stands in a file.
  fileprivate static func name(_ file: String) throws -> String {
    guard let name = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw SessionError("\(file): the API key cannot be read")
    }
    return name.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
