// The journal stage: what stages wrote is in the files, whole and in order, over segments and through errors.

import Foundation
import Glibc
import Journal
import Market
import Pipeline
import Testing

/// Two stages' rings, a writer on them, and the payloads that were written.
private struct Session: ~Copyable {
  let scratch = try! ScratchDirectory()
  let clock = ManualClock()
  var feed: RecordProducer
  var strategy: RecordProducer
  var writer: JournalWriter
  var expected: [UInt8: [[UInt8]]] = [:]
  var generator = SeededGenerator(seed: 5)

  var directory: String { scratch.path + "/session/journal" }

  init(_ options: JournalOptions = JournalOptions(), capacityBytes: Int = 16384) throws {
    let first = RecordRing(stage: 1, capacityBytes: capacityBytes)
    let second = RecordRing(stage: 2, capacityBytes: capacityBytes)
    feed = first.producer
    strategy = second.producer
    let clock = clock
    writer = try JournalWriter(
      directory: scratch.path + "/session/journal", header: sessionHeader(),
      sources: [RecordSource(first.consumer), RecordSource(second.consumer)],
      counters: try journalCounters(), options: options, nowNs: { clock.nowNs })
  }

  /// Appends a record of random bytes to one of the two; false when its ring is full.
  mutating func append() -> Bool {
    let payload = (0..<Int.random(in: 0...700, using: &generator)).map { _ in
      UInt8.random(in: 0...255, using: &generator)
    }
    let toFeed = Bool.random(using: &generator)
    let identifier = payload.withUnsafeBytes {
      toFeed
        ? feed.append(type: 3, cause: 7, timeNs: 42, $0) : strategy.append(type: 66, cause: 8, timeNs: 43, $0)
    }
    feed.publish()
    strategy.publish()
    guard let identifier else { return false }
    expected[identifier.stage, default: []].append(payload)
    return true
  }

  func check(_ records: [JournalRecord]) {
    for stage: UInt8 in [1, 2] {
      #expect(records.filter { $0.header.stage == stage }.map { Array($0.payload) } == expected[stage])
    }
  }
}

@Suite("Journal writer")
struct WriterTests {
  @Test("every record comes back, over several segments, and the end is told")
  func segments() throws {
    var session = try Session(JournalOptions(segmentBytes: 20_000))
    for _ in 0..<2000 {
      while session.append() { if Bool.random(using: &session.generator) { break } }
      _ = session.writer.poll()
    }
    try session.writer.finish()
    let (records, end) = try readAll(session.directory)
    session.check(records)
    #expect(end == .finished)
    #expect(records.allSatisfy { $0.header.timeNs == ($0.header.stage == 1 ? 42 : 43) })
    let segments = session.writer.counters.segment.value
    let files = try FileManager.default.contentsOfDirectory(atPath: session.directory)
    #expect(segments > 10 && files.count == Int(segments))
    #expect(session.writer.counters.records.value == Int64(records.count))
    #expect(session.writer.lastError == nil)
  }

  @Test("the header comes back as it was, in every segment")
  func header() throws {
    var session = try Session(JournalOptions(segmentBytes: 1))
    #expect(session.append() == true)
    #expect(session.writer.poll() == 1)
    #expect(session.append() == true)
    #expect(session.writer.poll() == 1)
    #expect(try JournalReader(directory: session.directory).header == sessionHeader())
    let (records, end) = try readAll(session.directory)
    session.check(records)
    #expect(end == .unfinished)
  }

  @Test("a directory that has a journal is not written over")
  func existing() throws {
    let session = try Session()
    #expect(throws: FileError.self) {
      _ = try JournalWriter(
        directory: session.directory, header: sessionHeader(), sources: [],
        counters: try journalCounters(), nowNs: { 0 })
    }
  }

  @Test("the medium is waited for after the interval and not before")
  func syncInterval() throws {
    var session = try Session(JournalOptions(sync: .interval(ns: 1000)))
    #expect(session.append() == true)
    _ = session.writer.poll()
    session.clock.advance(999)
    _ = session.writer.poll()
    #expect(session.writer.counters.syncs.value == 0)
    session.clock.advance(1)
    _ = session.writer.poll()
    _ = session.writer.poll()
    #expect(session.writer.counters.syncs.value == 1)
    session.clock.advance(5000)
    _ = session.writer.poll()
    #expect(session.writer.counters.syncs.value == 1, "nothing was written since")
  }

  @Test("a segment that cannot be begun: records wait in their ring, behind is told, and it goes on")
  func rotationFails() throws {
    var session = try Session(JournalOptions(segmentBytes: 1))
    #expect(session.append() == true)
    #expect(session.writer.poll() == 1)
    let away = session.scratch.path + "/away"
    try FileManager.default.moveItem(atPath: session.directory, toPath: away)
    #expect(session.append() == true)
    #expect(session.writer.poll() == 0)
    #expect(session.writer.counters.writeErrors.value == 1 && session.writer.counters.behind.value == 1)
    #expect(session.writer.lastError?.code == ENOENT)
    #expect(session.writer.poll() == 0)
    #expect(session.writer.counters.writeErrors.value == 1, "the next attempt has its time")
    try FileManager.default.moveItem(atPath: away, toPath: session.directory)
    session.clock.advance(JournalWriter.retryNs)
    #expect(session.writer.poll() == 1)
    #expect(session.writer.counters.behind.value == 0)
    try session.writer.finish()
    let (records, end) = try readAll(session.directory)
    session.check(records)
    #expect(end == .finished)
  }

  /// In a process of its own, because the limit on a file's size (here the full disk) is the process's.
  @Test("a full disk: nothing lost, nothing torn but the tail, all of it written when there is room")
  func diskFull() async {
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      var session = try Session()
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      var unlimited = limit
      limit.rlim_cur = 30_000
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      while session.writer.counters.noSpaceErrors.value == 0 {
        while session.append() {}
        _ = session.writer.poll()
      }
      precondition(session.writer.counters.behind.value == 1)
      let early = try readAll(session.directory)
      precondition(early.end != .finished)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &unlimited)
      session.clock.advance(JournalWriter.retryNs)
      precondition(session.writer.poll() > 0)
      precondition(session.writer.counters.behind.value == 0)
      try session.writer.finish()
      let (records, end) = try readAll(session.directory)
      precondition(end == .finished)
      for stage: UInt8 in [1, 2] {
        precondition(records.filter { $0.header.stage == stage }.map { Array($0.payload) } == session.expected[stage])
      }
    }
  }
}
