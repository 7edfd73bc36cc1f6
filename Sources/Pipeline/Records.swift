// Records: what stages write for the journal, in byte rings that one stage writes and the journal stage drains.

/// The identity of a record: which stage wrote it, and its number in that stage's own sequence.
public struct RecordIdentifier: BitwiseCopyable, Hashable, Sendable {
  public var rawValue: UInt64
  @inline(always) public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  @inline(always) public init(stage: UInt8, sequence: UInt64) { rawValue = UInt64(stage) << 56 | sequence }
  @inline(always) public var stage: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 56) }
  @inline(always) public var sequence: UInt64 { rawValue & 0x00ff_ffff_ffff_ffff }
}

/// The fixed little-endian header before every record's payload, 40 bytes, the same in the record ring and on disk.
///
/// | offset | field | |
/// |---|---|---|
/// | 0 | `length` | bytes of header and payload, without padding |
/// | 4 | `type` | what the payload is; the numbers are the journal's |
/// | 6 | `version` | of the payload's layout |
/// | 7 | `stage` | who wrote it |
/// | 8 | `sequence` | in the stage's own count from 1, without holes |
/// | 16 | `cause` | the record that led to this one; 0 where there is none |
/// | 24 | `timeNs` | in the session's clock |
/// | 32 | `checksum` | CRC-32C of header (this field 0) and payload; filled in by the journal stage, not the hot stage |
/// | 36 | `reserved` | 0 |
public struct RecordHeader: BitwiseCopyable, Sendable {
  public var length: UInt32
  public var type: UInt16
  public var version: UInt8
  public var stage: UInt8
  public var sequence: UInt64
  public var cause: UInt64
  public var timeNs: Int64
  public var checksum: UInt32 = 0
  public var reserved: UInt32 = 0

  @inline(always)
  public init(
    length: UInt32, type: UInt16, version: UInt8, stage: UInt8, sequence: UInt64, cause: UInt64, timeNs: Int64
  ) {
    self.length = length
    self.type = type
    self.version = version
    self.stage = stage
    self.sequence = sequence
    self.cause = cause
    self.timeNs = timeNs
  }

  public static var byteCount: Int { 40 }
}
