// TLS sessions against each other in memory: versions, certificates, bulk data, corruption, allocations.

import Foundation
import MallocCounter
import Pipeline
import Testing

/// A client and a server session joined by two byte queues.
final class TLSPair {
  var client: TLSSession
  var server: TLSSession
  var toServer: [UInt8] = []
  var toClient: [UInt8] = []
  private var scratch = [UInt8](repeating: 0, count: 64 * 1024)
  private var plain = [UInt8](repeating: 0, count: 17 * 1024)

  init(
    _ clientContext: TLSContext, _ serverContext: TLSContext, hostName: String = "localhost",
    recordsPerKey: UInt64 = 1 << 24
  ) {
    client = TLSSession(clientContext, hostName: hostName, recordsPerKey: recordsPerKey)
    server = TLSSession(serverContext, recordsPerKey: recordsPerKey)
  }

  var version: String { client.version }
  var cipher: String { client.cipher }
  var problem: CertificateProblem { client.certificateProblem }
  func restart() -> Bool { client.restart() && server.restart() }

  /// Lets one side read what waits for it, until it takes no more. Returns the plaintext and the last status.
  func read(client isClient: Bool) -> (plain: [UInt8], status: TLSStatus) {
    var result: [UInt8] = []
    while true {
      let input = isClient ? toClient : toServer
      let progress = input.withUnsafeBytes { input in
        plain.withUnsafeMutableBytes { plain in
          scratch.withUnsafeMutableBytes { out in
            isClient
              ? client.read(input, into: plain, outgoing: out) : server.read(input, into: plain, outgoing: out)
          }
        }
      }
      if isClient {
        toClient.removeFirst(progress.consumed)
        toServer += scratch[..<progress.outgoing]
      } else {
        toServer.removeFirst(progress.consumed)
        toClient += scratch[..<progress.outgoing]
      }
      result += plain[..<progress.plaintext]
      let isIdle = progress.consumed == 0 && progress.plaintext == 0
      if progress.status != .ok || isIdle { return (result, progress.status) }
    }
  }

  func write(_ bytes: [UInt8], client isClient: Bool) -> TLSProgress {
    let progress = bytes.withUnsafeBytes { bytes in
      scratch.withUnsafeMutableBytes { out in
        isClient ? client.write(bytes, outgoing: out) : server.write(bytes, outgoing: out)
      }
    }
    if isClient { toServer += scratch[..<progress.outgoing] } else { toClient += scratch[..<progress.outgoing] }
    return progress
  }

  /// Runs the handshake; the status of the side that ended it.
  func handshake() -> TLSStatus {
    for _ in 0..<8 {
      let fromClient = read(client: true).status
      if fromClient != .ok { return fromClient }
      let fromServer = read(client: false).status
      if fromServer != .ok { return fromServer }
      if client.isEstablished && server.isEstablished { return .ok }
    }
    return .failed
  }
}

/// Certificates in a folder of their own.
struct Certificates: Sendable {
  let folder: URL
  let authority: ThrowAwayAuthority

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    authority = try ThrowAwayAuthority()
    try authority.writeCertificate(to: path("ca.pem"))
  }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  func server(
    names: [String] = ["DNS:localhost", "IP:127.0.0.1"], from: Int = -3600, until: Int = 3600,
    newest: TLSVersion = .tls13, records: TLSRecordLayer = .openssl
  ) throws -> TLSContext {
    try authority.issue(
      names: names, validFromSeconds: from, validUntilSeconds: until, certificateFile: path("server.pem"),
      keyFile: path("server.key"))
    return try .server(
      certificateFile: path("server.pem"), keyFile: path("server.key"), newest: newest, records: records)
  }

  func client(newest: TLSVersion = .tls13, records: TLSRecordLayer = .openssl) throws -> TLSContext {
    try .client(trustFile: path("ca.pem"), newest: newest, records: records)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }
}

@Suite struct TLSTests {
  @Test(arguments: [(TLSVersion.tls13, "TLSv1.3", "TLS_AES_128_GCM_SHA256"), (.tls12, "TLSv1.2", "ECDHE-ECDSA-AES")])
  func bothVersionsCarryBytesBothWays(newest: TLSVersion, version: String, cipher: String) throws {
    let certificates = try Certificates()
    defer { certificates.remove() }
    let pair = TLSPair(try certificates.client(newest: newest), try certificates.server())
    #expect(pair.handshake() == .ok)
    #expect(pair.version == version)
    #expect(pair.cipher.hasPrefix(cipher))
    #expect(pair.problem == .none)
    let message = (0..<40_000).map { UInt8(truncatingIfNeeded: $0) }
    #expect(pair.write(message, client: true).status == .ok)
    #expect(pair.read(client: false).plain == message)
    #expect(pair.write(message, client: false).status == .ok)
    #expect(pair.read(client: true).plain == message)
  }

  @Test func addressIsVerifiedLikeAName() throws {
    let certificates = try Certificates()
    defer { certificates.remove() }
    let server = try certificates.server()
    #expect(TLSPair(try certificates.client(), server, hostName: "127.0.0.1").handshake() == .ok)
    let stranger = TLSPair(try certificates.client(), server, hostName: "127.0.0.2")
    #expect(stranger.handshake() == .certificateRejected)
    #expect(stranger.problem == .wrongHost)
  }

  @Test(arguments: [
    (["DNS:other.example"], -3600, 3600, CertificateProblem.wrongHost),
    (["DNS:localhost"], -7200, -3600, .expired),
    (["DNS:localhost"], 3600, 7200, .notYetValid),
  ])
  func badCertificatesAreNamed(names: [String], from: Int, until: Int, problem: CertificateProblem) throws {
    let certificates = try Certificates()
    defer { certificates.remove() }
    let pair = TLSPair(try certificates.client(), try certificates.server(names: names, from: from, until: until))
    #expect(pair.handshake() == .certificateRejected)
    #expect(pair.problem == problem)
    let isEstablished = pair.client.isEstablished
    #expect(!isEstablished)
  }

  @Test func foreignAuthorityIsUntrusted() throws {
    let ours = try Certificates()
    let theirs = try Certificates()
    defer {
      ours.remove()
      theirs.remove()
    }
    let pair = TLSPair(try ours.client(), try theirs.server())
    #expect(pair.handshake() == .certificateRejected)
    #expect(pair.problem == .untrusted)
  }

  @Test func closeIsTold() throws {
    let certificates = try Certificates()
    defer { certificates.remove() }
    let pair = TLSPair(try certificates.client(), try certificates.server())
    #expect(pair.handshake() == .ok)
    var out = [UInt8](repeating: 0, count: 256)
    let progress = out.withUnsafeMutableBytes { pair.client.close(outgoing: $0) }
    pair.toServer += out[..<progress.outgoing]
    #expect(pair.read(client: false).status == .peerClosed)
  }

  @Test func restartedSessionConnectsAgain() throws {
    let certificates = try Certificates()
    defer { certificates.remove() }
    let pair = TLSPair(try certificates.client(), try certificates.server())
    for _ in 0..<3 {
      #expect(pair.handshake() == .ok)
      #expect(pair.restart())
      pair.toServer = []
      pair.toClient = []
    }
  }

  /// A flipped bit anywhere ends the session; it never traps and never yields other plaintext.
  @Test(arguments: 0..<200)
  func corruptedRecordsFail(position: Int) throws {
    let certificates = try Self.shared.get()
    let pair = TLSPair(try certificates.client(), try Self.sharedServer.get())
    #expect(pair.handshake() == .ok)
    #expect(pair.write([UInt8](repeating: 65, count: 200), client: false).status == .ok)
    pair.toClient[position] ^= 0x10
    let (plain, status) = pair.read(client: true)
    // A longer length field makes the session wait for bytes that never come.
    #expect(plain.isEmpty && (status == .failed || (status == .ok && position < 5)))
  }

  private static let shared = Result { try Certificates() }
  private static let sharedServer = Result { try shared.get().server() }

  @Test func tooSmallAnOutgoingWindowFailsCleanly() throws {
    let certificates = try Certificates()
    defer { certificates.remove() }
    let pair = TLSPair(try certificates.client(), try certificates.server())
    #expect(pair.handshake() == .ok)
    var out = [UInt8](repeating: 0, count: 50)
    let progress = [UInt8](repeating: 1, count: 400).withUnsafeBytes { bytes in
      out.withUnsafeMutableBytes { pair.client.write(bytes, outgoing: $0) }
    }
    #expect(progress.status == .failed)
  }

  /// `sealedBytes` is enough for every length, around the record's limit above all.
  @Test(arguments: [1, 15, 300, 16_383, 16_384, 16_385, 32_768, 49_152])
  func sealedBytesIsEnough(count: Int) throws {
    let pair = TLSPair(try Self.shared.get().client(), try Self.sharedServer.get())
    #expect(pair.handshake() == .ok)
    var out = [UInt8](repeating: 0, count: TLSSession.sealedBytes(count))
    let progress = [UInt8](repeating: 1, count: count).withUnsafeBytes { bytes in
      out.withUnsafeMutableBytes { pair.client.write(bytes, outgoing: $0) }
    }
    #expect(progress.status == .ok && progress.plaintext == count)
  }

  /// Handshakes and records take their blocks from the pool: malloc is never called.
  @Test func poolServesHandshakesAndRecords() throws {
    let context = try Self.shared.get().client()
    let serverContext = try Self.sharedServer.get()
    var client = TLSSession(context, hostName: "localhost")
    var server = TLSSession(serverContext)
    let size = 64 * 1024
    let wire = (0..<2).map { _ in UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64) }
    let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    plain.initializeMemory(as: UInt8.self, repeating: 7)
    defer {
      for window in wire { window.deallocate() }
      plain.deallocate()
    }
    let up = wire[0]
    let down = wire[1]
    var ups = 0
    var downs = 0
    func connect() -> Bool {
      guard client.restart(), server.restart() else { return false }
      ups = 0
      downs = 0
      for _ in 0..<4 {
        // A window may take several calls: one for each record.
        var taken = 0
        repeat {
          let step = client.read(
            UnsafeRawBufferPointer(rebasing: down[taken..<downs]), into: plain,
            outgoing: UnsafeMutableRawBufferPointer(rebasing: up[ups...]))
          taken += step.consumed
          ups += step.outgoing
          guard step.status == .ok else { return false }
        } while taken < downs
        downs = 0
        taken = 0
        repeat {
          let step = server.read(
            UnsafeRawBufferPointer(rebasing: up[taken..<ups]), into: plain,
            outgoing: UnsafeMutableRawBufferPointer(rebasing: down[downs...]))
          taken += step.consumed
          downs += step.outgoing
          guard step.status == .ok else { return false }
        } while taken < ups
        ups = 0
      }
      return client.isEstablished && server.isEstablished
    }
    func exchange() -> Bool {
      let sealed = client.write(UnsafeRawBufferPointer(rebasing: plain[..<300]), outgoing: up)
      let opened = server.read(UnsafeRawBufferPointer(rebasing: up[..<sealed.outgoing]), into: plain, outgoing: down)
      return opened.status == .ok && opened.plaintext == 300
    }
    #expect(connect() && exchange())
    let before = OpenSSLPool.now
    let mallocs = malloc_counter_value()
    var succeeded = true
    for _ in 0..<10 { succeeded = connect() && succeeded }
    for _ in 0..<1000 { succeeded = exchange() && succeeded }
    let mallocsAfter = malloc_counter_value()
    let after = OpenSSLPool.now
    #expect(succeeded)
    #expect(mallocsAfter == mallocs)
    #expect(after.misses == before.misses)
    #expect(after.requests > before.requests)
  }

  @Test func missingFilesAreNamed() throws {
    #expect(throws: TLSError.self) { try TLSContext.client(trustFile: "/nowhere/ca.pem") }
    let error = #expect(throws: TLSError.self) {
      try TLSContext.server(certificateFile: "/nowhere/server.pem", keyFile: "/nowhere/server.key")
    }
    #expect(try #require(error).description.contains("/nowhere/server.pem"))
  }

  @Test func keyFilesAreTheOwnersOnly() throws {
    let certificates = try Certificates()
    defer { certificates.remove() }
    _ = try certificates.server()
    let attributes = try FileManager.default.attributesOfItem(atPath: certificates.path("server.key"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }
}
