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

  @Option(help: "Ticks a second that ask for an order; with --speed it is one message in ten.")
  var orders = 200.0

  @Option(help: "How long each rate is measured, after the warm-up.")
  var seconds = 10.0

  @Option(help: "How long each rate runs before it is measured.")
  var warmUp = 2.0

  @Option(help: "The CPU of the load's venue; the first one of this process without it.")
  var cpu: Int?

  @Flag(help: "Do not rehearse: the first ten ticks find a process that has never seen any.")
  var cold = false

  @Flag(help: "One JSON array.")
  var json = false

  /// More would meet the limit of the load's own session, `LoadConfiguration`.
  private static let ordersPerSecondMaximum = 5_000.0

  func validate() throws {
    guard rate.allSatisfy({ (1...10_000_000).contains($0) }) else { throw ValidationError("--rate is 1 to 10000000") }
    guard (1...1_000_000).contains(burst) else { throw ValidationError("--burst is 1 to 1000000") }
    guard (0.1...86_400).contains(seconds), (0...3_600).contains(warmUp) else {
      throw ValidationError("--seconds is 0.1 to 86400, --warm-up 0 to 3600")
    }
    guard orders > 0, orders <= Self.ordersPerSecondMaximum else { throw ValidationError("--orders is up to 5000") }
    if let speed {
      guard (0.01...1_000_000).contains(speed) else { throw ValidationError("--speed is 0.01 to 1000000") }
      guard rate.isEmpty, burst == 1 else { throw ValidationError("--speed stands instead of --rate and --burst") }
    }
  }

  func run() throws {
    let cpus = HostFacts.current().allowedCpus
    let settings: Configuration
    do {
      settings = try Configuration.forHost(config, cpus: cpus)
      if let cpu, !cpus.contains(cpu) { throw SessionError("--cpu: CPU \(cpu) is not one of this process: \(cpus)") }
    } catch {
      Terminal.note("\(error)")
      throw ExitCode(Apus.usageStatus)
    }
    let interrupt = InterruptFlag()
    if !cold, settings.isRehearsed, let problem = Rehearsal.run(settings, interrupt: interrupt) {
      Terminal.note(problem)
    }
    var reports: [LoadReport] = []
    for (rate, order) in loads {
      let load = try LoadRun(settings, captures: capture, cpu: cpu ?? cpus.first, interrupt: interrupt)
      let report = try load.run(LoadOptions(order: order, warmUpSeconds: warmUp, seconds: seconds), rate: rate)
      reports.append(report)
      if !json { print(report.text) }
    }
    if json { print(String(decoding: try Figures.encoder.encode(reports), as: UTF8.self)) }
  }

  private var loads: [(rate: Double?, order: LoadOrder)] {
    if let speed { return [(nil, LoadOrder(.recorded(speed: speed), messagesPerTick: Self.messagesPerRecordedTick))] }
    return (rate.isEmpty ? [1_000] : rate).map { rate in
      let pace: LoadPace =
        burst == 1 ? .constant(messagesPerSecond: rate) : .bursts(of: burst, messagesPerSecond: rate)
      // Half of all messages at most: the market has to go on.
      return (rate, LoadOrder(pace, messagesPerTick: max(2, Int((rate / orders).rounded()))))
    }
  }

  /// A recording's rate changes, so that its ticks are a part of its messages.
  private static let messagesPerRecordedTick = 10
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
