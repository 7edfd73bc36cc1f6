// One configuration with some of its fields varied: every combination is a backtest of its own, on all cores.

import Backtest
import Foundation
import Pipeline
import Yams

/// Points drawn at random instead of a grid's.
package struct RandomSearch: Equatable {
  let count: Int
  let seed: UInt64

  package init(count: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
  }
}

/// A sweep of `apus backtest`: `strategy.parameters.riskAversion=0.01,0.1` for each field that varies.
package struct BacktestSweep {
  package let jobs: [SweepJob]
  /// What a result depends on besides the settings: the configuration, and what stands in the files that it names.
  let identity: String
  /// The input's window, in nanoseconds since 1970.
  package let time: Range<Int64>
  /// When the input begins.
  private let firstNs: Int64
  private let file: String
  private let text: String
  private let strategies: [StrategyFactory]

  /// Reads and validates the configuration of every job, so that none is refused after hours of others.
  ///
  /// - Parameters:
  ///   - varied: texts of the form `path.of.field=value,value`, or with a range of numbers (`ParameterAxis`).
  ///   - random: so many points of that space; nil for all of a grid.
  /// - Throws: `SessionError` for such a text, `ConfigurationError` for a value that a field refuses.
  package init(
    file: String, text: String, varied: [String], random: RandomSearch? = nil, strategies: [StrategyFactory]
  ) throws {
    let axes = try varied.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw SessionError("--vary \(text): path.of.field=value,value is expected") }
      return ParameterAxis(name: parts[0], text: parts[1])
    }
    if random == nil, let range = axes.first(where: \.isRange) {
      throw SessionError("--vary \(range.name): a range has no end of values; --random says how many to draw")
    }
    self.file = file
    self.text = text
    self.strategies = strategies
    let plan = try BacktestPlan(Configuration(file: file, text: text), strategies: strategies)
    let market = try BacktestMarket(plan.settings, instruments: plan.instruments)
    time = market.startNs..<market.endNs
    firstNs = market.startNs - plan.settings.fromNs
    identity = text + (try Self.fingerprint(plan.settings.venues.flatMap(\.files)))
    do {
      let points =
        try random.map { try ParameterSpace.random(axes, count: $0.count, seed: $0.seed) } ?? ParameterSpace.grid(axes)
      jobs = SweepJob.all(points, identity: identity)
    } catch {
      throw SessionError("--vary: \(error)")
    }
    for job in jobs { _ = try configuration(job) }
  }

  /// Runs what `results` does not hold yet: both ends of the queue, not what is between them. The outcome is the same for any number of threads.
  package func run(
    threads: Int, results: SweepFile? = nil, progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> SweepOutcome {
    try run(jobs, threads: threads, results: results, progress: progress)
  }

  func run(
    _ jobs: [SweepJob], threads: Int, results: SweepFile?, progress: @escaping @Sendable (Int, Int) -> Void
  ) throws -> SweepOutcome {
    try SweepRunner(threads: threads).run(jobs, file: results, progress: progress) { job in
      try outcome(job, withExpected: false, progress: nil).interval
    }
  }

  /// One of its jobs as a backtest of its own, with everything that a sweep does not keep.
  package func outcome(
    _ job: SweepJob, withExpected: Bool = true, progress: ProgressBar? = ProgressBar()
  ) throws -> BacktestOutcome {
    var run = try BacktestRun(configuration(job), strategies: strategies)
    return try run.run(withExpected: withExpected, progress: progress)
  }

  private func configuration(_ job: SweepJob) throws -> Configuration {
    guard var root = try Yams.compose(yaml: text) else { throw SessionError("\(file) is empty") }
    for setting in job.settings {
      let path = setting.name.split(separator: ".").map(String.init)
      guard Self.replace(path[...], with: setting.value, in: &root) else {
        throw SessionError("--vary \(setting.name): \(file) has no such mapping")
      }
    }
    var configuration = try Configuration(file: file, text: Yams.serialize(node: root))
    if let window = job.window {
      configuration.backtest?.fromNs = window.lowerBound - firstNs
      configuration.backtest?.toNs = window.upperBound - firstNs
    }
    return configuration
  }

  /// - Returns: whether all but the last name of the path are mappings. Whether the last is a field, its reader says.
  private static func replace(_ path: ArraySlice<String>, with value: String, in node: inout Node) -> Bool {
    guard let name = path.first, case .mapping(var mapping) = node else { return false }
    if path.count == 1 {
      mapping[Node(name)] = Node(value)
    } else {
      guard var child = mapping[Node(name)], replace(path.dropFirst(), with: value, in: &child) else { return false }
      mapping[Node(name)] = child
    }
    node = .mapping(mapping)
    return true
  }

  /// What stands in the files: one that was replaced under its name is another input.
  private static func fingerprint(_ files: [String]) throws -> String {
    try files.map { file in
      try Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe).withUnsafeBytes { SHA256.hex($0) }
    }.joined(separator: ",")
  }
}
