// The server's side of channel tests: TLS without a socket, and a transport in memory that a test drives step by step.

import CShims
import Foundation
import Pipeline

/// TLS contexts made once, from certificates whose files are gone again.
enum TestContexts {
  static let shared: (client: TLSContext, server: TLSContext, wrongHost: TLSContext) = try! make()

  private static func make() throws -> (client: TLSContext, server: TLSContext, wrongHost: TLSContext) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-channel-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    let authority = try ThrowAwayAuthority()
    try authority.writeCertificate(to: path("ca.pem"))
    func server(_ name: String) throws -> TLSContext {
      try authority.issue(names: [name], certificateFile: path("s.pem"), keyFile: path("s.key"))
      return try .server(certificateFile: path("s.pem"), keyFile: path("s.key"))
    }
    return (try .client(trustFile: path("ca.pem")), try server("DNS:localhost"), try server("DNS:other.example"))
  }
}

/// A TLS server session over arrays.
final class ServerSession {
  private var session: TLSSession
  private var out = [UInt8](repeating: 0, count: 128 * 1024)
  private var plain = [UInt8](repeating: 0, count: 17 * 1024)
  private(set) var peerClosed = false

  init(_ context: TLSContext) { session = TLSSession(context) }

  /// Takes ciphertext; gives the plaintext in it and the ciphertext to answer with.
  func receive(_ ciphertext: [UInt8]) -> (plain: [UInt8], answer: [UInt8]) {
    var result: (plain: [UInt8], answer: [UInt8]) = ([], [])
    var rest = ciphertext[...]
    while true {
      let progress = rest.withUnsafeBytes { rest in
        plain.withUnsafeMutableBytes { plain in
          out.withUnsafeMutableBytes { session.read(rest, into: plain, outgoing: $0) }
        }
      }
      rest = rest.dropFirst(progress.consumed)
      result.plain += plain[..<progress.plaintext]
      result.answer += out[..<progress.outgoing]
      if progress.status != .ok { peerClosed = true }
      if progress.status != .ok || (progress.consumed == 0 && progress.plaintext == 0) { return result }
    }
  }

  func seal(_ plaintext: [UInt8]) -> [UInt8] {
    var ciphertext: [UInt8] = []
    for start in stride(from: 0, to: plaintext.count, by: 16_384) {
      let progress = plaintext[start..<min(start + 16_384, plaintext.count)].withUnsafeBytes { bytes in
        out.withUnsafeMutableBytes { session.write(bytes, outgoing: $0) }
      }
      ciphertext += out[..<progress.outgoing]
    }
    return ciphertext
  }
}

/// The other end of a `MemoryTransport`.
final class Wire {
  /// What the server does with a connection attempt.
  enum Answer { case accept, refuse, silence }

  var answer = Answer.accept
  var context = TestContexts.shared.server
  var attempts = 0
  var serverEnded = false
  var sendRoom = 256 * 1024
  private(set) var isClosed = true
  fileprivate var toClient: [UInt8] = []
  private var session: ServerSession?
  /// Plaintext that the server has received and the test has not taken.
  private var received: [UInt8] = []

  fileprivate func connect() {
    attempts += 1
    isClosed = false
    serverEnded = false
    toClient = []
    received = []
    session = ServerSession(context)
  }

  fileprivate func fromClient(_ bytes: [UInt8]) {
    guard let session else { return }
    let (plain, answer) = session.receive(bytes)
    received += plain
    toClient += answer
  }

  fileprivate func close() { isClosed = true }

  /// What the client sent since the last call.
  func take() -> [UInt8] {
    defer { received = [] }
    return received
  }

  func takeText() -> String { String(decoding: take(), as: UTF8.self) }

  func send(_ plaintext: [UInt8]) {
    guard let session else { return }
    toClient += session.seal(plaintext)
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  /// Bytes from the server that the client has not taken yet.
  var hasWaiting: Bool { !isClosed && !toClient.isEmpty }

  /// Bytes that are not TLS.
  func sendRaw(_ bytes: [UInt8]) { toClient += bytes }
}

/// A transport whose peer is a `Wire`: nothing happens in it but what the test does.
struct MemoryTransport: Transport, ~Copyable {
  private enum Phase { case none, connecting, open }

  let wire: Wire
  private let incoming = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
  private let outgoing = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)
  private var phase = Phase.none
  private var head = 0
  private var tail = 0
  private(set) var receiveTsc: UInt64 = 0
  private(set) var closeReason = CloseReason.none

  init(_ wire: Wire) { self.wire = wire }

  deinit {
    incoming.deallocate()
    outgoing.deallocate()
  }

  mutating func connect(to address: SocketAddress) {
    phase = .connecting
    wire.connect()
  }

  mutating func poll() -> TransportEvent {
    switch phase {
    case .none: return .idle
    case .connecting:
      switch wire.answer {
      case .silence: return .idle
      case .refuse: return end(.connectFailed)
      case .accept:
        phase = .open
        return .connected
      }
    case .open:
      if head < tail { return .received }
      if wire.toClient.isEmpty { return wire.serverEnded ? end(.peerClosed) : .idle }
      let count = min(wire.toClient.count, incoming.count)
      incoming.copyBytes(from: wire.toClient[..<count])
      wire.toClient.removeFirst(count)
      head = 0
      tail = count
      receiveTsc += 1
      return .received
    }
  }

  var received: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: incoming[head..<tail]) }
  mutating func consume(_ count: Int) { head += count }
  var sendSpace: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: outgoing[..<wire.sendRoom]) }
  mutating func send(_ count: Int) { wire.fromClient(Array(outgoing[..<count])) }

  mutating func close() {
    phase = .none
    head = 0
    tail = 0
    wire.close()
  }

  private mutating func end(_ reason: CloseReason) -> TransportEvent {
    close()
    closeReason = reason
    return .closed
  }
}

/// Base64 of SHA-1 of the key in an upgrade request and RFC 6455's GUID.
func acceptValue(for request: String) -> String? {
  guard let range = request.range(of: "Sec-WebSocket-Key: ") else { return nil }
  let key = String(request[range.upperBound...].prefix { $0 != "\r\n" })
  var digest = [UInt8](repeating: 0, count: 20)
  let text = Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
  return apus_sha1(text, text.count, &digest) == 0 ? Data(digest).base64EncodedString() : nil
}

/// The answer that opens a WebSocket.
func upgradeAnswer(to request: String) -> String {
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    + (acceptValue(for: request) ?? "") + "\r\n\r\n"
}

func testSettings(seed: UInt64 = 1) -> ConnectionSettings {
  // Never connected to: a `MemoryTransport` ignores it.
  let address = try! SocketAddress.resolve(host: "127.0.0.1", port: 9)
  return ConnectionSettings(hostName: "localhost", addresses: address, seed: seed)
}
