// A process of another user at the live socket: what the kernel says of it decides, not what it says of itself.

import Control
import Foundation
import Glibc
import Market
import Pipeline
import Testing

private let setpriv = "/usr/bin/setpriv"
private let python = "/usr/bin/python3"
private let canChangeUser =
  getuid() == 0 && [setpriv, python].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }

@Suite("Control socket: another user")
struct OtherUserTests {
  /// Connects, sends the request and prints the reply or the reason why not.
  private static let client = """
    import socket, sys
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    try:
        s.connect(sys.argv[1])
        s.sendall(sys.argv[2].encode() + b"\\n")
        print(s.makefile().readline(), end="")
    except PermissionError:
        print("no permission")
    """

  /// Runs the client as that user and group while the stage is polled.
  private func run(
    user: UInt32, group: UInt32, _ session: ControlSession<ControlSocket>, path: String, _ line: String
  ) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: setpriv)
    process.arguments = [
      "--reuid=\(user)", "--regid=\(group)", "--clear-groups", python, "-c", Self.client, path, line,
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    while process.isRunning {
      session.openGates()
      _ = session.control.step(StepInput(nowNs: 1_000_000_000))
      sched_yield()
    }
    process.waitUntilExit()
    return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }

  @Test(
    "the same request halts for one user and does nothing for another",
    .enabled(if: canChangeUser, "needs root, setpriv and python3"))
  func users() throws {
    let scratch = try ScratchDirectory()
    chmod(scratch.path, 0o755)
    let path = scratch.path + "/control"
    let counters = try Scene.counters()
    let words = ControlWords()
    // Of this process's group, so that the socket's mode lets all of them in.
    let (trader, other) = (UInt32(64_001), UInt32(64_002))
    let roles = try ControlRoles(view: [], trade: ["\(trader)"], risk: [])
    let session = ControlSession(
      try ControlSocket(path: path, roles: roles, counters: counters), hand: .live(words), counters)
    let halt = ControlRequest(.halt, reason: "test of another user").text

    let refused = try run(user: other, group: getgid(), session, path: path, halt)
    #expect(refused.contains("\"refused\"") && refused.contains("user \(other)"), "\(refused)")
    #expect(words.haltEpoch == 0 && session.commands.published == 0)

    let outsider = try run(user: trader, group: 64_003, session, path: path, halt)
    #expect(outsider == "no permission\n", "neither owner nor group of the socket")
    #expect(words.haltEpoch == 0 && session.commands.published == 0)

    let sent = try run(user: trader, group: getgid(), session, path: path, halt)
    #expect(sent.contains("\"sent\""), "\(sent)")
    #expect(words.haltEpoch == 1 && session.commands.published == 1)
  }
}
