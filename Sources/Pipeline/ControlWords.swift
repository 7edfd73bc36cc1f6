// The words that stop trading, shared by every stage: read before each order, written by whoever decides to stop.

public import Synchronization

/// The halt epoch and what else every stage has to know at once. Copies share the same words; any thread may read and
/// write.
public struct ControlWords: @unchecked Sendable {  // Safe: all words are atomics, kept alive by `block`.
  @usableFromInline let epochWord: UnsafeMutablePointer<Atomic<UInt32>>
  @usableFromInline let stoppingWord: UnsafeMutablePointer<Atomic<UInt32>>
  @usableFromInline let diskWord: UnsafeMutablePointer<Atomic<UInt32>>
  @usableFromInline let signalWord: UnsafeMutablePointer<Atomic<UInt32>>
  private let block: MemoryBlock

  /// Words of this process, all zero.
  public init() { self.init(MemoryBlock(byteCount: MemoryBlock.alignment)) }

  /// Words in the first 16 bytes of a block, which may be shared with another process.
  public init(_ block: MemoryBlock) {
    self.block = block
    epochWord = block.atomic(0, of: UInt32.self)
    stoppingWord = block.atomic(4, of: UInt32.self)
    diskWord = block.atomic(8, of: UInt32.self)
    signalWord = block.atomic(12, of: UInt32.self)
  }

  /// An order approved under an older epoch than this is dropped instead of sent.
  @inline(always) public var haltEpoch: UInt32 { epochWord.pointee.load(ordering: .acquiring) }

  /// Whether the session is ending: no new orders, working ones are cancelled.
  @inline(always) public var isStopping: Bool { stoppingWord.pointee.load(ordering: .acquiring) != 0 }

  /// Makes every order that is approved and not yet sent void.
  ///
  /// - Returns: the new epoch, under which orders may be approved again.
  @discardableResult
  public func halt() -> UInt32 { epochWord.pointee.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue }

  /// Begins the orderly end of the session.
  public func stop() { stoppingWord.pointee.store(1, ordering: .releasing) }

  /// Whether the disk does not take what the journal writes: only orders that reduce risk.
  @inline(always) public var isDiskBehind: Bool { diskWord.pointee.load(ordering: .acquiring) != 0 }

  /// Said by the journal's thread alone.
  public func setDiskBehind(_ isBehind: Bool) { diskWord.pointee.store(isBehind ? 1 : 0, ordering: .releasing) }

  /// How often a signal asked for a halt.
  @inline(always) public var haltSignals: UInt32 { signalWord.pointee.load(ordering: .acquiring) }

  /// Asks for a halt of everything: the control stage raises the halt epoch and journals it.
  public func signalHalt() { signalWord.pointee.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}
