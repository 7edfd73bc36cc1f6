// The io_uring transport: the kernel puts bytes into provided buffers by itself; a poll that finds none makes no call.

import CShims
import Glibc

/// Why a host has no io_uring for us, with the cure.
public struct UringUnavailable: Error, CustomStringConvertible {
  /// The kernel's errno.
  public let code: Int32

  public var description: String {
    let cause =
      switch code {
      case 1, 13: "forbidden here (a container's seccomp profile, or the sysctl kernel.io_uring_disabled)"
      case 12, 105: "out of memory or of locked memory (ulimit -l)"
      case 38: "the kernel is older than 6.0"
      default: "errno \(code)"
      }
    return "io_uring: \(cause); set `transport: poll` to use spinning sockets"
  }
}

/// A transport over one io_uring: multishot receive into a ring of provided buffers, sends from a stable buffer.
///
/// The thread that first calls `connect` becomes the ring's only user (IORING_SETUP_SINGLE_ISSUER).
public struct UringTransport: Transport, ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  private let place = InPlace()
  private enum Phase: UInt8 { case none, connecting, open }

  /// A buffer holds a TLS record; together they are 1 MiB, several of the largest bursts of a full-depth feed.
  /// When they are all taken the kernel says ENOBUFS, the bytes wait in the socket, and the receive is armed again.
  private static var bufferBytes: UInt32 { 16 * 1024 }
  private static var bufferCount: UInt32 { 64 }
  /// Completions looked at in one poll before it gives up: stale ones of an old connection among them.
  private static var completionsPerPoll: Int { 8 }

  private let ring: OpaquePointer
  private let options: TransportOptions
  private var outgoing: SendBuffer
  private var descriptor: Int32 = -1
  private var generation: UInt32 = 0
  private var phase = Phase.none
  private var failure = CloseReason.none
  private var sendingCount = 0
  private var receiveIsArmed = false
  private var holdsBuffer = false
  private var buffer: UInt16 = 0
  private var head = 0
  private var tail = 0
  public private(set) var receiveTsc: UInt64 = 0
  public private(set) var closeReason = CloseReason.none

  public init(_ options: TransportOptions = TransportOptions()) throws(UringUnavailable) {
    var opened: OpaquePointer?
    let result = apus_uring_open(&opened, Self.bufferCount, Self.bufferBytes)
    guard result == 0, let opened else { throw UringUnavailable(code: -result) }
    ring = opened
    self.options = options
    outgoing = SendBuffer(capacity: options.sendBufferBytes)
  }

  deinit {
    if descriptor >= 0 { apus_socket_close(descriptor) }
    apus_uring_close(ring)
  }

  /// Nil where io_uring can be used; otherwise why not. Makes and drops a ring.
  public static func probe() -> UringUnavailable? {
    do throws(UringUnavailable) {
      _ = try UringTransport(TransportOptions(sendBufferBytes: 64))
      return nil
    } catch {
      return error
    }
  }

  @_noLocks
  public mutating func connect(to address: SocketAddress) {
    precondition(phase == .none, "one connection at a time")
    failure = .none
    phase = .connecting
    var raw = address.raw  // the kernel copies it when the request is submitted, below
    descriptor = apus_socket_open(&raw, Int32(truncatingIfNeeded: options.busyPollUs))
    guard descriptor >= 0, options.kernelStamps == nil || apus_socket_stamp(descriptor) == 0,
      apus_uring_enable(ring) == 0,
      apus_uring_connect(ring, descriptor, &raw, generation) == 0
    else {
      failure = .socketError
      return
    }
    submit()
  }

  @_noLocks
  public mutating func poll() -> TransportEvent {
    guard phase != .none else { return .idle }
    if head < tail { return .received }
    if failure != .none { return end(failure) }
    if phase == .open && !receiveIsArmed { armReceive() }
    var completion = apus_uring_completion()
    var budget = Self.completionsPerPoll
    while budget > 0, apus_uring_next(ring, &completion) != 0 {
      let event = handle(completion)
      if event != .idle { return event }
      budget &-= 1
    }
    return failure == .none ? .idle : end(failure)
  }

  public var received: UnsafeRawBufferPointer {
    @_noLocks get { UnsafeRawBufferPointer(start: apus_uring_buffer(ring, buffer) + head, count: tail &- head) }
  }

  @_noLocks
  public mutating func consume(_ count: Int) {
    precondition(count >= 0 && count <= tail &- head)
    head &+= count
    if head == tail { recycle() }
  }

  public var sendSpace: UnsafeMutableRawBufferPointer {
    @_noLocks get { outgoing.space }
  }

  @_noLocks
  public mutating func send(_ count: Int) {
    outgoing.commit(count)
    if phase == .open { startSend() }
  }

  @_noLocks
  public mutating func close() {
    recycle()
    if descriptor >= 0 {
      // Whatever is under way belongs to the old generation: its completions come later and are only tidied up.
      if apus_uring_cancel(ring, descriptor, generation) == 0 { _ = apus_uring_submit(ring) }
      apus_socket_close(descriptor)
    }
    generation &+= 1
    descriptor = -1
    phase = .none
    sendingCount = 0
    receiveIsArmed = false
    outgoing.reset()
  }

  @_noLocks
  private mutating func handle(_ completion: apus_uring_completion) -> TransportEvent {
    guard completion.generation == generation else {
      if completion.has_buffer != 0 { apus_uring_recycle(ring, completion.buffer) }
      return .idle
    }
    switch completion.operation {
    case UInt8(APUS_URING_CONNECT.rawValue): return connected(completion.result)
    case UInt8(APUS_URING_RECEIVE.rawValue): return receive(completion)
    case UInt8(APUS_URING_SEND.rawValue): sent(completion.result)
    default: break
    }
    return .idle
  }

  @_noLocks
  private mutating func connected(_ result: Int32) -> TransportEvent {
    guard result == 0 else { return end(.connectFailed) }
    phase = .open
    armReceive()
    return .connected
  }

  @_noLocks
  private mutating func receive(_ completion: apus_uring_completion) -> TransportEvent {
    receiveIsArmed = completion.has_more != 0
    if completion.has_buffer != 0 {
      holdsBuffer = true
      buffer = completion.buffer
    }
    if completion.result > 0 {
      receiveTsc = options.kernelStamps?.arrivalTsc(ageNs: completion.age_ns) ?? apus_tsc()
      head = Int(completion.offset)
      tail = head &+ Int(completion.result)
      return .received
    }
    // Out of buffers, or interrupted: the next poll arms the receive again.
    if completion.result == -ENOBUFS || completion.result == -EINTR || completion.result == -EAGAIN { return .idle }
    return end(completion.result == 0 ? .peerClosed : .socketError)
  }

  @_noLocks
  private mutating func armReceive() {
    let result =
      options.kernelStamps == nil
      ? apus_uring_receive(ring, descriptor, generation)
      : apus_uring_receive_stamped(ring, descriptor, generation)
    receiveIsArmed = result == 0
    submit()
  }

  /// One send is under way at a time: bytes written meanwhile go with the next.
  @_noLocks
  private mutating func startSend() {
    let waiting = outgoing.pending
    guard sendingCount == 0, waiting.count > 0 else { return }
    guard apus_uring_send(ring, descriptor, waiting.baseAddress, waiting.count, generation) == 0 else {
      failure = .socketError
      return
    }
    sendingCount = waiting.count
    submit()
  }

  @_noLocks
  private mutating func sent(_ result: Int32) {
    sendingCount = 0
    if result > 0 {
      outgoing.sent(Int(result))
    } else if result != -EINTR && result != -EAGAIN {
      failure = .socketError
      return
    }
    startSend()
  }

  @_noLocks
  private mutating func submit() {
    if apus_uring_submit(ring) != 0 { failure = .socketError }
  }

  @_noLocks
  private mutating func recycle() {
    head = 0
    tail = 0
    if holdsBuffer { apus_uring_recycle(ring, buffer) }
    holdsBuffer = false
  }

  @_noLocks
  private mutating func end(_ reason: CloseReason) -> TransportEvent {
    close()
    closeReason = reason
    return .closed
  }
}
