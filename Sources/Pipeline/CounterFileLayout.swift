// The bytes of a counter file, version 2: header, directory of names, values.

/// Offsets within a counter file. All numbers are little-endian, in the machine's own representation.
///
/// | offset | size | |
/// |---|---|---|
/// | 0 | 8 | magic |
/// | 8 | 4 | version |
/// | 12 | 4 | entries that the directory has room for |
/// | 16 | 8 | bytes of the file |
/// | 24 | 8 | 0 |
/// | 32 | 8 | start of the writer, nanoseconds since 1970 |
/// | 40 | 8 | buckets of a histogram (they differ when the layout of histograms does) |
/// | 48 | 32 | the writer's `ProcessIdentity` |
/// | 128 | 8 | number of complete entries |
/// | 136 | 8 | heartbeat, nanoseconds since 1970 |
/// | 256 | 64 each | entries: offset of the value (8), kind (1), bytes of the name (1), the name (54) |
///
/// Values follow the directory. A value's writer is the part of its name before the last dot: all counters of one
/// writer share blocks of 128 bytes that no other writer has anything in, so that no two threads write one cache line.
enum CounterFileLayout {
  /// "APUSCNTR" as bytes.
  static let magic: UInt64 = 0x5254_4e43_5355_5041
  static let version: UInt32 = 2
  static let entryCapacityOffset = 12
  static let byteCountOffset = 16
  static let startOffset = 32
  static let bucketCountOffset = 40
  static let identityOffset = 48
  static let entryCountOffset = 128
  static let heartbeatOffset = 136
  static let directoryOffset = 256
  static let entryBytes = 64
  static let entryKindOffset = 8
  static let entryLengthOffset = 9
  static let entryNameOffset = 10
  static let maximumNameBytes = entryBytes - entryNameOffset
  /// The distance at which two writers do not disturb each other.
  static let blockBytes = MemoryBlock.alignment
  static let wordsPerBlock = blockBytes / 8

  static func valuesOffset(entryCapacity: Int) -> Int { directoryOffset + entryCapacity * entryBytes }
}

/// What a value is.
public enum CounterKind: UInt8, Sendable {
  case counter = 1
  case histogram = 2

  package var byteCount: Int {
    switch self {
    case .counter: 8
    case .histogram: LatencyHistogram.byteCount
    }
  }
}
