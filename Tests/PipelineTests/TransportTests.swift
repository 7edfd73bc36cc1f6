// Both transports against a real peer: the same list of tests for io_uring and for spinning sockets.

import CShims
import Foundation
import Glibc
import MallocCounter
import Pipeline
import Testing

/// Which transport a test runs over.
enum TransportKind: String, CaseIterable, Sendable { case socket, uring, stampedSocket, stampedUring }

/// What a test does with a transport, whichever it is.
protocol TransportTest {
  func run<T: Transport & ~Copyable>(_ transport: inout T, _ listener: Listener) throws
}

extension TransportTest {
  /// - Parameter delay: where the forms with the kernel's stamps count; nil where nobody asks.
  func run(_ kind: TransportKind, _ listener: Listener = Listener(), delay: LatencyHistogram? = nil) throws {
    let counters = try CounterFile(outlivesOwner: false)
    let stamped = TransportOptions(kernelStamps: KernelStamps(delay: delay ?? counters.histogram("delay")))
    switch kind {
    case .socket:
      var transport = SocketTransport()
      try run(&transport, listener)
    case .uring:
      var transport = try UringTransport()
      try run(&transport, listener)
    case .stampedSocket:
      var transport = SocketTransport(stamped)
      try run(&transport, listener)
    case .stampedUring:
      var transport = try UringTransport(stamped)
      try run(&transport, listener)
    }
  }
}

/// A listening socket, and connections taken from it on a thread of their own.
final class Listener: @unchecked Sendable {  // Safe: constants, and descriptors that one thread uses at a time.
  let descriptor: Int32
  let address: SocketAddress

  init() {
    var raw = apus_address()
    descriptor = apus_socket_listen(&raw)
    precondition(descriptor >= 0, "no listening socket")
    let port = withUnsafeBytes(of: raw.bytes) { $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self).bigEndian }
    address = try! SocketAddress.resolve(host: "127.0.0.1", port: port)[0]
  }

  deinit { close(descriptor) }

  /// Accepts one connection on another thread, lets `body` have it, and closes it.
  func serve(_ body: @escaping @Sendable (Int32) -> Void) -> Thread {
    let thread = Thread { [self] in
      let connection = apus_socket_accept(descriptor)
      precondition(connection >= 0, "no connection")
      body(connection)
      close(connection)
    }
    thread.start()
    return thread
  }
}

/// Sends all of the bytes, blocking.
func sendAll(_ descriptor: Int32, _ bytes: [UInt8]) {
  var sent = 0
  while sent < bytes.count {
    let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress! + sent, bytes.count - sent, 0x4000) }
    guard count > 0 else { return }
    sent += count
  }
}

/// Sends back what comes until the peer closes.
func echo(_ descriptor: Int32) {
  var buffer = [UInt8](repeating: 0, count: 32 * 1024)
  while true {
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return }
    sendAll(descriptor, Array(buffer[..<count]))
  }
}

struct NothingHappened: Error {}

/// How long a test polls before it gives up: only a broken transport gets there.
let patienceNs: UInt64 = 20_000_000_000

/// Polls until `done` says so.
func poll<T: Transport & ~Copyable>(
  _ transport: inout T, until done: (inout T, TransportEvent) throws -> Bool
) throws {
  let start = monotonicNs()
  while try !done(&transport, transport.poll()) {
    if monotonicNs() - start > patienceNs { throw NothingHappened() }
    sched_yield()
  }
}

private func monotonicNs() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

func write<T: Transport & ~Copyable>(_ bytes: some Collection<UInt8>, to transport: inout T) -> Int {
  let space = transport.sendSpace
  let count = min(space.count, bytes.count)
  space.copyBytes(from: bytes.prefix(count))
  if count > 0 { transport.send(count) }
  return count
}

/// 4 MiB go out and come back: more than every buffer on the way, so sends are partial and buffers run out.
private struct BulkEcho: TransportTest {
  func run<T: Transport & ~Copyable>(_ transport: inout T, _ listener: Listener) throws {
    _ = listener.serve(echo)
    transport.connect(to: listener.address)
    let bytes = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 13) }
    var sent = 0
    var got: [UInt8] = []
    var isConnected = false
    try poll(&transport) { transport, event in
      if event == .closed { throw NothingHappened() }
      if event == .connected { isConnected = true }
      if event == .received {
        got += transport.received
        #expect(transport.receiveTsc > 0)
        transport.consume(transport.received.count)
      }
      if isConnected && sent < bytes.count { sent += write(bytes[sent...], to: &transport) }
      return got.count == bytes.count
    }
    #expect(got == bytes)
    transport.close()
  }
}

/// The peer sends 4 MiB before we look once: the provided buffers (1 MiB) run out, and nothing is lost.
private struct LateReader: TransportTest {
  func run<T: Transport & ~Copyable>(_ transport: inout T, _ listener: Listener) throws {
    let bytes = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 11) }
    _ = listener.serve { connection in sendAll(connection, bytes) }
    transport.connect(to: listener.address)
    var got: [UInt8] = []
    try poll(&transport) { transport, event in
      // Consumed in odd pieces: what is left is told again.
      if event == .received {
        let piece = min(transport.received.count, 10_007)
        got += transport.received.prefix(piece)
        transport.consume(piece)
      }
      return event == .closed
    }
    #expect(transport.closeReason == .peerClosed)
    #expect(got == bytes)
  }
}

private struct RefusedConnection: TransportTest {
  func run<T: Transport & ~Copyable>(_ transport: inout T, _ listener: Listener) throws {
    shutdown(listener.descriptor, Int32(SHUT_RDWR))  // the port is still taken, but nobody listens
    transport.connect(to: listener.address)
    try poll(&transport) { _, event in event == .closed }
    #expect(transport.closeReason == .connectFailed)
  }
}

/// After a close, with bytes of the old connection unread, the next connection sees only its own.
private struct Reconnect: TransportTest {
  func run<T: Transport & ~Copyable>(_ transport: inout T, _ listener: Listener) throws {
    for round in 0..<5 {
      _ = listener.serve { connection in
        sendAll(connection, [UInt8](repeating: UInt8(round), count: 100_000))
        var byte: UInt8 = 0
        _ = recv(connection, &byte, 1, 0)  // until the client closes
      }
      transport.connect(to: listener.address)
      var count = 0
      try poll(&transport) { transport, event in
        if event == .closed { throw NothingHappened() }
        if event == .received {
          #expect(transport.received.allSatisfy { $0 == UInt8(round) })
          count += transport.received.count
          transport.consume(transport.received.count)
        }
        return count > 20_000
      }
      transport.close()
    }
  }
}

/// A thousand small round trips call malloc not once.
private struct AllocationFree: TransportTest {
  func run<T: Transport & ~Copyable>(_ transport: inout T, _ listener: Listener) throws {
    _ = listener.serve(echo)
    transport.connect(to: listener.address)
    try poll(&transport) { _, event in event == .connected }
    let mallocs = malloc_counter_value()
    var rounds = 0
    var idlePolls = 0
    while rounds < 1000 && idlePolls < 500_000_000 {
      let space = transport.sendSpace
      space[0] = 1
      transport.send(1)
      var event = transport.poll()
      while event == .idle && idlePolls < 500_000_000 {
        idlePolls += 1
        sched_yield()
        event = transport.poll()
      }
      guard event == .received else { break }
      transport.consume(transport.received.count)
      rounds += 1
    }
    let mallocsAfter = malloc_counter_value()
    #expect(rounds == 1000)
    #expect(mallocsAfter == mallocs)
    transport.close()
  }
}

/// Bytes that lay in the kernel have a stamp from before the transport looked, and from after they were asked for.
private struct EarlierStamps: TransportTest {
  /// A thread may be interrupted between reading the kernel's clock and the counter: one round of so many has to do.
  private static let rounds = 20

  func run<T: Transport & ~Copyable>(_ transport: inout T, _ listener: Listener) throws {
    let (asked, arrived) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    _ = listener.serve { connection in
      for _ in 0..<Self.rounds {
        asked.wait()
        sendAll(connection, [1])
        var unacknowledged: Int32 = 1
        while unacknowledged > 0, ioctl(connection, UInt(TIOCOUTQ), &unacknowledged) == 0 {}
        arrived.signal()
      }
    }
    transport.connect(to: listener.address)
    try poll(&transport) { _, event in event == .connected }
    var earlier = 0
    for _ in 0..<Self.rounds {
      let askedTsc = apus_tsc()
      asked.signal()
      arrived.wait()
      let lookedTsc = apus_tsc()
      try poll(&transport) { _, event in event == .received }
      if transport.receiveTsc < lookedTsc { earlier += 1 }
      // The system's clock, by which the kernel stamps, may be slewed by 500 parts in a million (adjtimex(2)).
      let slewCycles = (apus_tsc() - askedTsc) / 2_000
      #expect(transport.receiveTsc > askedTsc - slewCycles)
      transport.consume(transport.received.count)
    }
    #expect(earlier > 0)
    transport.close()
  }
}

@Suite struct TransportTests {
  @Test(arguments: TransportKind.allCases) func bulkEcho(kind: TransportKind) throws { try BulkEcho().run(kind) }
  @Test(arguments: TransportKind.allCases) func lateReader(kind: TransportKind) throws { try LateReader().run(kind) }
  @Test(arguments: TransportKind.allCases) func refused(kind: TransportKind) throws {
    try RefusedConnection().run(kind)
  }
  @Test(arguments: TransportKind.allCases) func reconnect(kind: TransportKind) throws { try Reconnect().run(kind) }
  @Test(arguments: TransportKind.allCases) func allocationFree(kind: TransportKind) throws {
    try AllocationFree().run(kind)
  }

  @Test(arguments: [TransportKind.stampedSocket, .stampedUring]) func kernelStampsAreEarlier(kind: TransportKind) throws
  {
    let counters = try CounterFile(outlivesOwner: false)
    let delay = counters.histogram("delay")
    try EarlierStamps().run(kind, delay: delay)
    #expect(delay.snapshot().count > 0)
  }

  @Test func idleTransportsSayNothing() throws {
    var socket = SocketTransport()
    #expect(socket.poll() == .idle)
    socket.close()
    var uring = try UringTransport()
    #expect(uring.poll() == .idle)
    uring.close()
  }

  @Test func unknownNamesAreNamed() {
    let error = #expect(throws: ResolveError.self) { try SocketAddress.resolve(host: "no such name", port: 1) }
    #expect(error?.description.contains("no such name") == true)
  }

  @Test(arguments: [("127.0.0.1", "127.0.0.1:8443"), ("::1", "[::1]:8443")])
  func addressesPrint(host: String, text: String) throws {
    #expect(try SocketAddress.resolve(host: host, port: 8443).map(\.description) == [text])
  }
}
