// `apus backtest`: the bot on recorded markets, without a clock.

import ArgumentParser
import Backtest
import Foundation
import Simulation

struct BacktestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract: "Run the bot on recorded markets, in event time.",
    discussion: """
      The stages are the live ones: strategy, features, brain, router, risk gate and order states. Only the clock, the
      network and the venue are simulated, as the `backtest` section of the configuration says; docs/backtesting.md
      tells by which rules, and what is not simulated. The same input gives the same output, byte for byte.

        apus backtest --config backtest.yaml
        apus backtest --config backtest.yaml --json result.json --report result.html --tables rows
        apus backtest --config backtest.yaml --vary strategy.parameters.riskAversion=0.01,0.1 --sweep sweep.jsonl
        apus backtest --config backtest.yaml --vary strategy.parameters.riskAversion=log:0.001..1 --random 50
        apus backtest --config backtest.yaml --vary risk.maximumPosition=0.1,0.2 --walk-forward 3600,600,60 --report walk.html
        apus backtest --config backtest.yaml --against run/journal
      """)

  @Option(help: "The configuration file, with a `backtest` section.")
  var config: String?

  @Option(help: "Write the result to this file, as JSON.")
  var json: String?

  @Option(help: "Write one self-contained HTML page with plots to this file.")
  var report: String?

  @Option(help: "Write fills, orders, markouts and equity as CSV files into this folder.")
  var tables: String?

  @Option(help: "Run every combination of such fields: path.of.field=value,value. May be given several times.")
  var vary: [String] = []

  @Option(
    help: "With --vary: so many combinations drawn at random; fields may be ranges then, LOW..HIGH or log:LOW..HIGH.")
  var random: Int?

  @Option(help: "The seed of --random.")
  var randomSeed: UInt64 = 1

  @Option(help: "With --vary: the file of finished jobs; a sweep that was interrupted goes on where it stopped.")
  var sweep: String?

  @Option(help: "With --vary: choose on TRAIN seconds, judge on the TEST behind: TRAIN,TEST[,PURGE[,EMBARGO]].")
  var walkForward: String?

  @Flag(help: "With --walk-forward: training always begins at the start, and grows.")
  var anchored = false

  @Option(help: "With --vary: how many backtests run at once (all cores).")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "Compare with a recorded session: the folder of its journal.")
  var against: String?

  @Option(help: "With --against: the share of filled orders that may differ, 0 to 1.")
  var threshold = 0.0

  func validate() throws {
    guard threads > 0 else { throw ValidationError("--threads is at least 1") }
    guard !vary.isEmpty || sweep == nil else { throw ValidationError("--sweep keeps the jobs of --vary") }
    guard !vary.isEmpty || (walkForward == nil && random == nil) else {
      throw ValidationError("--walk-forward and --random choose among the jobs of --vary")
    }
    guard walkForward != nil || !anchored else { throw ValidationError("--anchored is a kind of --walk-forward") }
    guard random ?? 1 > 0 else { throw ValidationError("--random is at least 1") }
    guard vary.isEmpty || tables == nil else { throw ValidationError("--tables is of one backtest, not of a sweep") }
    guard (0...1).contains(threshold) else { throw ValidationError("--threshold is a share, 0 to 1") }
    guard config != nil || against != nil else { throw ValidationError("--config or --against is expected") }
    guard against == nil || (json == nil && report == nil && tables == nil && vary.isEmpty) else {
      throw ValidationError("--against prints its comparison; it makes no result")
    }
  }

  func run() throws {
    if let against { return try compare(against) }
    guard let config else { return }  // refused above
    if !vary.isEmpty { return try runSweep(config) }
    var backtest = try BacktestRun(Configuration(file: config), strategies: Apus.strategies)
    let outcome = try backtest.run(tables: tables.map { URL(fileURLWithPath: $0, isDirectory: true) })
    print(BacktestText(outcome: outcome, isColoured: Terminal.isInteractive).all)
    let interval = try outcome.interval
    if let json { try Data((interval.json.text + "\n").utf8).write(to: URL(fileURLWithPath: json)) }
    if let report { try HTMLReport(interval).write(to: URL(fileURLWithPath: report)) }
  }

  /// Runs all jobs, then the best one again for its report.
  private func runSweep(_ config: String) throws {
    let text = try String(contentsOfFile: config, encoding: .utf8)
    let drawn = random.map { RandomSearch(count: $0, seed: randomSeed) }
    let jobs = try BacktestSweep(file: config, text: text, varied: vary, random: drawn, strategies: Apus.strategies)
    let bar = ProgressBar()
    let results = try sweep.map { try SweepFile(URL(fileURLWithPath: $0)) }
    if let walkForward {
      let lengths = try WalkForwardLengths(walkForward)
      let walk = try jobs.walkForward(lengths, anchored: anchored, threads: threads, results: results) {
        bar.show(done: $0, of: $1)
      }
      print(SweepText.walkForward(walk.tests))
      if let json { try Data(walk.tests.lines.utf8).write(to: URL(fileURLWithPath: json)) }
      if let report {
        try WalkForwardReport(config, walk.run, training: walk.training.rows, tests: walk.tests.rows)
          .write(to: URL(fileURLWithPath: report))
      }
      return
    }
    let outcome = try jobs.run(threads: threads, results: results) { bar.show(done: $0, of: $1) }
    print(SweepText(outcome: outcome).all)
    if let json { try Data(outcome.lines.utf8).write(to: URL(fileURLWithPath: json)) }
    guard let report, let best = outcome.best else { return }
    let result = try jobs.outcome(jobs.jobs[best.number]).interval
    try HTMLReport(result, sweep: outcome.rows).write(to: URL(fileURLWithPath: report))
  }

  private func compare(_ journal: String) throws {
    let settings = try config.flatMap { try Configuration(file: $0).backtest }
    var parity = try ParityRun(journal: journal, settings)
    let report = try parity.run()
    print(report.text)
    if report.differingShare > threshold { throw ExitCode.failure }
  }
}
