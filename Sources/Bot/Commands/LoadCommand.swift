// `apus load`: how fast a session answers ticks on this host, at which rate, and how far it keeps up.

import ArgumentParser
import Foundation
import Load
import Pipeline

struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Offer load to a session on this machine and measure tick to trade.",
    discussion: """
      Starts a venue of its own on loopback and a session with the placement, memory, TLS and transport of --config (the demo's
      without it), and answers ticks with orders that cannot trade. Messages go out on schedule whatever the session does, and
      their time counts from then. Several rates are measured one after the other, each by a session of its own.

        apus load
        apus load --config apus.yaml --rate 1000 --rate 50000 --seconds 30
        apus load --capture btcusdt.gz --rate 20000 --burst 100
        apus load --capture btcusdt.gz --speed 10 --json
      """)

  @Option(help: "The configuration file whose host's side is measured.")
  var config: String?

  @Option(help: "Recorded Binance spot captures of one symbol; the synthetic market without one.")
  var capture: [String] = []

  @Option(help: "Messages a second; may be given several times.")
  var rate: [Double] = []

  @Option(help: "Send so many messages at a time.")
  var burst = 1

  @Option(help: "Send as the capture was recorded, so many times as fast, instead of at a rate.")
  var speed: Double?

  @Option(help: "Orders a second: so many ticks ask for one.")
  var orders = 200.0

  @Option(help: "How long each rate is measured, after the warm-up.")
  var seconds = 10.0

  @Option(help: "How long each rate runs before it is measured.")
  var warmUp = 2.0

  @Option(help: "The CPU of the load's venue; the first one of this process without it.")
  var cpu: Int?

  @Flag(help: "One JSON array.")
  var json = false

  func validate() throws {
    guard rate.allSatisfy({ (1...10_000_000).contains($0) }) else { throw ValidationError("--rate is 1 to 10000000") }
    guard burst >= 1 else { throw ValidationError("--burst is at least 1") }
    guard seconds > 0, warmUp >= 0 else { throw ValidationError("--seconds is above 0, --warm-up at least 0") }
    guard orders > 0 else { throw ValidationError("--orders is above 0") }
    if let speed {
      guard speed > 0, rate.isEmpty, burst == 1 else { throw ValidationError("--speed stands instead of --rate") }
    }
  }

  func run() throws {
    let cpus = HostFacts.current().allowedCpus
    let settings: Configuration
    do {
      settings = try Configuration.forHost(config, cpus: cpus)
    } catch {
      Terminal.note("\(error)")
      throw ExitCode(Apus.usageStatus)
    }
    var reports: [LoadReport] = []
    for (rate, order) in loads {
      let run = try LoadRun(settings, captures: capture, cpu: cpu ?? cpus.first)
      let measurement = try run.measure(LoadOptions(order, warmUpSeconds: warmUp, seconds: seconds))
      let report = measurement.report(rate: rate, workers: try run.end())
      reports.append(report)
      if !json { print(report.text) }
    }
    if json { print(String(decoding: try Figures.encoder.encode(reports), as: UTF8.self)) }
  }

  private var loads: [(rate: Double, order: LoadOrder)] {
    if let speed { return [(0, LoadOrder(.recorded(speed: speed), messagesPerTick: 10))] }
    return (rate.isEmpty ? [1_000] : rate).map { rate in
      let pace: LoadPace =
        burst == 1 ? .constant(messagesPerSecond: rate) : .bursts(of: burst, messagesPerSecond: rate)
      return (rate, LoadOrder(pace, messagesPerTick: max(1, Int((rate / orders).rounded()))))
    }
  }
}

extension Configuration {
  /// The one in `file`, or the demo's for these CPUs.
  static func forHost(_ file: String?, cpus: [Int]) throws -> Configuration {
    if let file { return try Configuration(file: file) }
    return try Configuration(
      file: "the demo's configuration",
      text: DemoConfiguration.text(cpus: cpus.isEmpty ? [0] : cpus, instrument: "BTCUSDT"))
  }
}
