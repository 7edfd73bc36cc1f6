// The receiving half of permessage-deflate (RFC 7692 section 7.2.2): compressed payload in, message out, bounded.

internal import CShims

/// Inflates the messages of one connection into memory of its own, all of it taken at the start.
struct MessageInflater: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  enum Outcome: UInt8 { case good, corrupt, tooLarge }

  /// zlib's state; nil where compression is never offered.
  private let state: OpaquePointer?
  private let out: UnsafeMutableRawPointer
  private let bytesLimit: Int
  private var count = 0
  /// Where the last piece begins in `out`.
  private var pieceStart = 0
  private var hasInput = false

  /// Pre-faulted: what ordinary messages take. A rare huge one pays for its own pages, once.
  private static var warmedBytes: Int { 512 * 1024 }

  /// - Parameter bytesLimit: of an inflated message; nil for a connection that never offers compression.
  init(bytesLimit: Int?) {
    self.bytesLimit = bytesLimit ?? 0
    // One byte more than any message has: when it is written, there is too much.
    out = .allocate(byteCount: self.bytesLimit + 1, alignment: 64)
    out.initializeMemory(as: UInt8.self, repeating: 0, count: min(self.bytesLimit + 1, Self.warmedBytes))
    state = bytesLimit == nil ? nil : apus_inflater_new()
    precondition(bytesLimit == nil || state != nil, "no memory for an inflater")
  }

  deinit {
    out.deallocate()
    if let state { apus_inflater_free(state) }
  }

  /// What of the message is inflated.
  var message: UnsafeRawBufferPointer {
    @_noLocks get { UnsafeRawBufferPointer(start: out, count: count) }
  }

  /// What the last `inflate` or `finish` added to it.
  var lastPiece: UnsafeRawBufferPointer {
    @_noLocks get { UnsafeRawBufferPointer(start: out + pieceStart, count: count &- pieceStart) }
  }

  /// Forgets the messages before: a new connection, or one without context takeover.
  @_noLocks
  mutating func forget() {
    if let state { apus_inflater_reset(state) }
  }

  @_noLocks
  mutating func beginMessage() {
    count = 0
    pieceStart = 0
    hasInput = false
  }

  @_noLocks
  mutating func inflate(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    pieceStart = count
    guard let state, bytes.count > 0 else { return .good }
    hasInput = true
    return advance(apus_inflate(state, bytes.baseAddress, bytes.count, out + count, room))
  }

  /// Ends the message. One without any payload is empty: zlib writes nothing for a second flush in a row.
  @_noLocks
  mutating func finish() -> Outcome {
    pieceStart = count
    guard let state, hasInput else { return .good }
    return advance(apus_inflate_end(state, out + count, room))
  }

  private var room: Int {
    @_noLocks get { bytesLimit &+ 1 &- count }
  }

  @_noLocks
  private mutating func advance(_ progress: apus_inflate_progress) -> Outcome {
    count &+= progress.produced
    if progress.is_corrupt != 0 { return .corrupt }
    return count > bytesLimit ? .tooLarge : .good
  }
}
