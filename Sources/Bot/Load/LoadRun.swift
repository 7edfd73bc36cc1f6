// A load test from start to end: the load's venue, a session against it, warm-up, measurement, figures. The command's thread.

import Control
import Foundation
import Journal
import Load
import Market
import Pipeline
import Simulation
import Venues

/// What is offered, and for how long.
struct LoadOptions: Sendable {
  var order: LoadOrder
  var warmUpSeconds: Double
  var seconds: Double

  init(_ order: LoadOrder, warmUpSeconds: Double, seconds: Double) {
    self.order = order
    self.warmUpSeconds = warmUpSeconds
    self.seconds = seconds
  }
}

/// A session of its own under a load of its own, both on this machine.
final class LoadRun {
  private let folder: DemoFolder
  private let desk: LoadDesk
  private let loadFile: CounterFile
  private let counters: CounterFile
  private let load: Worker
  private let session: LiveSession

  /// Messages of one cycle of the market: some minutes of a recording.
  private static let cycleMessages = 20_000
  /// What is offered while the session finds its feet.
  private static let quiet = LoadOrder(.constant(messagesPerSecond: 500), messagesPerTick: 10)
  private static let startSeconds = 20.0

  /// Starts venue and session, and waits for the first answered ticks.
  ///
  /// - Parameters:
  ///   - captures: recorded spot captures of one symbol; none: the synthetic market.
  ///   - cpu: of the load's venue; nil leaves it to the scheduler.
  init(_ configuration: Configuration, captures: [String], cpu: Int?) throws {
    folder = try DemoFolder(kept: nil)
    desk = LoadDesk(Self.quiet)
    loadFile = try CounterFile(outlivesOwner: false)
    let market =
      captures.isEmpty
      ? try LoadMarket(SyntheticMarket(seed: 1), limit: Self.cycleMessages)
      : try LoadMarket(CaptureReader(paths: captures), limit: Self.cycleMessages)
    let instrument = market.instrument
    let venue = try LoadVenue(
      market, certificateFile: folder.certificateFile, keyFile: folder.certificateKeyFile, keys: try folder.apiKeys,
      balances: [
        AssetBalance(asset: instrument.quote, free: Amount(units: 1_000_000 * Amount.unitsPerCoin)),
        AssetBalance(asset: instrument.base, free: Amount(units: 1_000 * Amount.unitsPerCoin)),
      ], desk: desk, counters: LoadCounters(loadFile))
    let stage = "load"
    load = Worker(
      0, WorkerPlan(cpu: cpu, wait: .spin, stages: [stage]), stages: [StageBox(stage, venue)], counters: loadFile)
    try load.start()

    let configuration = configuration.forLoad(symbol: instrument.symbol.text)
    counters = try CounterFile(path: folder.counterFile)
    let endpoint = try VenueEndpoint(
      host: "localhost", port: venue.port, trustFile: folder.trustFile, records: configuration.tls.records)
    let plan = try SessionPlan(
      configuration, instruments: try endpoint.instruments(configuration.instruments),
      bootEpoch: try BootEpoch(stateDirectory: folder.path + "/state").value, strategies: [.load])
    session = try LiveSession(
      plan,
      SessionEdges(
        endpoint: endpoint, key: folder.key(configuration.orders.authentication), clock: try Clock(),
        control: ControlWords(), counters: counters, journalDirectory: folder.journalDirectory,
        ringDirectory: folder.path, socketPath: folder.socket, roles: try configuration.control.roles()),
      on: HostFacts.current())
    try session.start()
    let deadline = ContinuousClock.now + .seconds(Self.startSeconds)
    while try count("load.answers", loadFile) < 10 {
      usleep(10_000)  // paces the looks; the deadline ends them
      guard ContinuousClock.now < deadline else {
        throw SessionError("the session answered no tick in \(Self.startSeconds) s")
      }
    }
  }

  deinit { folder.remove() }

  /// Offers one load and measures it. Once only: page faults are counted from here to the end.
  func measure(_ options: LoadOptions) throws -> LoadMeasurement {
    desk.set(options.order)
    Thread.sleep(forTimeInterval: options.warmUpSeconds)
    let (before, memory) = (try look(), ResidentMemory.bytes)
    session.beginMeasurement()
    let start = ContinuousClock.now
    Thread.sleep(forTimeInterval: options.seconds)
    let after = try look()
    let took = ContinuousClock.now - start
    return LoadMeasurement(
      before: before, after: after, seconds: took / .seconds(1), memoryBefore: memory, memoryAfter: ResidentMemory.bytes
    )
  }

  /// Ends session and load.
  ///
  /// - Returns: what the workers were interrupted by since the measurement began.
  func end() throws -> [LoadWorker] {
    desk.set(Self.quiet)
    session.beginStop()
    try session.end()
    load.requestStop()
    load.join()
    let values = try counters.reader().counters()
    return (0..<session.plan.configuration.workers.count).map { number in
      func value(_ name: String) -> Int64 { values["worker.\(number).\(name)"] ?? 0 }
      return LoadWorker(
        number: number, minorFaults: value("minorFaults"), majorFaults: value("majorFaults"),
        voluntarySwitches: value("voluntarySwitches"), involuntarySwitches: value("involuntarySwitches"))
    }
  }

  private func look() throws -> LoadMeasurement.Look {
    var histograms = try loadFile.reader().histograms()
    histograms.merge(try counters.reader().histograms()) { first, _ in first }
    var values = try loadFile.reader().counters()
    values.merge(try counters.reader().counters()) { first, _ in first }
    return LoadMeasurement.Look(counters: values, histograms: histograms)
  }

  private func count(_ name: String, _ file: CounterFile) throws -> Int64 { try file.reader().counters()[name] ?? 0 }
}

/// What stood in the counters at two moments.
struct LoadMeasurement {
  struct Look {
    var counters: [String: Int64]
    var histograms: [String: HistogramSnapshot]
  }
  let before: Look
  let after: Look
  let seconds: Double
  let memoryBefore: Int64
  let memoryAfter: Int64

  /// - Parameter rate: what was asked for, in messages per second.
  func report(rate: Double, workers: [LoadWorker]) -> LoadReport {
    func count(_ name: String) -> Int64 { (after.counters[name] ?? 0) - (before.counters[name] ?? 0) }
    func latency(_ name: String) -> LoadLatency? {
      guard let late = after.histograms[name], let early = before.histograms[name] else { return nil }
      return LoadLatency(late.since(early))
    }
    func required(_ name: String) -> LoadLatency {
      guard let latency = latency(name) else { preconditionFailure("every session has \(name)") }
      return latency
    }
    let ticks = count("load.ticks")
    return LoadReport(
      messagesPerSecond: rate, seconds: seconds, messages: count("load.messages"), ticks: ticks,
      answers: count("load.answers"), unanswered: count("load.unanswered"),
      brokenStreams: count("strategy0.broken_streams") + count("feed.binance.gaps"), held: count("load.held"),
      tickToTrade: required("gateway.binance.tick_to_trade"), answerTime: required("load.answer_time"),
      lateness: required("load.lateness"), workers: workers, residentBytesBefore: memoryBefore,
      residentBytesAfter: memoryAfter)
  }
}

/// What of this process is in memory.
enum ResidentMemory {
  /// From /proc/self/statm (proc(5)), in bytes; 0 where there is none.
  static var bytes: Int64 {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let words = text.split(separator: " ")
    return words.count > 1 ? (Int64(words[1]) ?? 0) * Int64(getpagesize()) : 0
  }
}
