// One exchange of `apus ctl` with the bot: the request, its replies in words, and the exit status that follows.

import ArgumentParser
import Control
import Foundation

/// A connection to a running bot, for one request.
final class ControlDialogue {
  /// Exit statuses besides 0; wrong usage is `Apus.usageStatus`.
  enum Status {
    static let refused = ExitCode(1)
    static let unreachable = ExitCode(3)
  }

  private var client: ControlClient

  init(path: String, timeoutSeconds: Int) throws {
    do throws(ControlSocketError) {
      client = try ControlClient(path: path, timeoutMs: Int32(timeoutSeconds * 1_000))
    } catch {
      Terminal.note("no bot can be reached: \(error)")
      throw Status.unreachable
    }
  }

  /// Asks for the status.
  func status() throws -> (line: String, report: StatusReport) {
    let line = try ask(ControlRequest(.status))
    if let report = try? JSONDecoder().decode(StatusReport.self, from: Data(line)) {
      return (String(decoding: line, as: UTF8.self), report)
    }
    throw refusal(try reply(line))
  }

  /// Sends a request and prints what becomes of it.
  ///
  /// - Parameter waits: whether to stay for the end of what takes time.
  /// - Throws: `ExitCode` by what the replies say.
  func run(_ request: ControlRequest, waits: Bool = false) throws {
    var reply = try reply(try ask(request))
    while true {
      print(try text(of: reply))
      fflush(nil)
      let isLast = reply.result == .accepted && !(waits && request.verb.completesLater)
      if isLast || [.completed, .pending, .stopping].contains(reply.result) { return }
      reply = try self.reply(try receive())
    }
  }

  private func ask(_ request: ControlRequest) throws -> [UInt8] {
    guard client.send(request.text) else { throw lost() }
    return try receive()
  }

  private func receive() throws -> [UInt8] {
    guard let line = client.receive() else { throw lost() }
    return line
  }

  private func lost() -> ExitCode {
    Terminal.note("the bot did not answer in time, or is gone: what was asked for may have been done all the same")
    return Status.unreachable
  }

  private func reply(_ line: [UInt8]) throws -> ControlReply {
    guard let reply = try? JSONDecoder().decode(ControlReply.self, from: Data(line)) else {
      Terminal.note("this is no reply of a bot: \(String(decoding: line, as: UTF8.self))")
      throw Status.unreachable
    }
    return reply
  }

  private func refusal(_ reply: ControlReply) -> ExitCode {
    Terminal.note("\(Ink.red("\(reply.result)")): \(reply.reason ?? "")")
    return Status.refused
  }

  /// A reply in words; a refusal ends the dialogue.
  private func text(of reply: ControlReply) throws -> String {
    let name = "\(reply.command ?? "") \(reply.number.map { String($0) } ?? "")"
    switch reply.result {
    case .refused, .abandoned: throw refusal(reply)
    case .sent:
      guard let word = reply.haltEpoch else { return "\(name): sent" }
      return "\(name): everything approved and not yet sent is void (halt word \(word))"
    case .accepted: return "\(name): \(Ink.green("in force"))"
    case .completed:
      let milliseconds = Double(reply.durationNs ?? 0) / 1e6
      return "\(name): \(Ink.green("done")) in \(String(format: "%.1f", milliseconds)) ms; "
        + "\(reply.orders ?? 0) orders were open"
    case .pending:
      return "this loosens a limit: another user with the role risk must run "
        + "\"apus ctl confirm \(reply.number ?? 0)\" within \(reply.secondsLeft ?? 0) s"
    case .stopping: return "the session is ending"
    }
  }
}

/// Colours, on a terminal only.
enum Ink {
  static func red(_ text: String) -> String { paint(text, "31") }
  static func green(_ text: String) -> String { paint(text, "32") }
  static func bold(_ text: String) -> String { paint(text, "1") }

  private static func paint(_ text: String, _ code: String) -> String {
    Terminal.isInteractive ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
