// The spinning transport: non-blocking send and receive calls, for hosts without io_uring and as the baseline.

import CShims
import Glibc

/// A transport over plain non-blocking system calls. One thread at a time.
public struct SocketTransport: Transport, ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  private let place = InPlace()
  private enum Phase: UInt8 { case none, connecting, open }

  /// What one receive takes: four TLS records. An empty poll costs one system call whatever the size.
  private static var receiveBytes: Int { 64 * 1024 }

  private let options: TransportOptions
  private let incoming: UnsafeMutableRawPointer
  private var head = 0
  private var tail = 0
  private var outgoing: SendBuffer
  private var descriptor: Int32 = -1
  private var phase = Phase.none
  private var failure = CloseReason.none
  public private(set) var receiveTsc: UInt64 = 0
  public private(set) var closeReason = CloseReason.none

  public init(_ options: TransportOptions = TransportOptions()) {
    self.options = options
    outgoing = SendBuffer(capacity: options.sendBufferBytes)
    incoming = .allocate(byteCount: Self.receiveBytes, alignment: 64)
    incoming.initializeMemory(as: UInt8.self, repeating: 0, count: Self.receiveBytes)
  }

  deinit {
    if descriptor >= 0 { apus_socket_close(descriptor) }
    incoming.deallocate()
  }

  @_noLocks
  public mutating func connect(to address: SocketAddress) {
    precondition(phase == .none, "one connection at a time")
    failure = .none
    phase = .connecting
    var raw = address.raw
    descriptor = apus_socket_open(&raw, Int32(truncatingIfNeeded: options.busyPollUs))
    guard descriptor >= 0 else {
      failure = .socketError
      return
    }
    if options.kernelStamps != nil, apus_socket_stamp(descriptor) != 0 { failure = .socketError }
    let result = apus_socket_connect(descriptor, &raw)
    if result != 0 && result != -EINPROGRESS { failure = .connectFailed }
  }

  @_noLocks
  public mutating func poll() -> TransportEvent {
    guard phase != .none else { return .idle }
    if failure != .none { return end(failure) }
    if phase == .connecting { return finishConnecting() }
    if head < tail { return .received }
    flush()
    return failure == .none ? receive() : end(failure)
  }

  public var received: UnsafeRawBufferPointer {
    @_noLocks get { UnsafeRawBufferPointer(start: incoming + head, count: tail &- head) }
  }

  @_noLocks
  public mutating func consume(_ count: Int) {
    precondition(count >= 0 && count <= tail &- head)
    head &+= count
  }

  public var sendSpace: UnsafeMutableRawBufferPointer {
    @_noLocks get { outgoing.space }
  }

  @_noLocks
  public mutating func send(_ count: Int) {
    outgoing.commit(count)
    if phase == .open { flush() }
  }

  @_noLocks
  public mutating func close() {
    if descriptor >= 0 { apus_socket_close(descriptor) }
    descriptor = -1
    phase = .none
    head = 0
    tail = 0
    outgoing.reset()
  }

  @_noLocks
  private mutating func finishConnecting() -> TransportEvent {
    let connected = apus_socket_connected(descriptor)
    if connected == 0 { return .idle }
    if connected < 0 { return end(.connectFailed) }
    phase = .open
    return .connected
  }

  @_noLocks
  private mutating func receive() -> TransportEvent {
    var ageNs: Int64 = -1
    let count =
      options.kernelStamps == nil
      ? apus_socket_receive(descriptor, incoming, Self.receiveBytes)
      : apus_socket_receive_stamped(descriptor, incoming, Self.receiveBytes, &ageNs)
    if count == -Int(EAGAIN) || count == -Int(EINTR) { return .idle }
    if count == 0 { return end(.peerClosed) }
    if count < 0 { return end(.socketError) }
    receiveTsc = options.kernelStamps?.arrivalTsc(ageNs: ageNs) ?? apus_tsc()
    head = 0
    tail = count
    return .received
  }

  /// Sends until the kernel takes no more; a failure is told by the next `poll`.
  @_noLocks
  private mutating func flush() {
    let waiting = outgoing.pending
    guard waiting.count > 0 else { return }
    let count = apus_socket_send(descriptor, waiting.baseAddress, waiting.count)
    if count > 0 {
      outgoing.sent(count)  // a rest means that the socket's own buffer is full: the next poll goes on
    } else if count != -Int(EAGAIN) && count != -Int(EINTR) {
      failure = .socketError
    }
  }

  @_noLocks
  private mutating func end(_ reason: CloseReason) -> TransportEvent {
    close()
    closeReason = reason
    return .closed
  }
}
