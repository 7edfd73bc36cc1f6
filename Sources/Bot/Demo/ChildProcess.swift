// A child process that prints one JSON object a line: started, read, and always ended by its own id.

import Foundation
import Synchronization

/// A child of this process whose standard output is read as JSON lines.
final class ChildProcess: Sendable {
  enum Failure: Error, CustomStringConvertible {
    case endedEarly(command: String, status: Int32, said: String)
    case silent(command: String)

    var description: String {
      switch self {
      case .endedEarly(let command, let status, let said):
        "\(command) ended with status \(status) before it was ready\(said.isEmpty ? "" : ": \(said)")"
      case .silent(let command): "\(command) did not become ready"
      }
    }
  }

  private struct Tag: Decodable { var event: String }

  /// What arrived, between the thread that reads the pipe and the one that waits.
  private final class Buffer: Sendable {
    let state = Mutex(Output())
    let arrived = DispatchSemaphore(value: 0)
  }

  private struct Output {
    var pending = Data()
    /// The last line of each event.
    var events: [String: Data] = [:]
    var lastLine = ""
    var ended = false
  }

  private let process: Process
  private let command: String
  private let output = Buffer()

  /// Starts `executable`; its standard error goes to ours.
  init(executable: String, arguments: [String]) throws {
    command = ([(executable as NSString).lastPathComponent] + arguments.prefix(1)).joined(separator: " ")
    process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    pipe.fileHandleForReading.readabilityHandler = { [output] handle in
      let data = handle.availableData
      output.state.withLock { state in
        if data.isEmpty {
          state.ended = true
          handle.readabilityHandler = nil
        }
        state.pending.append(data)
        while let end = state.pending.firstIndex(of: UInt8(ascii: "\n")) {
          let line = Data(state.pending[..<end])
          state.pending = Data(state.pending[(end + 1)...])
          state.lastLine = String(decoding: line, as: UTF8.self)
          if let tag = try? JSONDecoder().decode(Tag.self, from: line) { state.events[tag.event] = line }
        }
      }
      output.arrived.signal()
    }
    try process.run()
  }

  /// The line whose `event` is `name`, decoded; waits for it.
  ///
  /// - Throws: `Failure` when the process ends first or stays silent for `timeoutSeconds`.
  func event<Event: Decodable>(_ name: String, as type: Event.Type, timeoutSeconds: Double) throws -> Event {
    let deadline = DispatchTime.now() + timeoutSeconds
    while true {
      let (line, ended, lastLine) = output.state.withLock { ($0.events[name], $0.ended, $0.lastLine) }
      if let line { return try JSONDecoder().decode(type, from: line) }
      if ended {
        process.waitUntilExit()
        throw Failure.endedEarly(command: command, status: process.terminationStatus, said: lastLine)
      }
      guard output.arrived.wait(timeout: deadline) == .success else { throw Failure.silent(command: command) }
    }
  }

  /// Whether a line with that `event` has come.
  func hasSaid(_ name: String) -> Bool { output.state.withLock { $0.events[name] != nil } }

  var isRunning: Bool { process.isRunning }

  /// Asks the process to end (SIGTERM) and waits for it; its last words can be read before or after.
  func terminate() {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
  }
}
