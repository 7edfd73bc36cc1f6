// The built `apus`, run as a user runs it: for what only a whole process shows.

import Foundation

/// How a run of the program ended, and what it printed.
struct Program {
  let status: Int32
  /// A signal ended it: `status` is the signal's number.
  let isKilled: Bool
  let output: String
  let errors: String

  /// Runs the program to its end.
  ///
  /// - Parameter fileLimit: blocks of 512 bytes that a file of the process may have (RLIMIT_FSIZE); nil: no limit.
  init(_ arguments: [String], output path: String? = nil, fileLimit: Int? = nil) throws {
    let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let limit = fileLimit.map { "ulimit -f \($0) && " } ?? ""
    process.arguments = ["-c", limit + "exec \"$0\" \"$@\"", products.appendingPathComponent("apus").path] + arguments
    let (output, errors) = (Pipe(), Pipe())
    if let path {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
      process.standardOutput = FileHandle(forWritingAtPath: path)
    } else {
      process.standardOutput = output
    }
    process.standardError = errors
    try process.run()
    // What these tests run prints less than a pipe holds, so that reading one to its end never blocks the other.
    self.output = path == nil ? String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) : ""
    self.errors = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
    isKilled = process.terminationReason == .uncaughtSignal
  }
}
