// A demo from start to end: venue process, session, table, orderly stop, verified replay, summary.

import CShims
import Execution
import Foundation
import Journal
import Market
import Pipeline
import Venues

struct DemoOptions {
  var market: DemoMarket
  var seed: UInt64
  var speed: Double
  var seconds: Double?
  var withheldDiff: Int?
  var configurationFile: String?
  var keep: String?
}

final class Demo {
  private let options: DemoOptions
  private let configuration: Configuration
  private let folder: DemoFolder
  private let host = HostFacts.current()
  private var cpus: [Int] { host.allowedCpus }

  /// How long the venue may take to read its captures.
  private static let startSeconds = 300.0
  /// How long working orders may take to be cancelled, in real time, before the demo ends without waiting on.
  private static let drainSeconds = 10.0
  /// Between two looks at the counters.
  private static let tickMicroseconds: UInt32 = 100_000

  init(_ options: DemoOptions) throws {
    self.options = options
    if let file = options.configurationFile {
      configuration = try Configuration(file: file)
    } else {
      configuration = try Configuration(
        file: "the demo's configuration",
        text: DemoConfiguration.text(cpus: host.allowedCpus, instrument: options.market.symbol))
    }
    // Everything that can be wrong is found before anything is made or started.
    let problems = try configuration.affinity().problems(stages: StageNumber.placed, host: host)
    guard problems.isEmpty else { throw SessionError(problems.map(\.description).joined(separator: "\n")) }
    folder = try DemoFolder(kept: options.keep)
  }

  deinit { folder.remove() }

  func run() throws -> DemoSummary {
    let interrupt = InterruptFlag()
    if configuration.isRehearsed, let problem = Rehearsal.run(configuration, interrupt: interrupt) {
      Terminal.note(problem)
    }
    let venue = try startVenue()
    defer { venue.terminate() }
    struct Listening: Decodable { var port: UInt16 }
    let port = try venue.event("listening", as: Listening.self, timeoutSeconds: Self.startSeconds).port

    var endpoint = try VenueEndpoint(host: "localhost", port: port, trustFile: folder.trustFile, speed: options.speed)
    if configuration.feed.encoding == .sbe {
      endpoint = try endpoint.sendingSBE(from: endpoint.streams, apiKey: DemoFolder.ed25519APIKey)
    }
    let shared = SharedMemory(folder: configuration.memory.sharedFolder)
    let counters = try CounterFile(path: folder.counterFile, in: shared)
    let epoch = try BootEpoch(stateDirectory: folder.path + "/state")
    let plan = try SessionPlan(
      configuration, instruments: try endpoint.instruments(configuration.instruments), bootEpoch: epoch.value,
      strategies: Apus.strategies)
    let clock = try Clock(originNs: try endpoint.timeNs(), speed: options.speed)
    let session = try LiveSession(
      plan,
      SessionEdges(
        endpoint: endpoint, key: folder.key(configuration.orders.authentication), clock: clock, control: ControlWords(),
        counters: counters,
        journalDirectory: folder.journalDirectory, ringDirectory: folder.path, shared: shared,
        socketPath: folder.socket,
        roles: try configuration.control.roles(),
        captures: try options.market.identities()), on: host)
    for remark in session.remarks { Terminal.note(remark) }
    if cpus.count == 1 {
      Terminal.note("one CPU only: bot and venue share it and park; latencies are those of sharing")
    }

    try session.start()
    let table = LiveTable(counters.reader(), plan.instruments)
    let ended = try watch(session, venue, table, interrupt)
    table.finish()
    try drain(session, counters)
    try session.end()
    let venueAccount = try finalState(venue)
    let profit = ProfitFigures.all(plan.instruments, try counters.reader().counters())[0]
    return DemoSummary(
      figures: try SessionReport(counters.reader()), account: AccountFigures(session), profit: profit,
      venue: venueAccount,
      replay: try ReplaySession.run(directory: folder.journalDirectory, strategies: Apus.strategies),
      audit: try JournalAudit(directory: folder.journalDirectory), transport: session.transport, options: options,
      ended: ended)
  }

  private func startVenue() throws -> ChildProcess {
    try folder.writeKeys()
    var arguments = [
      "venue", "--listen", "127.0.0.1:0", "--certificate", folder.certificateFile, "--key",
      folder.certificateKeyFile, "--keys", folder.keysFile, "--speed", String(options.speed), "--fills",
      folder.fillsFile, "--state", folder.venueStateFile,
    ]
    if options.market.isSynthetic { arguments += ["--synthetic", String(options.seed)] }
    for path in options.market.captures { arguments += ["--capture", path] }
    for balance in options.market.balances { arguments += ["--balance", balance] }
    if let diff = options.withheldDiff { arguments += ["--drop", String(diff)] }
    // The child inherits the CPU of this thread: the cold one, which the demo's own table shares.
    if cpus.count > 1 { _ = apus_pin_this_thread(Int32(cpus[0])) }
    return try ChildProcess(executable: "/proc/self/exe", arguments: arguments)
  }

  /// Shows the table until the demo is to end.
  ///
  /// - Returns: why it ended.
  private func watch(
    _ session: LiveSession, _ venue: ChildProcess, _ table: LiveTable, _ interrupt: InterruptFlag
  ) throws -> String {
    let start = ContinuousClock.now
    while true {
      usleep(Self.tickMicroseconds)  // paces the table; nothing waits for it
      let now = ContinuousClock.now
      if interrupt.isSet { return "interrupted" }
      if session.isStopping { return "stopped by a command" }
      guard venue.isRunning else { throw SessionError("the venue process ended during the demo") }
      if let seconds = options.seconds, now - start >= .seconds(seconds) { return "after \(seconds) s" }
      try table.show()
      if venue.hasSaid("played") { return "the recording is over" }
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
  }

  private func finalState(_ venue: ChildProcess) throws -> VenueAccount {
    venue.terminate()
    return try venue.event("state", as: VenueAccount.self, timeoutSeconds: 10)
  }
}
