// The `backtest.latency` section: the model of each direction between the bot and its venue, and the bot's own time.

import Backtest
import Simulation

/// Which latency a direction has; a recorded one is read when the backtest is put together.
public enum LatencySetting: Sendable, Equatable {
  case constant(ns: Int64)
  case heavyTailed(HeavyTailedLatency.Parameters, seed: UInt64)
  /// Drawn from the acknowledgements in a session's journal.
  case measured(journal: String, seed: UInt64)
  /// The column `<direction>_ns` of a table.
  case recorded(file: String)
}

/// The latencies of the three directions, in nanoseconds.
public struct LatencySettings: Sendable, Equatable {
  public var feed: LatencySetting
  public var order: LatencySetting
  public var response: LatencySetting
  public var decisionNs: Int64
}

extension LatencySettings {
  /// Microseconds in the file: what is measured is no finer.
  init(_ reader: YAMLReader) throws {
    var reader = reader
    feed = try Self.setting("feed", &reader)
    order = try Self.setting("order", &reader)
    response = try Self.setting("response", &reader)
    decisionNs = try reader.microseconds("decisionUs")
    try reader.finish()
  }

  /// `feedUs: 500`, or `feed: {model: ...}`.
  private static func setting(_ direction: String, _ reader: inout YAMLReader) throws -> LatencySetting {
    guard reader.has(direction) else { return .constant(ns: try reader.microseconds(direction + "Us")) }
    guard !reader.has(direction + "Us") else {
      throw reader.fail(direction, "a constant (\(direction)Us) or a model, not both")
    }
    var model = try reader.mapping(direction)
    let setting: LatencySetting
    switch try model.string("model") {
    case "recorded": setting = .recorded(file: try model.string("file"))
    case "measured":
      guard direction != "feed" else { throw model.fail("model", "acknowledgements tell nothing of the feed") }
      setting = .measured(
        journal: try model.string("journal"), seed: UInt64(try model.integer("seed", in: 0...Int64.max, default: 1)))
    case "heavyTailed": setting = try heavyTailed(&model)
    default:
      throw model.fail("model", "recorded, measured or heavyTailed is expected; a constant is \(direction)Us: 500")
    }
    try model.finish()
    return setting
  }

  private static func heavyTailed(_ reader: inout YAMLReader) throws -> LatencySetting {
    let medianUs = try reader.number("medianUs", in: 0.001...60_000_000)
    let greatestUs = try reader.number("greatestMs", in: 0.001...600_000) * 1e3
    guard greatestUs >= medianUs else { throw reader.fail("greatestMs", "it is shorter than the median") }
    return .heavyTailed(
      HeavyTailedLatency.Parameters(
        medianNs: medianUs * 1e3, sigma: try reader.number("sigma", in: 0...10),
        memoryNs: try reader.number("memoryMs", in: 0.001...1e9) * 1e6,
        tailProbability: try reader.number("tailProbability", in: 0...1),
        tailIndex: try reader.number("tailIndex", in: 0.1...100), greatestNs: greatestUs * 1e3),
      seed: UInt64(try reader.integer("seed", in: 0...Int64.max)))
  }
}

extension LatencySettings {
  /// The models at their beginning.
  ///
  /// - Parameters:
  ///   - window: what is played, in nanoseconds since 1970.
  ///   - section: where the settings stand.
  /// - Throws: for a table that cannot be read, or has nothing to say about the window.
  func delays(in window: ClosedRange<Int64>, section: String) throws -> LinkDelays {
    LinkDelays(
      feed: try Self.latency(feed, "feed", window, section), order: try Self.latency(order, "order", window, section),
      response: try Self.latency(response, "response", window, section), decisionNs: decisionNs)
  }

  private static func latency(
    _ setting: LatencySetting, _ direction: String, _ window: ClosedRange<Int64>, _ section: String
  ) throws -> WireLatency {
    switch setting {
    case .constant(let ns): return .constant(ns)
    case .heavyTailed(let parameters, let seed): return .heavyTailed(HeavyTailedProcess(parameters, seed: seed))
    case .measured(let journal, let seed):
      let trips = try MeasuredAcknowledgements(journal: journal).trips
      return .drawn(EmpiricalLatency(trips, seed: seed), direction == "order" ? .there : .back)
    case .recorded(let file):
      let delay = try RecordedDelay(path: file, column: direction + "_ns")
      guard delay.timesNs.overlaps(window) else {
        throw SessionError(
          "\(section).latency.\(direction).file: \(file) was measured from \(delay.timesNs.lowerBound) to "
            + "\(delay.timesNs.upperBound) ns, and what is played is from \(window.lowerBound) to \(window.upperBound)")
      }
      return .recorded(delay)
    }
  }
}

extension YAMLReader {
  fileprivate mutating func microseconds(_ name: String) throws -> Int64 {
    Int64(try number(name, in: 0...60_000_000) * 1e3)
  }
}
