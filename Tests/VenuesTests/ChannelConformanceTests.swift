// The channels against servers that others wrote (Python's websockets, ssl and http.server), over both transports.
//
// Needs APUS_PYTHON: a Python with `websockets`. The channels are polled through `@_noLocks` functions, so that this
// file also proves, by compiling, that a whole poll is free of locks, allocation and reference counting.

import Foundation
import Glibc
import MallocCounter
import Pipeline
import Testing
import Venues

/// A concrete channel whose poll the compiler has checked.
private protocol HotMessages: ~Copyable {
  init(_ context: TLSContext, _ settings: WebSocketSettings) throws
  mutating func poll(_ nowNs: Int64) -> ChannelEvent
  mutating func send(_ text: UnsafeRawBufferPointer) -> Bool
  mutating func close()
  var message: UnsafeRawBufferPointer { get }
  var reason: CloseReason { get }
  var closeCode: UInt16 { get }
  var problem: CertificateProblem { get }
}

private struct UringMessages: HotMessages, ~Copyable {
  var channel: WebSocketChannel<UringTransport>

  init(_ context: TLSContext, _ settings: WebSocketSettings) throws {
    channel = WebSocketChannel(try UringTransport(), context, settings)
  }
  @_noLocks @inline(never) mutating func poll(_ nowNs: Int64) -> ChannelEvent { channel.poll(nowNs: nowNs) }
  @_noLocks @inline(never) mutating func send(_ text: UnsafeRawBufferPointer) -> Bool { channel.send(text) }
  @_noLocks mutating func close() { channel.close(permanently: true) }
  var message: UnsafeRawBufferPointer { channel.message }
  var reason: CloseReason { channel.closeReason }
  var closeCode: UInt16 { channel.closeCode }
  var problem: CertificateProblem { channel.certificateProblem }
}

private struct SocketMessages: HotMessages, ~Copyable {
  var channel: WebSocketChannel<SocketTransport>

  init(_ context: TLSContext, _ settings: WebSocketSettings) throws {
    channel = WebSocketChannel(SocketTransport(), context, settings)
  }
  @_noLocks @inline(never) mutating func poll(_ nowNs: Int64) -> ChannelEvent { channel.poll(nowNs: nowNs) }
  @_noLocks @inline(never) mutating func send(_ text: UnsafeRawBufferPointer) -> Bool { channel.send(text) }
  @_noLocks mutating func close() { channel.close(permanently: true) }
  var message: UnsafeRawBufferPointer { channel.message }
  var reason: CloseReason { channel.closeReason }
  var closeCode: UInt16 { channel.closeCode }
  var problem: CertificateProblem { channel.certificateProblem }
}

private struct HotRequests: ~Copyable {
  var uring: HTTPChannel<UringTransport>
  var socket: HTTPChannel<SocketTransport>
  let usesUring: Bool

  @_noLocks @inline(never)
  mutating func poll(_ nowNs: Int64) -> RequestEvent {
    usesUring ? uring.poll(nowNs: nowNs) : socket.poll(nowNs: nowNs)
  }
  @_noLocks @inline(never)
  mutating func begin(_ method: HTTPMethod, _ target: UnsafeRawBufferPointer) -> Bool {
    usesUring ? uring.begin(method, target) : socket.begin(method, target)
  }
  var body: String { String(decoding: usesUring ? uring.body : socket.body, as: UTF8.self) }
  var status: Int { usesUring ? uring.status : socket.status }
  var retryAfterSeconds: Int? { usesUring ? uring.retryAfterSeconds : socket.retryAfterSeconds }
}

/// `channel_peer.py`.
private final class Peer {
  private struct Ports: Decodable { let websocket, http: UInt16 }

  let script: PeerProcess
  private let ports: Ports

  init(version: String, names: [String] = ["DNS:localhost"], until: Int = 3600, trusted: Bool = true) throws {
    script = try PeerProcess("channel_peer.py", [version], names: names, until: until, trusted: trusted)
    ports = try script.read(Ports.self)
  }

  func context(_ newest: TLSVersion = .tls13) throws -> TLSContext { try script.context(newest) }

  func settings(http: Bool = false) throws -> ConnectionSettings {
    try script.settings(port: http ? ports.http : ports.websocket)
  }

  func webSocket(_ target: String) throws -> WebSocketSettings {
    WebSocketSettings(connection: try settings(), target: target)
  }
}

/// Polls until something happens; only a broken channel runs out of patience.
private func next<Channel: HotMessages & ~Copyable>(_ channel: inout Channel, aheadNs: Int64 = 0) throws -> ChannelEvent
{
  let start = monotonicNs()
  while true {
    let nowNs = monotonicNs()
    let event = channel.poll(nowNs + aheadNs)
    if event != .idle { return event }
    if nowNs - start > 30_000_000_000 { throw NothingHappened() }
    sched_yield()
  }
}

private func send<Channel: HotMessages & ~Copyable>(_ text: [UInt8], _ channel: inout Channel) -> Bool {
  text.withUnsafeBytes { channel.send($0) }
}

/// What is tried over each transport and TLS version.
private struct Trial<Channel: HotMessages & ~Copyable> {
  let peer: Peer
  let newest: TLSVersion

  func open(_ target: String) throws -> Channel {
    var channel = try Channel(try peer.context(newest), try peer.webSocket(target))
    let event = try next(&channel)
    #expect(event == .opened)
    return channel
  }

  /// Messages of many lengths come back as they went, some in fragments of the library's making.
  func echo(_ target: String) throws {
    var channel = try open(target)
    for count in [1, 2, 125, 126, 127, 1000, 16_000, 16_384, 40_000, 65_535, 65_536] {
      let text = (0..<count).map { UInt8(97 + $0 % 26) }
      let isSent = send(text, &channel)
      let event = try next(&channel)
      #expect(isSent && event == .message && Array(channel.message) == text, "\(count) bytes")
    }
    channel.close()
    let event = try next(&channel)
    #expect(event == .closed && channel.reason == .requested && channel.closeCode == 1000)
  }

  func ping() throws {
    var channel = try open("/ping")
    let event = try next(&channel)
    #expect(event == .message && Array(channel.message) == Array("pong came".utf8))
  }

  func big() throws {
    var channel = try open("/big/12000000")
    let event = try next(&channel)
    #expect(event == .message && channel.message.count == 12_000_000)
    #expect(channel.message.allSatisfy { $0 == 120 })
    var other = try open("/big/17000000")
    let refused = try next(&other)
    #expect(refused == .closed && other.reason == .messageTooLarge && other.closeCode == 1009)
  }

  func closeCode() throws {
    for code: UInt16 in [1000, 1001, 1008, 1013, 4321] {
      var channel = try open("/close/\(code)")
      let event = try next(&channel)
      #expect(event == .closed && channel.reason == .peerClosed && channel.closeCode == code)
    }
  }

  /// A server that is stopped answers no ping: after the bound, on the session's clock, it is given up.
  func silence() throws {
    var channel = try open("/echo")
    kill(peer.script.process.processIdentifier, SIGSTOP)
    defer { kill(peer.script.process.processIdentifier, SIGCONT) }
    let event = try next(&channel, aheadNs: 30_000_000_000)
    #expect(event == .closed && channel.reason == .peerSilent)
  }

  /// A thousand messages out and back: malloc is never called, and the pool serves all that OpenSSL asks for.
  func allocations() throws {
    var channel = try open("/echo")
    let text = [UInt8](repeating: 97, count: 400)
    func exchange() throws -> Bool {
      let isSent = send(text, &channel)
      return try next(&channel) == .message && isSent
    }
    for _ in 0..<10 { #expect(try exchange()) }
    let pool = OpenSSLPool.now
    let mallocs = malloc_counter_value()
    var succeeded = true
    for _ in 0..<1000 { succeeded = try exchange() && succeeded }
    let mallocsAfter = malloc_counter_value()
    #expect(succeeded && mallocsAfter == mallocs)
    #expect(OpenSSLPool.now.misses == pool.misses)
  }

  func all() throws {
    try echo("/echo")
    try echo("/fragments")
    try ping()
    try big()
    try closeCode()
    try allocations()
    try silence()
  }
}

@Suite(.enabled(if: python != nil, "APUS_PYTHON names no Python with websockets"))
struct ChannelConformanceTests {
  @Test(arguments: [("1.2", TLSVersion.tls13), ("1.3", .tls13), ("1.2", .tls12)])
  func webSocketOverUring(version: String, newest: TLSVersion) throws {
    try Trial<UringMessages>(peer: Peer(version: version), newest: newest).all()
  }

  @Test(arguments: [("1.2", TLSVersion.tls13), ("1.3", .tls13), ("1.2", .tls12)])
  func webSocketOverSockets(version: String, newest: TLSVersion) throws {
    try Trial<SocketMessages>(peer: Peer(version: version), newest: newest).all()
  }

  @Test(arguments: [
    (["DNS:other.example"], 3600, true, CertificateProblem.wrongHost), (["DNS:localhost"], -3600, true, .expired),
    (["DNS:localhost"], 3600, false, .untrusted),
  ])
  func badCertificatesAreNamed(names: [String], until: Int, trusted: Bool, problem: CertificateProblem) throws {
    let peer = try Peer(version: "1.3", names: names, until: until, trusted: trusted)
    var channel = try SocketMessages(try peer.context(), try peer.webSocket("/echo"))
    let event = try next(&channel)
    #expect(event == .closed && channel.reason == .certificateRejected && channel.problem == problem)
  }

  @Test func tooOldAVersionIsNamed() throws {
    let peer = try Peer(version: "1.3")
    var channel = try UringMessages(try peer.context(.tls12), try peer.webSocket("/echo"))
    let event = try next(&channel)
    #expect(event == .closed && channel.reason == .tlsFailed)
  }

  @Test(arguments: [true, false])
  func requests(usesUring: Bool) throws {
    let peer = try Peer(version: "1.3")
    let context = try peer.context()
    var settings = HTTPSettings(connection: try peer.settings(http: true))
    settings.headers = [("X-MBX-APIKEY", "secret")]
    var channel = HotRequests(
      uring: HTTPChannel(try UringTransport(), context, settings),
      socket: HTTPChannel(SocketTransport(), context, settings),
      usesUring: usesUring)
    for (method, target, status) in [
      (HTTPMethod.get, "/fixed?symbol=BTCUSDT", 200), (.get, "/chunked?limit=5000", 200), (.post, "/order", 200),
      (.delete, "/limited", 429), (.get, "/fixed", 200),
    ] {
      let isBegun = Array(target.utf8).withUnsafeBytes { channel.begin(method, $0) }
      #expect(isBegun)
      var event = RequestEvent.idle
      let start = monotonicNs()
      while event == .idle {
        if monotonicNs() - start > 30_000_000_000 { throw NothingHappened() }
        event = channel.poll(monotonicNs())
        sched_yield()
      }
      #expect(event == .response && channel.status == status)
      #expect(channel.body == "{\"path\": \"\(target)\", \"key\": \"secret\"}")
      #expect((channel.retryAfterSeconds == 7) == (status == 429))
    }
  }
}
