// The command line of the whole program: where options may stand, what help says, and how wrong usage is told.

import Foundation
import Testing

@Suite("Command line")
struct CommandLineTests {
  /// A socket that nobody listens on: reaching for it (status 3) proves that the option was taken.
  private static let nowhere = ["--socket", "/nonexistent/apus.sock"]

  @Test(
    "ctl takes the bot's address before the command and behind it",
    arguments: [
      nowhere + ["status"], ["status"] + nowhere, ["status", "--json"] + nowhere + ["--timeout", "5"],
      nowhere + ["halt", "--reason", "test"], ["halt"] + nowhere + ["--reason", "test"],
      ["halt", "--reason", "test", "--instrument", "BTCUSDT"] + nowhere, ["limits"] + nowhere,
      ["limits", "set", "maximumPosition", "1", "--reason", "test"] + nowhere,
      ["limits"] + nowhere + ["set", "maximumPosition", "1", "--reason", "test"],
      ["confirm", "17", "--reason", "status"] + nowhere,
    ])
  func anywhere(arguments: [String]) throws {
    let program = try Program(["ctl"] + arguments)
    #expect(program.status == 3 && !program.isKilled)
    #expect(program.errors.contains("no bot can be reached: /nonexistent/apus.sock"))
  }

  @Test("a configuration that cannot be read is named, wherever the option stands")
  func configuration() throws {
    for arguments in [
      ["--config", "/nonexistent/apus.yaml", "status"], ["status", "--config", "/nonexistent/apus.yaml"],
    ] {
      let program = try Program(["ctl"] + arguments)
      #expect(program.status == 2 && program.errors.contains("/nonexistent/apus.yaml"))
    }
  }

  @Test(
    "wrong usage is told with status 2 and what is missing",
    arguments: [
      (["halt", "--reason", "test"], "--socket or --config is needed, before the command or after it"),
      (nowhere + ["halt"], "Missing expected argument '--reason <reason>'"),
      (["halt", "--reason", " "] + nowhere, "--reason is empty"),
      (["status"] + nowhere + ["--timeout", "0"], "--timeout is 1 to 3600 seconds"),
      (["status", "--socket"], "Missing value for '--socket <socket>'"),
      (["halt", "--reason", "test", "--sockett", "x"], "Unknown option '--sockett'"),
    ])
  func usage(arguments: [String], message: String) throws {
    let program = try Program(["ctl"] + arguments)
    #expect(program.status == 2 && program.errors.contains(message), "\(program.errors)")
  }

  @Test(
    "the help of a command is its own, and names the options that find the bot", arguments: ["status", "halt", "stop"])
  func help(command: String) throws {
    let program = try Program(["ctl", command, "--help"])
    #expect(program.status == 0 && program.output.contains("USAGE: apus ctl \(command) "))
    for option in ["--socket", "--config", "--timeout"] { #expect(program.output.contains(option)) }
  }

  /// Without the signal ignored the kernel ends the process with SIGXFSZ.
  @Test("a file at the process's size limit is a write that fails, and does not end the program")
  func fileLimit() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    let program = try Program(["--version"], output: file.path, fileLimit: 0)
    #expect(program.status == 0 && !program.isKilled)
    #expect(try Data(contentsOf: file).isEmpty, "the limit was in force")
  }
}
