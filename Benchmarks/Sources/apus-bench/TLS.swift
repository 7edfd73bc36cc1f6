// A record of TLS against the bare cipher of the same bytes: an order that goes out, a market message that comes in.

import Foundation
import Peers
import Pipeline
import Suite

/// Bytes of an order request and of a market message, as they stand in the recorded traffic.
private let orderBytes = 300
private let messageBytes = 400

func tlsRecords(_ scale: Scale) throws -> [Benchmark] {
  let bare = BareCipher()
  return try [("tls_record", TLSRecordLayer.openssl), ("tls_record_direct", .direct)].map { row, records in
    let rounds = scale.of(100_000, tiny: 100)
    let pair = try SessionPair(records)
    return Benchmark(
      row: row, unit: "ns",
      topology: """
        client seals \(orderBytes) B, server opens them; server seals \(messageBytes) B, client opens them: one thread, \
        no socket; TLS 1.3, AES-128-GCM, records: \(records)
        """,
      ours: BenchmarkSide("apus") { try perRound(rounds) { try pair.exchange() } },
      peers: [BenchmarkSide("bare AEAD") { try perRound(rounds) { try bare.exchange() } }])
  }
}

private func perRound(_ rounds: Int, _ body: () throws -> Void) rethrows -> Double {
  let start = peer_now_ns()
  for _ in 0..<rounds { try body() }
  return Double(peer_now_ns() - start) / Double(rounds)
}

/// What a client and a server of TLS need to trust each other.
struct TLSContexts {
  let client: TLSContext
  let server: TLSContext
  static let hostName = "localhost"

  init(_ records: TLSRecordLayer) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let places = ["ca.pem", "server.pem", "server.key"].map { folder.appendingPathComponent($0).path }
    let authority = try ThrowAwayAuthority()
    try authority.writeCertificate(to: places[0])
    try authority.issue(names: ["DNS:\(Self.hostName)"], certificateFile: places[1], keyFile: places[2])
    client = try TLSContext.client(trustFile: places[0], records: records)
    server = try TLSContext.server(certificateFile: places[1], keyFile: places[2], records: records)
  }
}

/// A client and a server of TLS that talk through memory.
final class SessionPair {
  var client: TLSSession
  var server: TLSSession
  private let wire = UnsafeMutableRawBufferPointer.allocate(byteCount: TLSSession.flightBytes, alignment: 64)
  private let answer = UnsafeMutableRawBufferPointer.allocate(byteCount: TLSSession.flightBytes, alignment: 64)
  private let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 64)
  private let text = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 64)

  init(_ records: TLSRecordLayer) throws {
    let contexts = try TLSContexts(records)
    client = TLSSession(contexts.client, hostName: TLSContexts.hostName)
    server = TLSSession(contexts.server)
    for i in 0..<text.count { text[i] = UInt8(truncatingIfNeeded: i &* 7 &+ 13) }
    try shakeHands(records)
  }

  deinit { for buffer in [wire, answer, plain, text] { buffer.deallocate() } }

  private func shakeHands(_ records: TLSRecordLayer) throws {
    var toServer: [UInt8] = []
    var toClient: [UInt8] = []
    for _ in 0..<4 {
      // A call takes at most one record.
      repeat {
        let step = toClient.withUnsafeBytes { client.read($0, into: plain, outgoing: wire) }
        guard step.status == .ok else { throw BenchmarkError("tls_record: the client gave up: \(client.failureText)") }
        toClient.removeFirst(step.consumed)
        toServer += wire[..<step.outgoing]
      } while !toClient.isEmpty
      repeat {
        let step = toServer.withUnsafeBytes { server.read($0, into: plain, outgoing: wire) }
        guard step.status == .ok else { throw BenchmarkError("tls_record: the server gave up: \(server.failureText)") }
        toServer.removeFirst(step.consumed)
        toClient += wire[..<step.outgoing]
      } while !toServer.isEmpty
    }
    guard client.isEstablished, server.isEstablished, client.cipher == "TLS_AES_128_GCM_SHA256",
      client.areRecordsDirect == (records == .direct)
    else { throw BenchmarkError("tls_record: no handshake with AES-128-GCM") }
  }

  func exchange() throws {
    let order = client.write(UnsafeRawBufferPointer(rebasing: text[..<orderBytes]), outgoing: wire)
    let received = server.read(
      UnsafeRawBufferPointer(rebasing: wire[..<order.outgoing]), into: plain, outgoing: answer)
    guard received.plaintext == orderBytes, plain[orderBytes - 1] == text[orderBytes - 1] else {
      throw BenchmarkError("tls_record: an order did not come through")
    }
    let message = server.write(UnsafeRawBufferPointer(rebasing: text[..<messageBytes]), outgoing: wire)
    let read = client.read(UnsafeRawBufferPointer(rebasing: wire[..<message.outgoing]), into: plain, outgoing: answer)
    guard read.plaintext == messageBytes, plain[messageBytes - 1] == text[messageBytes - 1] else {
      throw BenchmarkError("tls_record: a message did not come through")
    }
  }
}

/// The same bytes through nothing but the cipher.
private final class BareCipher {
  private let aead = peer_aead_new()
  private var number: UInt64 = 0
  private let text = (0..<messageBytes).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 13) }
  private var sealed = [UInt8](repeating: 0, count: messageBytes + 16)
  private var plain = [UInt8](repeating: 0, count: messageBytes)

  deinit { peer_aead_free(aead) }

  func exchange() throws {
    for count in [orderBytes, messageBytes] {
      guard peer_aead_seal(aead, number, text, count, &sealed) == 0,
        peer_aead_open(aead, number, sealed, count, &plain) == 0, plain[count - 1] == text[count - 1]
      else { throw BenchmarkError("tls_record: the bare cipher failed") }
      number &+= 1
    }
  }
}
