// `apus replay`: prints a journal, or re-executes it and compares every record.

import ArgumentParser
import Foundation
import Journal

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Print a session's journal, re-execute it and compare every decision, or show what it comes to.",
    discussion: """
      --verify makes all stages anew from the journal's header, feeds them the recorded inputs and compares every record
      they write, byte for byte. The session's strategy must be known to this executable. Exit status 0: equal.

      --account folds the records into the account as the next start takes it up: open orders, positions, balances, what
      may be traded, limits changed while trading. (After a crash a start also brings in what the record rings hold, and
      compares all of it with the venue before it trades.)

        apus replay --verify run/journal
        apus replay --account run/journal
        apus replay run/journal | less
        apus replay --json run/journal | jq 'select(.type == "order")'
      """)

  @Argument(help: "The folder of one session's journal.")
  var journal: String

  @Flag(help: "Re-execute the session and compare.")
  var verify = false

  @Flag(help: "Show the account that the records come to.")
  var account = false

  @Flag(help: "One JSON object a line; with --account one object.")
  var json = false

  func validate() throws {
    guard !verify || !account else { throw ValidationError("one of --verify or --account at most") }
  }

  func run() throws {
    if verify {
      try verifyAll()
    } else if account {
      try showAccount()
    } else {
      try printAll()
    }
  }

  private func showAccount() throws {
    let report = try AccountReport(try JournalFiles(directory: journal))
    print(json ? String(decoding: try Figures.encoder.encode(report), as: UTF8.self) : AccountText(report).all)
  }

  private func verifyAll() throws {
    let result = try ReplaySession.run(directory: journal, strategies: Apus.strategies)
    let text = ReplayText(result)
    print(json ? text.json : text.lines)
    if !result.isEqual { throw ExitCode.failure }
  }

  private func printAll() throws {
    var reader = try JournalReader(directory: journal)
    let text = JournalText(stages: reader.header.stages, layouts: RecordLayouts.trading)
    while let record = try reader.next() { print(json ? text.json(record) : text.line(record)) }
    if case .torn(let file, let offset, let unread, _) = reader.end {
      FileHandle.standardError.write(Data("\(file): torn at byte \(offset), \(unread) bytes unread\n".utf8))
    }
  }
}

/// What a verification found, in words and in JSON.
struct ReplayText {
  let result: ReplayResult

  init(_ result: ReplayResult) { self.result = result }

  var lines: String {
    switch result.outcome {
    case .equal:
      "equal: \(result.verifiedCount) records of \(result.steps) steps were written again, byte for byte"
        + (result.unverified > 0 ? "; \(result.unverified) behind the journal's torn end could not be run" : "")
    case .different(let difference): JournalText(stages: [:], layouts: RecordLayouts.trading).text(difference)
    case .stuck(let waits): "stuck: " + waits.map(\.description).joined(separator: "; ")
    }
  }

  var json: String {
    let outcome =
      switch result.outcome {
      case .equal: "equal"
      case .different: "different"
      case .stuck: "stuck"
      }
    return #"{"outcome":"\#(outcome)","records":\#(result.verifiedCount),"steps":\#(result.steps),"#
      + #""unverified":\#(result.unverified)}"#
  }
}
