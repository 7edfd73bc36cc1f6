// The guard's stage on real shared files and rings: what it reads of a session, and what it asks of its gateway.

import Control
import Foundation
import Market
import Pipeline
import Testing

/// A folder of its own with the two files of a session.
private final class SessionFiles {
  let folder: URL
  var counters: String { folder.appendingPathComponent("counters").path }
  var control: String { folder.appendingPathComponent("control").path }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func watch() -> SessionWatch { SessionWatch(counterPath: counters, controlPath: control, findNs: 100) }
}

@Suite struct SessionWatchTests {
  @Test func whatIsNotThereIsNamed() throws {
    let files = try SessionFiles()
    var watch = files.watch()
    #expect(watch.look(nowNs: 0) == SessionSight(absence: .missing))
    try Data("no counters".utf8).write(to: URL(fileURLWithPath: files.counters))
    #expect(watch.look(nowNs: 50).absence == .missing, "not looked for again so soon")
    #expect(watch.look(nowNs: 100).absence == .unreadable)
    _ = try CounterFile(path: files.counters)
    try patchStart(of: files.counters)
    #expect(watch.look(nowNs: 200).absence == .stale)
  }

  @Test func beatsAreReadWorkerByWorker() throws {
    let files = try SessionFiles()
    var watch = files.watch()
    let counters = try CounterFile(path: files.counters)
    #expect(
      watch.look(nowNs: 0)
        == SessionSight(
          process: .current, condition: .running, hasControlWords: false, beats: []))
    let words = try ControlWordsFile(creating: files.control).words
    for worker in 0..<2 {
      counters.counter("worker.\(worker).loops").add(Int64(10 + worker))
      counters.counter("worker.\(worker).running").set(Int64(worker))
    }
    words.stop()
    let sight = watch.look(nowNs: 10)
    #expect(
      sight.beats == [
        WorkerBeat(worker: 0, loops: 10, isDue: false), WorkerBeat(worker: 1, loops: 11, isDue: true),
      ])
    #expect(sight.isStopping && sight.hasControlWords)
    watch.halt()
    #expect(words.haltEpoch == 1)
  }

  @Test func controlWordsOfAnotherProcessAreNotTaken() throws {
    let files = try SessionFiles()
    _ = try CounterFile(path: files.counters)
    let words = try ControlWordsFile(creating: files.control).words
    try patchStart(of: files.control, at: 24)
    var watch = files.watch()
    #expect(!watch.look(nowNs: 0).hasControlWords)
    watch.halt()
    #expect(words.haltEpoch == 0)
  }

  /// Makes the file one of a process that began at another time.
  private func patchStart(of path: String, at offset: UInt64 = 56) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try handle.seek(toOffset: offset)
    try handle.write(contentsOf: Data([1, 2, 3, 4, 5, 6, 7, 0]))
    try handle.close()
  }
}

@Suite struct GuardStageTests {
  @Test func aCommandHaltsTheSessionBeforeItAsksTheVenue() throws {
    let files = try SessionFiles()
    _ = try CounterFile(path: files.counters)
    let session = try ControlWordsFile(creating: files.control).words
    let reports = Ring<ExecutionReport>(capacity: 64)
    let emergency = Ring<GatewayRequest>(capacity: 64)
    let requests = Ring<GatewayRequest>(capacity: 64)
    let events = Ring<GuardEvent>(capacity: 64)
    let records = RecordRing(stage: 16, capacityBytes: 1 << 16)
    let commands = ControlWords()
    let counters = try CounterFile()
    var stage = GuardStage(
      core: GuardCore(GuardBounds(), instruments: 3), watch: files.watch(),
      ports: GuardPorts(
        reports: reports.consumer, emergency: emergency.producer, requests: requests.producer,
        events: events.producer, records: records.producer),
      clock: try Clock(), commands: commands, counters: GuardCounters(counters.counter))
    var venue = reports.producer
    var cancels = emergency.consumer
    var questions = requests.consumer
    var told = events.consumer
    func report(_ kind: ReportKind, _ instrument: Int = 0) {
      _ = venue.tryPush(
        ExecutionReport(
          kind: kind, venue: VenueIndex(0), instrument: InstrumentIndex(UInt16(instrument)), receiveTimeNs: 0,
          cause: 0))
      _ = stage.poll()
    }

    report(.sessionUp)
    #expect(session.haltEpoch == 0 && cancels.available() == 0)
    commands.halt()
    _ = stage.poll()
    #expect(session.haltEpoch == 1)
    #expect(cancels.available() == 3 && questions.available() == 3)
    for instrument in 0..<3 {
      #expect(cancels.peek(instrument).pointee.kind == .cancelAll)
      #expect(questions.peek(instrument).pointee.kind == .queryOpenOrders)
      #expect(questions.peek(instrument).pointee.instrument.rawValue == UInt16(instrument))
      report(.openOrdersListed, instrument)
    }
    var story: [GuardCause] = []
    while let event = told.tryPop() { story.append(event.record.cause) }
    #expect(story == [.venueUp, .found, .command, .nothingOpen])
    let values = try counters.reader().counters()
    #expect(values["guard.triggers"] == 1 && values["guard.confirmations"] == 1)
    #expect(values["guard.state"] == Int64(GuardState.confirmed.rawValue))
  }
}
