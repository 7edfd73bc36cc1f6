// A server in Python for the conformance tests, with certificates of its own. Ended with the object.

import Foundation
import Glibc
import Pipeline
import Testing

/// A Python with what `scripts/setup` installs; nil where APUS_PYTHON names none.
let python = ProcessInfo.processInfo.environment["APUS_PYTHON"]

struct NothingHappened: Error {}

/// A script of Tests/conformance, started with a certificate and its key, that serves until its input ends.
final class PeerProcess {
  let process = Process()
  private let folder: URL
  private let input = Pipe()
  private let output = Pipe()
  private var pending = Data()

  /// - Parameters:
  ///   - names: of the certificate.
  ///   - until: how long it is valid, in seconds from now.
  ///   - trusted: whether `context` trusts its authority.
  init(
    _ script: String, _ arguments: [String] = [], names: [String] = ["DNS:localhost"], until: Int = 3600,
    trusted: Bool = true
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-peer-\(UUID().uuidString)")
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    let authority = try ThrowAwayAuthority()
    try (trusted ? authority : ThrowAwayAuthority()).writeCertificate(to: path("ca.pem"))
    try authority.issue(
      names: names, validFromSeconds: -7200, validUntilSeconds: until, certificateFile: path("s.pem"),
      keyFile: path("s.key"))
    let place = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("conformance/\(script)")
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = [place.path, path("s.pem"), path("s.key")] + arguments
    process.standardOutput = output
    process.standardInput = input
    try process.run()
  }

  deinit {
    // A process that never started has the number 0, and a signal to 0 would end the whole test run.
    guard process.processIdentifier > 0 else { return }
    kill(process.processIdentifier, SIGKILL)  // it may be stopped: a gentler signal would wait
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  func context(_ newest: TLSVersion = .tls13) throws -> TLSContext {
    try .client(trustFile: folder.appendingPathComponent("ca.pem").path, newest: newest)
  }

  func settings(port: UInt16) throws -> ConnectionSettings {
    let addresses = try SocketAddress.resolve(host: "127.0.0.1", port: port)
    return ConnectionSettings(hostName: "localhost", addresses: addresses, seed: 11)
  }

  /// The next line of the script's output. Only a script that hangs runs out of patience.
  func read<Line: Decodable>(_ type: Line.Type) throws -> Line {
    let handle = output.fileHandleForReading
    while true {
      if let end = pending.firstIndex(of: 10) {
        defer { pending = Data(pending[(end + 1)...]) }
        return try JSONDecoder().decode(type, from: pending[..<end])
      }
      var waited = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waited, 1, 60_000) == 1 else { throw NothingHappened() }
      let more = handle.availableData
      try #require(!more.isEmpty, "the peer ended too early")
      pending += more
    }
  }
}

func monotonicNs() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
