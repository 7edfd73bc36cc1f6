// The plaintext of one connection: bytes come in at the end, messages are put together in place at the front.

/// A linear buffer in which a parser assembles a message out of pieces (frames, chunks) without a second buffer.
///
///     [ dead | assembled | dead | unparsed | space ]
///
/// A parser looks at `unparsed`, `skip`s headers and `take`s payload: what is taken joins `assembled`, and moves only
/// when something was skipped since. A message of one piece is therefore delivered where it was received.
public struct AssemblyBuffer: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private var start = 0
  private var assembledCount = 0
  private var position = 0
  private var tail = 0
  private var isHeld = false

  /// Space that `makeSpace` always offers: two TLS records, so that one fits, and after it another.
  private static var minimumSpaceBytes: Int { 32 * 1024 }
  /// More dead bytes than this in front and the rest moves there, so that a busy stream stays in the caches.
  private static var deadBytesLimit: Int { 256 * 1024 }
  /// Room behind the largest message: the minimum space, and an incomplete header of at most as much.
  private static var slackBytes: Int { 2 * minimumSpaceBytes }

  /// - Parameter maximumBytes: of an assembled message, with its last unparsed piece. The parser enforces it.
  public init(maximumBytes: Int) {
    capacity = maximumBytes + Self.slackBytes
    base = .allocate(byteCount: capacity, alignment: 64)
    // Pre-faults what ordinary traffic uses; a rare huge message pays for its own pages, once.
    let warmed = min(capacity, 2 * Self.deadBytesLimit)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: warmed)
  }

  deinit { base.deallocate() }

  /// Where the next bytes are written. Moves what is there if need be: earlier pointers into the buffer are void.
  @_noLocks
  public mutating func makeSpace() -> UnsafeMutableRawBufferPointer {
    if !isHeld && (start > Self.deadBytesLimit || capacity &- tail < Self.minimumSpaceBytes) { compact() }
    return UnsafeMutableRawBufferPointer(start: base + tail, count: capacity &- tail)
  }

  /// Adds the first `count` bytes of the space.
  @_noLocks
  public mutating func commit(_ count: Int) {
    precondition(count >= 0 && count <= capacity &- tail)
    tail &+= count
  }

  public var unparsed: UnsafeRawBufferPointer {
    @_noLocks get { UnsafeRawBufferPointer(start: base + position, count: tail &- position) }
  }

  /// Drops unparsed bytes.
  @_noLocks
  public mutating func skip(_ count: Int) {
    precondition(count >= 0 && count <= tail &- position)
    position &+= count
    if assembledCount == 0 { start = position }
  }

  /// Joins unparsed bytes to the message.
  @_noLocks
  public mutating func take(_ count: Int) {
    precondition(count >= 0 && count <= tail &- position)
    let end = start &+ assembledCount
    if end != position { (base + end).copyMemory(from: base + position, byteCount: count) }
    assembledCount &+= count
    position &+= count
  }

  /// The message so far.
  public var assembled: UnsafeRawBufferPointer {
    @_noLocks get { UnsafeRawBufferPointer(start: base + start, count: assembledCount) }
  }

  /// Keeps `assembled` where it is until it is cleared, even when more bytes arrive (one TLS record at most).
  @_noLocks
  public mutating func hold() { isHeld = true }

  /// Forgets the message; the unparsed bytes stay.
  @_noLocks
  public mutating func clearAssembled() {
    isHeld = false
    assembledCount = 0
    start = position
    if position == tail { reset() }
  }

  /// Forgets everything.
  @_noLocks
  public mutating func reset() {
    isHeld = false
    start = 0
    assembledCount = 0
    position = 0
    tail = 0
  }

  @_noLocks
  private mutating func compact() {
    base.copyMemory(from: base + start, byteCount: assembledCount)
    let unparsedCount = tail &- position
    (base + assembledCount).copyMemory(from: base + position, byteCount: unparsedCount)
    start = 0
    position = assembledCount
    tail = assembledCount &+ unparsedCount
  }
}
