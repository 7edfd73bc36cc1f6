// A transport through memory: what the bot sends lies in a buffer, and what it receives was put there. One thread.

import CShims
import Pipeline

/// Both directions of one connection, and the two ends' view of them.
final class MemoryWire {
  struct State {
    let incoming: UnsafeMutableRawBufferPointer
    let outgoing: UnsafeMutableRawBufferPointer
    /// Of `incoming`: from where the bot has not consumed yet, to where it was filled.
    var head = 0
    var tail = 0
    /// Of `outgoing`.
    var sent = 0
    var isAsked = false
    var isConnected = false
    /// Time-stamp counter when the last bytes were handed to the bot, and when it handed over its last ones.
    var receiveTsc: UInt64 = 0
    var sendTsc: UInt64 = 0
  }

  /// In memory of its own: as a property it would be checked for exclusive access at each use.
  let state = UnsafeMutablePointer<State>.allocate(capacity: 1)

  private static let byteCount = 1 << 20

  init() {
    func buffer() -> UnsafeMutableRawBufferPointer {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.byteCount, alignment: 64)
      buffer.initializeMemory(as: UInt8.self, repeating: 0)
      return buffer
    }
    state.initialize(to: State(incoming: buffer(), outgoing: buffer()))
  }

  deinit {
    state.pointee.incoming.deallocate()
    state.pointee.outgoing.deallocate()
    state.deallocate()
  }

  /// Where the venue writes what the bot is to receive; `arrived` follows.
  var space: UnsafeMutableRawBufferPointer {
    if state.pointee.head == state.pointee.tail { (state.pointee.head, state.pointee.tail) = (0, 0) }
    return UnsafeMutableRawBufferPointer(rebasing: state.pointee.incoming[state.pointee.tail...])
  }

  /// Whether the bot has taken everything.
  var isEmpty: Bool { state.pointee.head == state.pointee.tail }

  func arrived(_ count: Int) {
    state.pointee.tail += count
    state.pointee.receiveTsc = apus_tsc()
  }

  var outgoing: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: state.pointee.outgoing[..<state.pointee.sent])
  }
}

/// The bot's end. The wire has to outlive it.
struct MemoryTransport: Transport, ~Copyable {
  private let wire: UnsafeMutablePointer<MemoryWire.State>

  init(_ wire: MemoryWire) { self.wire = wire.state }

  @_noLocks
  mutating func connect(to address: SocketAddress) { wire.pointee.isAsked = true }

  @_noLocks
  mutating func poll() -> TransportEvent {
    if wire.pointee.isAsked {
      wire.pointee.isAsked = false
      wire.pointee.isConnected = true
      return .connected
    }
    return wire.pointee.head < wire.pointee.tail ? .received : .idle
  }

  var received: UnsafeRawBufferPointer {
    @_noLocks get {
      UnsafeRawBufferPointer(
        start: wire.pointee.incoming.baseAddress! + wire.pointee.head, count: wire.pointee.tail &- wire.pointee.head)
    }
  }

  @_noLocks
  mutating func consume(_ count: Int) { wire.pointee.head &+= count }

  var receiveTsc: UInt64 {
    @_noLocks get { wire.pointee.receiveTsc }
  }

  var sendSpace: UnsafeMutableRawBufferPointer {
    @_noLocks get {
      UnsafeMutableRawBufferPointer(
        start: wire.pointee.outgoing.baseAddress! + wire.pointee.sent,
        count: wire.pointee.outgoing.count &- wire.pointee.sent)
    }
  }

  @_noLocks
  mutating func send(_ count: Int) {
    wire.pointee.sent &+= count
    wire.pointee.sendTsc = apus_tsc()
  }

  @_noLocks
  mutating func close() { wire.pointee.isConnected = false }

  var closeReason: CloseReason {
    @_noLocks get { .none }
  }
}
