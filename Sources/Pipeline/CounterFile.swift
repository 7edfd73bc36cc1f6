// The writer's side of the counter file: gives out counters and histograms by name. Cold; any thread.

import CShims
import Glibc
import Synchronization

/// Counters and latency histograms in memory that other processes can map (`CounterFileReader`).
///
/// Names are made of parts with dots between them, such as `feed.binance.frames`. What stands before the last dot names
/// the writer (`feed.binance`): one thread, which alone may write the counters of that prefix. Asking for a name again
/// gives the same counter. What is given out are bare addresses, which a hot stage copies and uses without reference
/// counting: so the memory stays for the life of the process, unless the maker says that it goes with this object.
public final class CounterFile: Sendable {
  private let block: MemoryBlock
  private let entryCapacity: Int
  private let heartbeat: Counter
  private let directory = Mutex(Directory())

  /// Where the next values go.
  private struct Directory {
    var offsets: [String: (kind: CounterKind, offset: Int)] = [:]
    /// The block that a writer still has room in, and how many words of it are taken.
    var openBlocks: [String: (offset: Int, taken: Int)] = [:]
    var nextOffset = 0
  }

  /// - Parameters:
  ///   - path: where other processes find it; nil keeps the memory in this process.
  ///   - memory: where the file is to lie, with a link at `path`.
  ///   - capacityBytes: a histogram takes 37 KB, a writer's counters 128 bytes for every 16 of them.
  ///   - entryCapacity: the most names.
  ///   - outlivesOwner: false where sessions come and go in one process: this object then has to outlive whatever counts
  ///     in it.
  public init(
    path: String? = nil, in memory: SharedMemory? = nil, capacityBytes: Int = 2 << 20, entryCapacity: Int = 1024,
    outlivesOwner: Bool = true
  ) throws(MemoryError) {
    let valuesOffset = CounterFileLayout.valuesOffset(entryCapacity: entryCapacity)
    precondition(entryCapacity > 0 && entryCapacity % 2 == 0 && capacityBytes > valuesOffset)
    let fill = { CounterFile.fillHeader($0, byteCount: capacityBytes, entryCapacity: entryCapacity) }
    if let path {
      block = try MemoryBlock(creating: path, byteCount: capacityBytes, in: memory, prepare: fill)
    } else {
      block = MemoryBlock(byteCount: capacityBytes)
      fill(block.address)
    }
    if outlivesOwner { _ = Unmanaged.passRetained(block) }
    self.entryCapacity = entryCapacity
    heartbeat = Counter(block.atomic(CounterFileLayout.heartbeatOffset, of: Int64.self))
    directory.withLock { $0.nextOffset = valuesOffset }
  }

  /// The counter or gauge of that name, 0 at first.
  public func counter(_ name: String) -> Counter {
    Counter(block.atomic(offset(of: name, kind: .counter), of: Int64.self))
  }

  /// The latency histogram of that name, empty at first.
  public func histogram(_ name: String) -> LatencyHistogram {
    LatencyHistogram(block.atomic(offset(of: name, kind: .histogram), of: Int64.self))
  }

  /// Tells readers that this process is alive.
  public func beat() { heartbeat.set(apus_realtime_ns()) }

  /// A reader of this very memory.
  public func reader() -> CounterFileReader { CounterFileReader(trusting: block) }

  private static func fillHeader(_ start: UnsafeMutableRawPointer, byteCount: Int, entryCapacity: Int) {
    start.storeBytes(of: CounterFileLayout.magic, as: UInt64.self)
    start.storeBytes(of: CounterFileLayout.version, toByteOffset: 8, as: UInt32.self)
    start.storeBytes(
      of: UInt32(entryCapacity), toByteOffset: CounterFileLayout.entryCapacityOffset, as: UInt32.self)
    start.storeBytes(of: Int64(byteCount), toByteOffset: CounterFileLayout.byteCountOffset, as: Int64.self)
    start.storeBytes(of: .current, toByteOffset: CounterFileLayout.identityOffset, as: ProcessIdentity.self)
    start.storeBytes(of: apus_realtime_ns(), toByteOffset: CounterFileLayout.startOffset, as: Int64.self)
    start.storeBytes(
      of: Int64(HistogramLayout.bucketCount), toByteOffset: CounterFileLayout.bucketCountOffset, as: Int64.self)
  }

  /// Finds or makes a value. A name that cannot be had is the programmer's error: the names stand in the source, and
  /// the configuration bounds the parts of them that it chooses.
  private func offset(of name: String, kind: CounterKind) -> Int {
    directory.withLock { directory in
      if let known = directory.offsets[name] {
        guard known.kind == kind else { fatalError("\(name) is already a \(known.kind)") }
        return known.offset
      }
      let offset = place(writer: CounterFile.writer(of: name), kind, &directory)
      write(name, kind, offset: offset, at: directory.offsets.count)
      directory.offsets[name] = (kind, offset)
      return offset
    }
  }

  private static func writer(of name: String) -> String {
    name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
  }

  /// Takes memory for a value: a word of the writer's open block, or blocks of its own.
  private func place(writer: String, _ kind: CounterKind, _ directory: inout Directory) -> Int {
    if kind == .counter, let open = directory.openBlocks[writer], open.taken < CounterFileLayout.wordsPerBlock {
      directory.openBlocks[writer] = (open.offset, open.taken + 1)
      return open.offset + open.taken * 8
    }
    let offset = directory.nextOffset
    let blockBytes = CounterFileLayout.blockBytes
    directory.nextOffset += (kind.byteCount + blockBytes - 1) / blockBytes * blockBytes
    guard directory.nextOffset <= block.byteCount else { fatalError("the counter file is too small for its names") }
    if kind == .counter { directory.openBlocks[writer] = (offset, 1) }
    return offset
  }

  /// Fills in a directory entry and then counts it, so that a reader never meets a half-written one.
  private func write(_ name: String, _ kind: CounterKind, offset: Int, at index: Int) {
    let bytes = Array(name.utf8)
    guard index < entryCapacity, (1...CounterFileLayout.maximumNameBytes).contains(bytes.count) else {
      fatalError("no room for a counter named \(name)")
    }
    let entry = block.address + CounterFileLayout.directoryOffset + index * CounterFileLayout.entryBytes
    entry.storeBytes(of: Int64(offset), as: Int64.self)
    entry.storeBytes(of: kind.rawValue, toByteOffset: CounterFileLayout.entryKindOffset, as: UInt8.self)
    entry.storeBytes(of: UInt8(bytes.count), toByteOffset: CounterFileLayout.entryLengthOffset, as: UInt8.self)
    (entry + CounterFileLayout.entryNameOffset).copyMemory(from: bytes, byteCount: bytes.count)
    block.atomic(CounterFileLayout.entryCountOffset, of: Int.self).pointee.store(index + 1, ordering: .releasing)
  }
}
