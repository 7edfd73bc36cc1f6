// A record read back from a journal.

public import Pipeline

/// One whole, checked record, and where it stands.
public struct JournalRecord: Sendable {
  public let header: RecordHeader
  /// Header and payload.
  public let bytes: ArraySlice<UInt8>
  /// Where it stands, for messages: segment file and byte offset.
  public let file: String
  public let offset: Int

  public var payload: ArraySlice<UInt8> { bytes.dropFirst(RecordHeader.byteCount) }
  public var identifier: RecordIdentifier { RecordIdentifier(stage: header.stage, sequence: header.sequence) }

  /// The payload's fixed part as a value, which must be one for any bytes: a type of integers, not of enumerations.
  ///
  /// - Returns: nil when the payload is shorter.
  func fixed<Payload: BitwiseCopyable>(_ type: Payload.Type) -> Payload? {
    guard payload.count >= MemoryLayout<Payload>.size else { return nil }
    return payload.withUnsafeBytes { $0.loadUnaligned(as: Payload.self) }
  }
}
