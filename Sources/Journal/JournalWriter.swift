// The journal stage: the only writer of the disk. Cold; it never makes a hot stage wait, nor loses what one wrote.

import CShims
import Glibc
public import Pipeline

/// Takes what all stages wrote into their record rings, completes the checksums and appends it to the segment files.
///
/// A record leaves its ring only after the file has it. A disk that takes nothing (full, failing, slow) therefore
/// fills the rings, which each stage sees at its own ring's fill, and raises `counters.behind`; trading goes
/// reduce-only and then stops, nothing is dropped, and all of it goes on when the disk does. Each attempt writes the
/// same bytes to the same place, so a failed or partial one leaves at most a torn tail behind the last whole record.
///
/// Each record is written where it stands in its ring: no copy, one `pwritev` for all stages.
public struct JournalWriter: ~Copyable, Stage {
  public let counters: JournalCounters
  /// What went wrong last, for people; nil when nothing did.
  public private(set) var lastError: FileError?
  private let sources: [RecordSource]
  private let options: JournalOptions
  private let nowNs: @Sendable () -> Int64
  private var segments: SegmentWriter
  private let parts: UnsafeMutableBufferPointer<iovec>
  /// When the oldest byte was written that no sync has covered yet.
  private var unsyncedSinceNs: Int64? {
    didSet { counters.unsyncedSinceNs.set(unsyncedSinceNs ?? 0) }
  }
  private var retryAtNs = Int64.min
  private var syncFailed = false
  private var written = SessionEndRecord(records: 0, bytes: 0)
  private var keeper: SnapshotKeeper?

  /// Most bytes of one stage in one write: what a disk takes in a few milliseconds, so that no ring waits long.
  static var runLimitBytes: Int { 1 << 20 }
  /// How long after a failed write the next is tried.
  package static var retryNs: Int64 { 10_000_000 }

  /// Creates the first segment and makes it durable.
  ///
  /// - Parameters:
  ///   - directory: of this session alone; created when it is not there. A journal in it already is an error.
  ///   - sources: one for each stage that writes records.
  ///   - fold: what is kept of the records and saved in snapshots beside the segments; nil for nothing.
  ///   - nowNs: the session's clock, for the intervals of syncs and snapshots only.
  public init(
    directory: String, header: SessionHeader, sources: [RecordSource], counters: JournalCounters,
    options: JournalOptions = JournalOptions(), fold: (any RecordFold)? = nil,
    nowNs: @escaping @Sendable () -> Int64
  ) throws(FileError) {
    segments = try SegmentWriter(directory: directory, header: header)
    self.sources = sources
    self.counters = counters
    self.options = options
    self.nowNs = nowNs
    keeper = fold.map { SnapshotKeeper($0, options.snapshots, directory: directory, session: header.session) }
    parts = .allocate(capacity: max(1, sources.count))
    counters.segment.set(Int64(segments.number))
  }

  deinit { parts.deallocate() }

  /// Writes one batch: a run of each stage's records.
  ///
  /// - Returns: how many records the file took.
  public mutating func poll() -> Int {
    let now = nowNs()
    guard now >= retryAtNs else { return 0 }
    do throws(FileError) {
      let records = try writeBatch(now)
      syncIfDue(now)
      saveIfDue(now)
      return records
    } catch {
      (error.isNoSpace ? counters.noSpaceErrors : counters.writeErrors).add()
      note(error, now)
      return 0
    }
  }

  /// Writes all that is left, the session's end and a last sync. Every other stage has stopped before.
  ///
  /// - Throws: the first error. What was not written is still in the rings, and the call can be repeated.
  public mutating func finish() throws(FileError) {
    let now = nowNs()
    while try writeBatch(now) > 0 {}
    try segments.sync()
    save(now)
    try segments.append(
      RecordSeal.lastRecord(type: JournalRecordType.sessionEnd, written, timeNs: now))
    try segments.sync()
    counters.syncs.add()
    unsyncedSinceNs = nil
  }

  private mutating func writeBatch(_ now: Int64) throws(FileError) -> Int {
    let batch = collect()
    guard batch.parts > 0 else { return 0 }
    if segments.hasRecords, segments.byteCount + Int64(batch.bytes) > options.segmentBytes {
      try segments.rotate()
      counters.segment.set(Int64(segments.number))
      unsyncedSinceNs = nil
      keeper?.noteRotation()
    }
    try segments.append(UnsafeMutableBufferPointer(rebasing: parts[..<batch.parts]), bytes: batch.bytes)
    for source in sources {
      keeper?.take(UnsafeRawBufferPointer(source.taken), now: now)
      source.consumer.release(source.taken.count)
    }
    written.records += UInt64(batch.records)
    written.bytes += UInt64(batch.bytes)
    counters.records.add(Int64(batch.records))
    counters.bytes.add(Int64(batch.bytes))
    counters.writes.add()
    if unsyncedSinceNs == nil { unsyncedSinceNs = now }
    if !syncFailed { counters.behind.set(0) }
    return batch.records
  }

  /// Points `parts` at a run of each stage's oldest records and completes them.
  private func collect() -> (parts: Int, bytes: Int, records: Int) {
    var batch = (parts: 0, bytes: 0, records: 0)
    for source in sources {
      let run = source.consumer.waiting(limitBytes: JournalWriter.runLimitBytes)
      source.taken = run
      guard run.count > 0 else { continue }
      batch.records += RecordSeal.seal(run)
      batch.bytes += run.count
      parts[batch.parts] = iovec(iov_base: run.baseAddress, iov_len: run.count)
      batch.parts += 1
    }
    return batch
  }

  private mutating func syncIfDue(_ now: Int64) {
    guard let since = unsyncedSinceNs else { return }
    if case .interval(let ns) = options.sync, now - since < ns { return }
    sync(now)
  }

  private mutating func sync(_ now: Int64) {
    do throws(FileError) {
      try segments.sync()
      counters.syncs.add()
      unsyncedSinceNs = nil
    } catch {
      syncFailed = true
      counters.syncErrors.add()
      note(error, now)
    }
  }

  /// Saves the fold. What it stands for must be durable first, so this may sync ahead of its time.
  private mutating func saveIfDue(_ now: Int64) {
    guard keeper?.isDue(now) == true else { return }
    if unsyncedSinceNs != nil { sync(now) }
    if unsyncedSinceNs == nil { save(now) }
  }

  private mutating func save(_ now: Int64) {
    do throws(FileError) {
      try keeper?.save(segment: segments.number, offset: segments.byteCount, totals: written, now: now)
      counters.snapshots.add()
    } catch {
      // Nothing is lost by it: the next start reads more. A disk that takes no records tells so by the write errors.
      lastError = error
      counters.lastError.set(Int64(error.code))
      counters.snapshotErrors.add()
    }
  }

  /// Lets a test stand in for the disk.
  package mutating func inject(_ fault: @escaping DiskFault) { segments.fault = fault }

  private mutating func note(_ error: FileError, _ now: Int64) {
    lastError = error
    counters.lastError.set(Int64(error.code))
    counters.behind.set(1)
    retryAtNs = now + JournalWriter.retryNs
  }
}
