// `apus run`: a session against the venue that the configuration names, until it is told to stop.

import ArgumentParser
import Foundation

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Trade as the configuration says, until Ctrl-C or SIGTERM.",
    discussion: """
      Every field of the file is explained in docs/configuration.md. Orders are cancelled before the end.

        apus run --config apus.yaml
        apus run --config apus.yaml --json summary.json
      """)

  @Option(help: "The configuration file.")
  var config: String

  @Option(help: "Write the session's figures to this file at its end, as JSON.")
  var json: String?

  func run() throws {
    let report = try Run(configurationFile: config).run()
    if let json { try Figures.encoder.encode(report).write(to: URL(fileURLWithPath: json)) }
    if report.paper?.isSound == false { throw ExitCode.failure }
  }
}
