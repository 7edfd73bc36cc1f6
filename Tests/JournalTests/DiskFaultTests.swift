// A disk that is full or stalls, stood in for: what each makes of the rings, and that cancels and reports go on.

import Glibc
import Journal
import Market
import Pipeline
import Synchronization
import Testing

/// A disk in a test's hands: fails with an errno, or lets a sync begin and holds it until it is told to go on.
private final class FaultyDisk: Sendable {
  let failure = Atomic<Int32>(0)
  let isHolding = Atomic<Bool>(false)
  let isHeld = Atomic<Bool>(false)

  func pass(_ operation: DiskOperation) throws(FileError) {
    let code = failure.load(ordering: .acquiring)
    if code != 0 { throw FileError(operation: "\(operation)", path: "journal", code: code) }
    guard operation == .sync, isHolding.load(ordering: .acquiring) else { return }
    isHeld.store(true, ordering: .releasing)
    while isHolding.load(ordering: .acquiring) { sched_yield() }
    isHeld.store(false, ordering: .releasing)
  }
}

/// The journal stage on a thread of its own, as in a session.
private final class JournalThread: @unchecked Sendable {  // Safe: the writer is touched by its thread until the join.
  private var writer: JournalWriter
  private let isEnding = Atomic<Bool>(false)
  private var thread = pthread_t()

  init(_ writer: consuming JournalWriter) { self.writer = writer }

  func start() {
    pthread_create(
      &thread, nil,
      { context in
        let journal = Unmanaged<JournalThread>.fromOpaque(context!).takeUnretainedValue()
        while !journal.isEnding.load(ordering: .acquiring) { if journal.writer.poll() == 0 { sched_yield() } }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  func end() throws {
    isEnding.store(true, ordering: .releasing)
    pthread_join(thread, nil)
    try writer.finish()
  }
}

@Suite("Disk faults")
struct DiskFaultTests {
  @Test("a full disk: nothing leaves its ring, behind is told, and all of it is written when there is room")
  func full() throws {
    let scratch = try ScratchDirectory()
    let clock = ManualClock()
    let disk = FaultyDisk()
    let ring = RecordRing(stage: 1, capacityBytes: 4096)
    var producer = ring.producer
    let counters = try journalCounters()
    var writer = try JournalWriter(
      directory: scratch.path + "/journal", header: sessionHeader(), sources: [RecordSource(ring.consumer)],
      counters: counters, nowNs: { clock.nowNs })
    writer.inject { operation throws(FileError) in try disk.pass(operation) }
    disk.failure.store(ENOSPC, ordering: .releasing)
    var written: UInt64 = 0
    while producer.append(type: 1, cause: 0, timeNs: 0, written) != nil {
      written += 1
      producer.publish()
      clock.advance(JournalWriter.retryNs)
      #expect(writer.poll() == 0)
    }
    #expect(written == 4096 / 48 && counters.behind.value == 1 && counters.noSpaceErrors.value == Int64(written))
    disk.failure.store(0, ordering: .releasing)
    clock.advance(JournalWriter.retryNs)
    #expect(writer.poll() == Int(written))
    #expect(counters.behind.value == 0)
    try writer.finish()
    #expect(try readAll(scratch.path + "/journal").end == .finished)
  }

  /// In a process of its own: the limit holds for all files of a process, and reaching it ends one that does not ignore
  /// the signal, as `apus` does.
  @Test(
    "a file at the process's size limit is a full disk: behind is told, and all is written once the limit is lifted")
  func limited() async {
    await #expect(processExitsWith: .success) {
      let scratch = try ScratchDirectory()
      let clock = ManualClock()
      let ring = RecordRing(stage: 1, capacityBytes: 4096)
      var producer = ring.producer
      let counters = try journalCounters()
      var writer = try JournalWriter(
        directory: scratch.path + "/journal", header: sessionHeader(), sources: [RecordSource(ring.consumer)],
        counters: counters, nowNs: { clock.nowNs })
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let unlimited = limit
      limit.rlim_cur = 16_384
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      var written: UInt64 = 0
      while producer.append(type: 1, cause: 0, timeNs: 0, written) != nil {
        written += 1
        producer.publish()
        clock.advance(JournalWriter.retryNs)
        _ = writer.poll()
      }
      #expect(counters.behind.value == 1 && counters.noSpaceErrors.value > 0 && counters.writeErrors.value == 0)
      limit = unlimited
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      clock.advance(JournalWriter.retryNs)
      let waiting = Int(written) - Int(counters.records.value)
      var taken = 0
      while case let count = writer.poll(), count > 0 { taken += count }  // A run ends at the ring's end.
      #expect(waiting > 0 && taken == waiting && counters.behind.value == 0)
      try writer.finish()
      let (records, end) = try readAll(scratch.path + "/journal")
      #expect(records.count == Int(written) && end == .finished)
    }
  }

  /// fdatasync runs on the journal's thread: while it stalls nothing is taken from any ring.
  @Test("a stalled sync: the rings fill and tell it, the oldest unsynced record has its time, and nothing is lost")
  func stalled() throws {
    let scratch = try ScratchDirectory()
    let clock = ManualClock()
    let disk = FaultyDisk()
    let ring = RecordRing(stage: 1, capacityBytes: 4096)
    var producer = ring.producer
    let counters = try journalCounters()
    var writer = try JournalWriter(
      directory: scratch.path + "/journal", header: sessionHeader(), sources: [RecordSource(ring.consumer)],
      counters: counters, options: JournalOptions(sync: .everyWrite), nowNs: { clock.nowNs })
    writer.inject { operation throws(FileError) in try disk.pass(operation) }
    let journal = JournalThread(writer)
    disk.isHolding.store(true, ordering: .releasing)
    journal.start()
    let beganNs = clock.nowNs
    _ = producer.append(type: 1, cause: 0, timeNs: 0, UInt64(0))
    producer.publish()
    while !disk.isHeld.load(ordering: .acquiring) { sched_yield() }
    #expect(counters.unsyncedSinceNs.value == beganNs)
    clock.advance(5_000_000_000)
    var count: UInt64 = 1
    while producer.append(type: 1, cause: 0, timeNs: 0, count) != nil {
      count += 1
      producer.publish()
    }
    #expect(producer.freeBytes() < 48, "the ring is full: its stage refuses new orders, and stops before that")
    #expect(counters.unsyncedSinceNs.value == beganNs && counters.records.value == 1)
    disk.isHolding.store(false, ordering: .releasing)
    while counters.records.value < Int64(count) { sched_yield() }
    try journal.end()
    #expect(counters.unsyncedSinceNs.value == 0)
    let (records, end) = try readAll(scratch.path + "/journal")
    #expect(records.count == Int(count) && end == .finished)
  }
}
