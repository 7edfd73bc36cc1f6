// A local venue and a live session against it in this process, for tests of what goes wrong between the two.

import Bot
import Control
import Foundation
import Journal
import Market
import Pipeline
import Simulation
import Testing
import VenueFront
import VenueServer

/// A venue that plays the synthetic market over TLS, on a port of its own.
struct TestVenue {
  /// The market's seconds in one of real time: a session sees much in a short test.
  static let speed = 10.0
  static let host = "127.0.0.1"

  let folder: DemoFolder
  let server: VenueServer

  /// - Parameters:
  ///   - folder: identities and keys; the venue uses them unless `adjust` says otherwise.
  ///   - adjust: changes the settings before the venue starts.
  init(_ folder: DemoFolder, adjust: (inout VenueServer.Configuration) throws -> Void = { _ in }) throws {
    var settings = VenueServer.Configuration()
    settings.speed = Self.speed
    settings.tls = .init(certificate: folder.certificateFile, key: folder.certificateKeyFile)
    let publicKey = try String(contentsOfFile: folder.ed25519PublicKeyFile, encoding: .utf8)
    settings.exchange.keys = [APIKey(name: DemoFolder.ed25519APIKey, kind: .ed25519(publicKeyPEM: publicKey))]
    settings.exchange.balances = try [("USDT", Int64(100_000)), ("SYN", 2)].map { name, coins in
      AssetBalance(asset: try #require(ShortName(name)), free: Amount(units: coins * Amount.unitsPerCoin))
    }
    try adjust(&settings)
    self.folder = folder
    server = try VenueServer(settings)
  }

  func endpoint(trusting file: String? = nil, records: TLSRecordLayer = .openssl) throws -> VenueEndpoint {
    try VenueEndpoint(
      host: Self.host, port: UInt16(server.port), trustFile: file ?? folder.trustFile, speed: Self.speed,
      records: records)
  }
}

/// A session that trades the synthetic market on parking workers.
struct TestSession {
  let live: LiveSession
  let folder: DemoFolder
  private let reader: CounterFileReader

  /// How long a condition may take that needs milliseconds: only a session that never gets there waits so long.
  private static let patience = Duration.seconds(120)

  /// - Parameters:
  ///   - endpoint: where the session trades.
  ///   - originNs: the market's time now.
  ///   - strategy: as the configuration names it.
  init(_ folder: DemoFolder, _ endpoint: VenueEndpoint, originNs: Int64, strategy: String) throws {
    let host = HostFacts.current()
    let symbol = DerivedRules.syntheticSymbol
    let configuration = try Configuration(
      file: "the test's configuration", text: Self.text(host.allowedCpus, symbol, strategy))
    let instruments = try #require(DerivedRules.instruments(symbols: [symbol]))
    let plan = try SessionPlan(
      configuration, instruments: instruments, bootEpoch: 1, strategies: StrategyFactory.included)
    let counters = try CounterFile()
    live = try LiveSession(
      plan,
      SessionEdges(
        endpoint: endpoint,
        key: AccountKey(name: DemoFolder.ed25519APIKey, kind: .ed25519, secretFile: folder.ed25519KeyFile),
        clock: try Clock(originNs: originNs, speed: TestVenue.speed), control: ControlWords(), counters: counters,
        journalDirectory: folder.journalDirectory, ringDirectory: folder.path, shared: SharedMemory(folder: nil),
        socketPath: folder.socket, roles: ControlRoles()), on: host)
    self.folder = folder
    reader = counters.reader()
  }

  /// Runs a session as long as `body` takes; then it ends in order, whatever `body` did.
  static func run(
    _ venue: TestVenue, _ endpoint: VenueEndpoint? = nil, originNs: Int64? = nil, strategy: String = "{name: quoting}",
    body: (TestSession) throws -> Void
  ) throws -> TestSession {
    let endpoint = try endpoint ?? venue.endpoint()
    let session = try TestSession(
      venue.folder, endpoint, originNs: originNs ?? endpoint.timeNs(), strategy: strategy)
    try session.live.start()
    let outcome = Result { try body(session) }
    session.live.beginStop()
    try session.live.end()
    try outcome.get()
    return session
  }

  func count(_ name: String) throws -> Int64 { try #require(try reader.counters()[name], "no counter \(name)") }

  /// The sum of all counters whose name begins so.
  func total(_ prefix: String) throws -> Int64 {
    try reader.counters().reduce(0) { $1.key.hasPrefix(prefix) ? $0 + $1.value : $0 }
  }

  /// Looks at the counters until `condition` holds.
  func wait(for what: String, until condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + Self.patience
    while !(try condition()) {
      guard ContinuousClock.now < deadline else {
        throw Impatience(what: what, counters: try reader.counters().filter { $0.value != 0 })
      }
      usleep(5_000)  // paces the looking; the condition decides
    }
  }

  /// Records of one type in the journal of the ended session.
  func records(_ type: RecordType) throws -> Int {
    var journal = try JournalReader(directory: folder.journalDirectory)
    var count = 0
    while let record = try journal.next() { count += record.header.type == type.rawValue ? 1 : 0 }
    return count
  }

  /// No order was approved on a void book, and the ended session can be re-executed to the last byte.
  func expectSoundJournal() throws {
    let audit = try JournalAudit(directory: folder.journalDirectory)
    #expect(audit.ordersWhileBroken == 0)
    let replay = try ReplaySession.run(directory: folder.journalDirectory, strategies: StrategyFactory.included)
    #expect(replay.isEqual && replay.unverified == 0, "\(replay.outcome)")
    #expect(replay.verifiedCount > 0)
  }

  private struct Impatience: Error {
    var what: String
    var counters: [String: Int64]
  }

  /// Generous about time, so that a busy machine changes nothing: ages and silences are in the market's time.
  private static func text(_ cpus: [Int], _ symbol: String, _ strategy: String) -> String {
    """
    instruments: [\(symbol)]
    strategy: \(strategy)
    risk:
      maximumOrderQuantity: 0.05
      maximumOrderNotional: 5000
      maximumPosition: 0.2
      maximumOpenOrders: 16
      priceCollarBasisPoints: 50
      ordersPerSecond: 20
      ordersPer10Seconds: 40
      maximumMarketAgeMs: 60000
      maximumOrderAgeMs: 60000
      maximumDailyLoss: 5000
    workers:
      - cpu: \(cpus[cpus.count - 1])
        wait: park(50us)
        stages: [feed.binance, strategy, execution, gateway.binance]
      - cpu: \(cpus[0])
        wait: park(200us)
        stages: [control, journal, counters]
    transport: poll
    feed: {gapWaitMs: 60000, silenceMs: 600000, depthSilenceMs: 600000, lagMs: 600000, deliveryMs: 600000}
    orders: {authentication: logon, receiveWindowMs: 60000, replyTimeoutMs: 60000}
    journal: {feedRingMiB: 16, stageRingMiB: 4}
    """
  }
}
