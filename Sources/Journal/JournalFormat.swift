// What the journal itself writes, and how it is told to write.

/// The record types that only the journal stage writes. Types below 1024 belong to the trading stages.
enum JournalRecordType {
  /// The session's orderly end: nothing follows. A journal without it was cut off. Payload: `SessionEndRecord`.
  static let sessionEnd: UInt16 = 1024
  /// The end that a recovery gave to a session which did not come to its own. Payload: `SessionRecoveredRecord`.
  static let sessionRecovered: UInt16 = 1025
}

/// How much the session wrote, so that a reader knows it has all of it.
struct SessionEndRecord: BitwiseCopyable, Equatable, Sendable {
  /// Without this one.
  var records: UInt64
  /// Of all stages' records with their padding, without headers of segments.
  var bytes: UInt64
}

/// How a session ended that was cut off: what a recovery found and did.
struct SessionRecoveredRecord: BitwiseCopyable {
  /// Without this one, those that were brought in from the record rings included.
  var totals: SessionEndRecord
  /// Records that the record rings still had.
  var drained: UInt64
  /// Bytes behind the last whole record, which were cut off.
  var tornBytes: UInt64
}

/// When the journal waits for the medium.
public enum JournalSync: Equatable, Sendable {
  /// After every write: nothing that left the record rings is lost to a power cut. For disks with a fast cache.
  case everyWrite
  /// At most this long after a write, in nanoseconds: what a power cut may take. The process's own end takes nothing.
  case interval(ns: Int64)
}

/// How a journal is laid out on disk.
public struct JournalOptions: Equatable, Sendable {
  public var sync: JournalSync
  /// A segment is closed before it would exceed this (one write may exceed it: a record is never split).
  public var segmentBytes: Int64
  /// How often what is folded of the records is saved.
  public var snapshots: SnapshotOptions

  public init(
    sync: JournalSync = .interval(ns: 100_000_000), segmentBytes: Int64 = 128 << 20,
    snapshots: SnapshotOptions = SnapshotOptions()
  ) {
    precondition(segmentBytes > 0)
    self.sync = sync
    self.segmentBytes = segmentBytes
    self.snapshots = snapshots
  }

  /// The number that stands as `stage` in the journal's own records.
  public static var journalStage: UInt8 { 255 }
}
