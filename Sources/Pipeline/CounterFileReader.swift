// The reader's side of the counter file, for another process (`apus stat`, the console, the guard) or the live table.

import Glibc
import Synchronization

/// Why a file cannot be read as a counter file.
public enum CounterFileError: Error, Equatable, CustomStringConvertible {
  case memory(MemoryError)
  case notACounterFile
  case unsupportedVersion(UInt32)
  /// The header promises more than the file has, or its parts contradict each other.
  case damaged(String)

  public var description: String {
    switch self {
    case .memory(let error): error.description
    case .notACounterFile: "not a counter file"
    case .unsupportedVersion(let version):
      "a counter file of version \(version); this program reads version \(CounterFileLayout.version)"
    case .damaged(let what): "a damaged counter file: \(what)"
    }
  }
}

/// Reads counters while they are written. Every value is read by itself: two counters may be a moment apart.
public struct CounterFileReader: Sendable {
  private let block: MemoryBlock

  /// One name of the directory.
  public struct Entry: Sendable, Equatable {
    public let name: String
    public let kind: CounterKind
    package let offset: Int
  }

  /// Maps the file and checks its header. A file that another program truncates while it is mapped cannot be
  /// guarded against; the writer never does: it replaces the file.
  public init(path: String) throws(CounterFileError) {
    do {
      block = try MemoryBlock(opening: path, writable: false)
    } catch {
      throw .memory(error)
    }
    try CounterFileReader.check(block)
  }

  init(trusting block: MemoryBlock) { self.block = block }

  /// The process that writes, or wrote, the file.
  public var writer: ProcessIdentity {
    block.address.load(fromByteOffset: CounterFileLayout.identityOffset, as: ProcessIdentity.self)
  }
  /// When the writer started, in nanoseconds since 1970.
  public var startTimeNs: Int64 { load(CounterFileLayout.startOffset) }
  /// The writer's last beat, in nanoseconds since 1970; 0 before the first.
  public var heartbeatNs: Int64 {
    block.atomic(CounterFileLayout.heartbeatOffset, of: Int64.self).pointee.load(ordering: .relaxed)
  }

  /// How many names are known by now; it only grows.
  public var entryCount: Int {
    block.atomic(CounterFileLayout.entryCountOffset, of: Int.self).pointee.load(ordering: .acquiring)
  }

  /// All names known by now, in the order in which they were made.
  public func entries() throws(CounterFileError) -> [Entry] {
    let count = entryCount
    guard count >= 0, count <= entryCapacity else { throw .damaged("\(count) entries in room for \(entryCapacity)") }
    var entries: [Entry] = []
    for index in 0..<count { entries.append(try entry(index)) }
    return entries
  }

  /// The present value of a counter.
  public func value(_ entry: Entry) -> Int64 {
    block.atomic(entry.offset, of: Int64.self).pointee.load(ordering: .relaxed)
  }

  /// What a histogram has counted by now; nil when the entry is a counter.
  public func histogram(_ entry: Entry) -> HistogramSnapshot? {
    guard entry.kind == .histogram else { return nil }
    return HistogramSnapshot(UnsafePointer(block.atomic(entry.offset, of: Int64.self)))
  }

  /// All counters by name.
  public func counters() throws(CounterFileError) -> [String: Int64] {
    var values: [String: Int64] = [:]
    for entry in try entries() where entry.kind == .counter { values[entry.name] = value(entry) }
    return values
  }

  /// All histograms by name.
  public func histograms() throws(CounterFileError) -> [String: HistogramSnapshot] {
    var snapshots: [String: HistogramSnapshot] = [:]
    for entry in try entries() { snapshots[entry.name] = histogram(entry) }
    return snapshots
  }

  private var entryCapacity: Int {
    Int(block.address.load(fromByteOffset: CounterFileLayout.entryCapacityOffset, as: UInt32.self))
  }

  private func load(_ offset: Int) -> Int64 { block.address.load(fromByteOffset: offset, as: Int64.self) }

  private static func check(_ block: MemoryBlock) throws(CounterFileError) {
    guard block.byteCount >= CounterFileLayout.directoryOffset,
      block.address.load(as: UInt64.self) == CounterFileLayout.magic
    else { throw .notACounterFile }
    let version = block.address.load(fromByteOffset: 8, as: UInt32.self)
    guard version == CounterFileLayout.version else { throw .unsupportedVersion(version) }
    let reader = CounterFileReader(trusting: block)
    let byteCount = reader.load(CounterFileLayout.byteCountOffset)
    guard byteCount == Int64(block.byteCount) else {
      throw .damaged("\(block.byteCount) bytes where the header says \(byteCount)")
    }
    let buckets = reader.load(CounterFileLayout.bucketCountOffset)
    guard buckets == Int64(HistogramLayout.bucketCount) else { throw .damaged("histograms of \(buckets) buckets") }
    guard CounterFileLayout.valuesOffset(entryCapacity: reader.entryCapacity) <= block.byteCount else {
      throw .damaged("a directory larger than the file")
    }
  }

  private func entry(_ index: Int) throws(CounterFileError) -> Entry {
    let start = block.address + CounterFileLayout.directoryOffset + index * CounterFileLayout.entryBytes
    let offset = start.load(as: Int64.self)
    let length = Int(start.load(fromByteOffset: CounterFileLayout.entryLengthOffset, as: UInt8.self))
    guard
      let kind = CounterKind(rawValue: start.load(fromByteOffset: CounterFileLayout.entryKindOffset, as: UInt8.self))
    else { throw .damaged("entry \(index) is of an unknown kind") }
    let first = CounterFileLayout.valuesOffset(entryCapacity: entryCapacity)
    guard offset >= first, offset % 8 == 0, offset <= block.byteCount - kind.byteCount,
      (1...CounterFileLayout.maximumNameBytes).contains(length)
    else { throw .damaged("entry \(index) lies outside the file") }
    let name = UnsafeRawBufferPointer(start: start + CounterFileLayout.entryNameOffset, count: length)
    return Entry(name: String(decoding: name, as: UTF8.self), kind: kind, offset: Int(offset))
  }
}
