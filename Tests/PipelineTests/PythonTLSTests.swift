// Sessions against Python's ssl module: another program's use of TLS, with session tickets and other ciphers.
//
// Needs APUS_PYTHON: any Python 3.

import Foundation
import Pipeline
import Testing

private let python = ProcessInfo.processInfo.environment["APUS_PYTHON"]

/// A process that echoes what it decrypts. What goes to and fro is ciphertext behind its length, a reply for each request.
private final class PythonPeer {
  private let process = Process()
  private let requests = Pipe()
  private let replies = Pipe()

  private static let script = """
    import ssl, struct, sys
    is_server, files = sys.argv[1] == "server", sys.argv[2:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    if is_server:
        context.load_cert_chain(*files)
    else:
        context.load_verify_locations(*files)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, is_server, None if is_server else "localhost")
    established = False
    while True:
        head = sys.stdin.buffer.read(4)
        if len(head) < 4:
            break
        incoming.write(sys.stdin.buffer.read(struct.unpack(">I", head)[0]))
        try:
            if not established:
                session.do_handshake()
                established = True
            while data := session.read(65536):
                session.write(data)
        except ssl.SSLWantReadError:
            pass
        reply = outgoing.read()
        sys.stdout.buffer.write(struct.pack(">I", len(reply)) + reply)
        sys.stdout.buffer.flush()
    """

  /// - Parameter cipher: the only suite of TLS 1.3 that it offers; nil for OpenSSL's own choice.
  init(_ role: String, _ files: [String], cipher: String?, folder: String) throws {
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = ["-c", Self.script, role] + files
    process.standardInput = requests
    process.standardOutput = replies
    if let cipher {
      let path = folder + "/openssl-\(UUID().uuidString).cnf"
      let sections = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCiphersuites = \(cipher)\n"
      try sections.write(toFile: path, atomically: true, encoding: .utf8)
      process.environment = ProcessInfo.processInfo.environment.merging(["OPENSSL_CONF": path]) { $1 }
    }
    try process.run()
  }

  /// Its end follows from the end of its input.
  func end() {
    try? requests.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  func exchange(_ ciphertext: [UInt8]) throws -> [UInt8] {
    let length = withUnsafeBytes(of: UInt32(ciphertext.count).bigEndian) { Array($0) }
    try requests.fileHandleForWriting.write(contentsOf: Data(length + ciphertext))
    let head = try #require(try replies.fileHandleForReading.read(upToCount: 4))
    try #require(head.count == 4, "the peer ended")
    let count = head.reduce(0) { $0 << 8 | Int($1) }
    return count == 0 ? [] : [UInt8](try #require(try replies.fileHandleForReading.read(upToCount: count)))
  }
}

@Suite(.enabled(if: python != nil, "APUS_PYTHON names no Python"))
struct PythonTLSTests {
  @Test(
    arguments: [true, false],
    [nil, "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] as [String?])
  func echoesComeBack(isClient: Bool, cipher: String?) throws {
    let certificates = try Certificates()
    defer { certificates.remove() }
    for records in TLSRecordLayer.allCases {
      let server = try certificates.server(records: records)
      let files = isClient ? ["server.pem", "server.key"] : ["ca.pem"]
      let peer = try PythonPeer(
        isClient ? "server" : "client", files.map(certificates.path), cipher: cipher, folder: certificates.folder.path)
      defer { peer.end() }
      var session =
        isClient
        ? TLSSession(try certificates.client(records: records), hostName: "localhost", recordsPerKey: 5)
        : TLSSession(server, recordsPerKey: 5)
      try talk(&session, peer)
      let (isDirect, used) = (session.areRecordsDirect, session.cipher)
      // Direct records are AES-GCM's; another cipher stays with OpenSSL.
      #expect(isDirect == (records == .direct && !used.contains("CHACHA20")))
      if let cipher { #expect(used == cipher) }
    }
  }

  private func talk(_ session: inout TLSSession, _ peer: PythonPeer) throws {
    var out = [UInt8](repeating: 0, count: 64 * 1024)
    var room = [UInt8](repeating: 0, count: 17 * 1024)
    /// Reads all that came, and gives what was decrypted and what is to be sent.
    func read(_ ciphertext: [UInt8]) -> (plain: [UInt8], outgoing: [UInt8]) {
      var (rest, plain, outgoing): ([UInt8], [UInt8], [UInt8]) = (ciphertext, [], [])
      repeat {
        let step = rest.withUnsafeBytes { rest in
          room.withUnsafeMutableBytes { room in
            out.withUnsafeMutableBytes { session.read(rest, into: room, outgoing: $0) }
          }
        }
        #expect(step.status == .ok)
        guard step.status == .ok else { break }
        rest.removeFirst(step.consumed)
        plain += room[..<step.plaintext]
        outgoing += out[..<step.outgoing]
      } while !rest.isEmpty || session.hasPending
      return (plain, outgoing)
    }
    var sending = read([]).outgoing
    for _ in 0..<4 { sending = read(try peer.exchange(sending)).outgoing }
    let isEstablished = session.isEstablished
    try #require(isEstablished)
    for count in [1, 300, 16_384, 16_385, 40_000] + Array(1...20) {
      let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ count) }
      let sealed = text.withUnsafeBytes { text in
        out.withUnsafeMutableBytes { session.write(text, outgoing: $0) }
      }
      #expect(sealed.status == .ok && sealed.plaintext == count)
      let (echo, answer) = read(try peer.exchange(Array(out[..<sealed.outgoing])))
      #expect(echo == text && answer.isEmpty)
    }
  }
}
