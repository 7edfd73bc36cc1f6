// `apus demo`: a local venue over TLS as a child process, the bot trading on it, a live table, a summary.

import ArgumentParser
import Foundation
import Pipeline

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Trade on a local venue: no key and no network needed.",
    discussion: """
      Makes a throw-away authority, certificate and keys, starts `apus venue` as a child process on a free port, and
      trades on it with certificate verification on. The market is synthetic unless captures are given. Ends by itself
      at the end of a capture, after --seconds, or on Ctrl-C: working orders are cancelled, the journal is completed and
      replayed, and a summary explains the result.

        apus demo --seconds 20
        apus demo --capture btcusdt_20240808.gz --capture btcusdt_20240809.gz --speed 1 --json out.json
        apus demo --print-config > demo.yaml && apus demo --config demo.yaml --keep run
      """)

  @Option(help: "A recorded market: gzip lines of `<receive ns> <JSON>`. May be given several times, in order.")
  var capture: [String] = []

  @Option(help: "Seed of the synthetic market.")
  var seed: UInt64 = 7

  @Option(help: "How many times faster than real time the market plays; 1 is real time.")
  var speed = 10.0

  @Option(help: "End after this many seconds of real time (default: 30 on the synthetic market).")
  var seconds: Double?

  @Option(help: "Let the venue withhold the N-th depth message, to see the bot find the gap.")
  var drop: Int?

  @Option(help: "A configuration file (docs/configuration.md) in the place of the demo's own.")
  var config: String?

  @Option(help: "Keep journal, keys, logs and counters in this folder.")
  var keep: String?

  @Option(help: "Write the summary's figures to this file, as JSON.")
  var json: String?

  @Flag(help: "Print the configuration that the demo would run with, and end.")
  var printConfig = false

  func validate() throws {
    guard speed > 0, speed <= 1_000 else { throw ValidationError("--speed is above 0 and at most 1000") }
    if let seconds, seconds <= 0 { throw ValidationError("--seconds is positive") }
    if let drop, drop < 1 { throw ValidationError("--drop counts depth messages from 1") }
  }

  func run() throws {
    if printConfig {
      let cpus = HostFacts.current().allowedCpus
      print(DemoConfiguration.text(cpus: cpus, instrument: try DemoMarket(captures: capture).symbol), terminator: "")
      return
    }
    let demo = try Demo(
      DemoOptions(
        market: DemoMarket(captures: capture), seed: seed, speed: speed,
        seconds: seconds ?? (capture.isEmpty ? 30 : nil), withheldDiff: drop, configurationFile: config, keep: keep))
    let summary = try demo.run()
    print(summary.text)
    if let json { try Figures.encoder.encode(summary.report).write(to: URL(fileURLWithPath: json)) }
    if !summary.isSound { throw ExitCode.failure }
  }
}
