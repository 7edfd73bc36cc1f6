// A load test from start to end: the load's venue, a session against it, warm-up, measurement, figures. The command's thread.

import Backtest
import CShims
import Control
import Foundation
import Journal
import Load
import Market
import Pipeline
import Simulation
import Venues

/// What is offered, and for how long.
struct LoadOptions {
  var order: LoadOrder
  var warmUpSeconds: Double
  var seconds: Double
}

/// What a load's session does with the market.
enum LoadTrading {
  /// Answers ticks with orders that cannot trade.
  case answers
  /// Runs the configuration's own strategy on a market that seems faster than it is; no order leaves.
  case decisions(speed: Double)
}

/// A session of its own under a load of its own, both on this machine.
final class LoadRun {
  private let interrupt: InterruptFlag
  private let folder: DemoFolder
  private let desk: LoadDesk
  private let loadFile: CounterFile
  private let counters: CounterFile
  private let load: Worker
  private let session: LiveSession
  /// The first ticks that the session ever answered; nil where it answers none.
  private let firstTicks: FirstTicks?

  /// Messages of one cycle of the market: some minutes of a recording.
  private static let cycleMessages = 20_000
  /// What is offered while the session finds its feet.
  private static let quiet = LoadOrder(.constant(messagesPerSecond: 500), messagesPerTick: 10)
  private static let startSeconds = 20.0
  private static let stage = "load"
  /// Its thread is `apus-w99`, which no session's is.
  private static let worker = 99

  /// How long a tick's order may take when no more ticks come.
  private static let drainSeconds = 1.0

  /// How many ticks are the first ones.
  private static let firstTickCount = 10

  /// Starts venue and session, and waits for the first answered ticks or decisions.
  ///
  /// - Parameters:
  ///   - captures: recorded spot captures of one symbol; none: the synthetic market.
  ///   - cpu: of the load's venue; nil leaves it to the scheduler.
  init(
    _ configuration: Configuration, captures: [String], cpu: Int?, wait: WaitStrategy = .spin,
    trading: LoadTrading = .answers, interrupt: InterruptFlag
  ) throws {
    self.interrupt = interrupt
    let market =
      captures.isEmpty
      ? try LoadMarket(SyntheticMarket(seed: 1), limit: Self.cycleMessages)
      : try LoadMarket(CaptureReader(paths: captures), limit: Self.cycleMessages)
    desk = LoadDesk(Self.quiet)
    loadFile = try CounterFile(outlivesOwner: false)
    folder = try DemoFolder(kept: nil)
    // What runs or lies on disk already when something fails.
    var undo: [() -> Void] = [folder.remove]
    do {
      let venue = try Self.venue(market, folder, desk, LoadCounters(loadFile))
      load = Worker(
        Self.worker, WorkerPlan(cpu: cpu, wait: wait, stages: [Self.stage]), stages: [StageBox(Self.stage, venue)],
        counters: loadFile)
      try load.start()
      undo.append { [load] in
        load.requestStop()
        load.join()
      }
      let shared = SharedMemory(folder: configuration.memory.sharedFolder, outlivesProcess: false)
      counters = try CounterFile(path: folder.counterFile, in: shared, outlivesOwner: false)
      session = try Self.session(
        configuration, market.instrument.symbol.text, trading, folder, counters, shared, port: venue.port)
      try session.start()
      undo.append { [session] in try? session.end() }
      let deadline = ContinuousClock.now + .seconds(Self.startSeconds)
      var firstNs: Int64 = 0
      while try !Self.hasBegun(trading, loadFile, counters) {
        // The quiet load's ticks are 20 ms apart: the first one is seen before the second comes.
        if firstNs == 0, try Self.answers(loadFile) > 0 { firstNs = try Self.tickToTrade(counters).maximumNs }
        usleep(1_000)  // paces the looks; the deadline ends them
        if interrupt.isSet { throw SessionError("interrupted") }
        guard ContinuousClock.now < deadline else {
          throw SessionError("the session answered no tick in \(Self.startSeconds) s")
        }
      }
      let first = try Self.tickToTrade(counters)
      firstTicks = first.count > 0 ? FirstTicks(firstNs: firstNs, medianNs: first.percentile(50)) : nil
    } catch {
      for step in undo.reversed() { step() }
      throw error
    }
  }

  deinit { folder.remove() }

  private static func venue(
    _ market: LoadMarket, _ folder: DemoFolder, _ desk: LoadDesk, _ counters: LoadCounters
  ) throws -> LoadVenue {
    try LoadVenue(
      market, certificateFile: folder.certificateFile, keyFile: folder.certificateKeyFile, keys: try folder.apiKeys,
      balances: [
        AssetBalance(asset: market.instrument.quote, free: Amount(units: 1_000_000 * Amount.unitsPerCoin)),
        AssetBalance(asset: market.instrument.base, free: Amount(units: 1_000 * Amount.unitsPerCoin)),
      ], desk: desk, counters: counters)
  }

  private static func tickToTrade(_ counters: CounterFile) throws -> HistogramSnapshot {
    guard let ticks = try counters.reader().histograms()["gateway.binance.tick_to_trade"] else {
      preconditionFailure("every session measures tick to trade")
    }
    return ticks
  }

  private static func hasBegun(_ trading: LoadTrading, _ load: CounterFile, _ session: CounterFile) throws -> Bool {
    switch trading {
    case .answers: try answers(load) >= Self.firstTickCount
    case .decisions: try session.reader().counters()["strategy0.decisions"] ?? 0 > 0
    }
  }

  private static func session(
    _ configuration: Configuration, _ symbol: String, _ trading: LoadTrading, _ folder: DemoFolder,
    _ counters: CounterFile, _ shared: SharedMemory, port: UInt16
  ) throws -> LiveSession {
    let (load, speed, start) =
      switch trading {
      case .answers: (configuration.forLoad(symbol: symbol), 1.0, SessionStart.first)
      case .decisions(let speed):
        (
          configuration.forRehearsal(symbol: symbol), speed,
          SessionStart(mode: .shadow, lastEnd: .none, account: nil)
        )
      }
    let endpoint = try VenueEndpoint(
      host: "localhost", port: port, trustFile: folder.trustFile, speed: speed, records: configuration.tls.records)
    let plan = try SessionPlan(
      load, instruments: try endpoint.instruments(load.instruments),
      bootEpoch: try BootEpoch(stateDirectory: folder.path + "/state").value,
      strategies: StrategyFactory.included + [.load], start: start)
    return try LiveSession(
      plan,
      SessionEdges(
        endpoint: endpoint, key: folder.key(configuration.orders.authentication),
        clock: try Clock(originNs: apus_realtime_ns(), speed: speed),
        control: ControlWords(), counters: counters, journalDirectory: folder.journalDirectory,
        ringDirectory: folder.path, shared: shared, socketPath: folder.socket, roles: try configuration.control.roles()),
      on: HostFacts.current())
  }

  /// Offers a load, measures, and ends session and venue. Once only.
  ///
  /// - Parameter rate: what was asked for, in messages per second; nil where it follows a recording.
  func run(_ options: LoadOptions, rate: Double?) throws -> LoadReport {
    let measured = Result { try measure(options) }
    let workers = try end()
    return try measured.get().report(rate: rate, workers: workers)
  }

  /// Offers what is given until `isDone`, and ends session and venue. Once only.
  ///
  /// - Parameter isDone: asked with the session's counters and the load's.
  /// - Throws: `SessionError` when the time is over before.
  func rehearse(_ order: LoadOrder, seconds: Double, until isDone: ([String: Int64]) -> Bool) throws {
    desk.set(order)
    let outcome = Result {
      let deadline = ContinuousClock.now + .seconds(seconds)
      while try !isDone(look().counters) {
        usleep(1_000)  // paces the looks; the deadline ends them
        if interrupt.isSet { throw SessionError("interrupted") }
        guard ContinuousClock.now < deadline else { throw SessionError("not done after \(seconds) s") }
      }
    }
    _ = try end()
    try outcome.get()
  }

  private func measure(_ options: LoadOptions) throws -> LoadMeasurement {
    for remark in session.remarks { Terminal.note(remark) }
    let progress = ProgressBar()
    let total = Int((options.warmUpSeconds + options.seconds + Self.drainSeconds).rounded(.up))
    func show(_ passed: Double) { progress.show(done: min(Int(passed), total - 1), of: total) }
    desk.set(options.order)
    try wait(options.warmUpSeconds, show)
    let (before, memory) = (try look(), ResidentMemory.bytes)
    session.beginMeasurement()
    let start = ContinuousClock.now
    var resident = ResidentHistory()
    try wait(options.seconds) {
      show(options.warmUpSeconds + $0)
      resident.look(atSeconds: $0)
    }
    let end = try look()
    let took = (ContinuousClock.now - start) / .seconds(1)
    let memoryAfter = ResidentMemory.bytes
    // Orders that are late count too: the market goes on without ticks until they came, or had their time.
    desk.set(LoadOrder(options.order.pace, messagesPerTick: 0))
    try wait(Self.drainSeconds) { show(options.warmUpSeconds + options.seconds + $0) }
    progress.show(done: total, of: total)
    return LoadMeasurement(
      before: before, end: end, drained: try look(), seconds: took, memoryBefore: memory, memoryAfter: memoryAfter,
      memoryPerMinute: resident.bytesPerMinute, firstTicks: firstTicks)
  }

  private func wait(_ seconds: Double, _ tell: (Double) -> Void) throws {
    let start = ContinuousClock.now
    while true {
      let passed = (ContinuousClock.now - start) / .seconds(1)
      tell(min(passed, seconds))
      if interrupt.isSet { throw SessionError("interrupted") }
      if passed >= seconds { return }
      Thread.sleep(forTimeInterval: min(0.1, seconds - passed))
    }
  }

  /// Ends session and load.
  ///
  /// - Returns: what the workers were interrupted by since the measurement began.
  private func end() throws -> [LoadWorker] {
    defer {
      load.requestStop()
      load.join()
    }
    session.beginStop()
    try session.end()
    let values = try counters.reader().counters()
    return session.plan.configuration.workers.indices.map { number in
      func value(_ name: String) -> Int64 { values["worker.\(number).\(name)"] ?? 0 }
      return LoadWorker(
        number: number, minorFaults: value("minorFaults"), majorFaults: value("majorFaults"),
        voluntarySwitches: value("voluntarySwitches"), involuntarySwitches: value("involuntarySwitches"))
    }
  }

  private func look() throws -> LoadMeasurement.Look {
    LoadMeasurement.Look(
      counters: try loadFile.reader().counters().merging(counters.reader().counters()) { first, _ in first },
      histograms: try loadFile.reader().histograms().merging(counters.reader().histograms()) { first, _ in first })
  }

  private static func answers(_ load: CounterFile) throws -> Int64 { try load.reader().counters()["load.answers"] ?? 0 }
}
