// The transport: one TCP connection at a time, without waiting, as io_uring or as a spinning socket.

/// What a transport saw since it was last polled.
public enum TransportEvent: UInt8, BitwiseCopyable, Sendable {
  case idle = 0
  /// `connect` succeeded: bytes can be sent.
  case connected = 1
  /// Bytes stand in `received`.
  case received = 2
  /// The connection ended or never came to be (`closeReason`).
  case closed = 3
}

/// One TCP connection at a time, polled by the one stage that owns it. No call waits; none has a timer of its own:
/// whoever polls gives up a connection that takes too long with `close`.
///
/// A compile-time interface: channels are generic over it, and every implementation's calls are `@_noLocks`.
public protocol Transport: ~Copyable {
  /// Begins a connection; `poll` tells `.connected` or `.closed`. Only while there is none.
  mutating func connect(to address: SocketAddress)

  /// Sends what is still waiting, and tells one thing that happened.
  ///
  /// `.received` is told again until everything in `received` is consumed.
  mutating func poll() -> TransportEvent

  /// Bytes from the peer that are not consumed yet, contiguous; valid until the next `poll` or `consume`.
  var received: UnsafeRawBufferPointer { get }
  mutating func consume(_ count: Int)

  /// When `received` was taken over from the kernel, in time-stamp-counter cycles; with the kernel's stamps, when the last of
  /// it arrived there.
  var receiveTsc: UInt64 { get }

  /// Where bytes to be sent are written; shrinks while the peer does not take them.
  var sendSpace: UnsafeMutableRawBufferPointer { get }
  /// Sends the first `count` bytes of `sendSpace`, at once as far as the kernel takes them.
  mutating func send(_ count: Int)

  /// Gives the connection up, without a word if there is none.
  mutating func close()
  var closeReason: CloseReason { get }
}

/// Sizes and options that both transports share.
public struct TransportOptions: Sendable {
  /// Asks the kernel to poll the network card for that long in a receive (SO_BUSY_POLL); 0 leaves it alone.
  public var busyPollUs: Int
  /// Bytes that can wait for a slow peer before `sendSpace` is empty. Orders take a few hundred bytes each; this is a
  /// whole TLS flight and some hundred orders.
  public var sendBufferBytes: Int
  /// Nil: bytes are stamped by the process when it takes them over.
  public var kernelStamps: KernelStamps?

  public init(busyPollUs: Int = 0, sendBufferBytes: Int = 256 * 1024, kernelStamps: KernelStamps? = nil) {
    self.busyPollUs = busyPollUs
    self.sendBufferBytes = sendBufferBytes
    self.kernelStamps = kernelStamps
  }
}
