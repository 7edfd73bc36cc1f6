// What the journal stage counts: all of it visible from outside the process.

public import Pipeline

/// The journal's counters and gauges. One writer: the journal stage.
public struct JournalCounters: Sendable {
  /// Records and bytes that the file has (not yet necessarily the medium).
  public let records: Counter
  public let bytes: Counter
  public let writes: Counter
  public let syncs: Counter
  /// The number of the segment that is written now.
  public let segment: Counter
  /// Writes that failed because the medium is full; they are tried again.
  public let noSpaceErrors: Counter
  /// Writes and new segments that failed for another reason; they are tried again.
  public let writeErrors: Counter
  /// A failed sync. Its bytes may be lost whatever is tried (the kernel drops them), so the journal stays `behind`.
  public let syncErrors: Counter
  /// When the oldest record was written that no sync has covered, in the session's clock; 0 when all are covered. While
  /// a sync stalls it stands still: now less this is what a power cut would take.
  public let unsyncedSinceNs: Counter
  /// Snapshots of the fold that are durable, and those that could not be made.
  public let snapshots: Counter
  public let snapshotErrors: Counter
  /// The errno of the last error.
  public let lastError: Counter
  /// 1 while the disk does not take what the stages write: trading goes reduce-only. Any stage may read it.
  public let behind: Counter

  /// - Parameter counter: makes the counter of that name, as a counter file does.
  public init(_ counter: (String) -> Counter) {
    records = counter("journal.records")
    bytes = counter("journal.bytes")
    writes = counter("journal.writes")
    syncs = counter("journal.syncs")
    segment = counter("journal.segment")
    noSpaceErrors = counter("journal.no_space_errors")
    writeErrors = counter("journal.write_errors")
    syncErrors = counter("journal.sync_errors")
    unsyncedSinceNs = counter("journal.unsynced_since_ns")
    snapshots = counter("journal.snapshots")
    snapshotErrors = counter("journal.snapshot_errors")
    lastError = counter("journal.last_error")
    behind = counter("journal.behind")
  }
}
