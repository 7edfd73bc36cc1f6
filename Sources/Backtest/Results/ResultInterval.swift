// A profit is an interval: the same run with the pessimistic and with the optimistic queue, and what is expected between.

import Market
public import Simulation

/// What a run assumes of the queue ahead of its orders.
public enum QueueOutlook: String, Sendable {
  case pessimistic
  case expected
  case optimistic
}

/// What one figure is between.
public struct FigureInterval: Equatable, Sendable {
  public var pessimistic: MetricValue
  public var optimistic: MetricValue

  /// From the smaller to the larger; nil unless both are defined. The optimistic queue fills more, which need not earn
  /// more, so either end may be the lower one.
  public var range: ClosedRange<Double>? {
    guard let a = pessimistic.real, let b = optimistic.real else { return nil }
    return min(a, b)...max(a, b)
  }
}

/// One configuration run twice, between the assumptions about the queue that a recording cannot decide: every order
/// ahead trades or cancels last (pessimistic), or first (optimistic). What is real lies between as far as the queue is
/// concerned; latency, impact and the rest of the model are not in it. A third run, by a model of the queue, may say what
/// is expected in between.
public struct ResultInterval: Equatable, Sendable {
  public enum Problem: Error, Equatable { case differentRuns }

  public let pessimistic: BacktestResult
  public let expected: BacktestResult?
  public let optimistic: BacktestResult
  /// One run stands for both ends.
  public let isCertain: Bool

  /// - Throws: `Problem.differentRuns` unless all are of the same instruments and time.
  public init(
    pessimistic: BacktestResult, expected: BacktestResult? = nil, optimistic: BacktestResult
  ) throws(Problem) {
    for other in [expected, optimistic].compactMap(\.self) {
      guard pessimistic.instruments == other.instruments, pessimistic.startNs == other.startNs,
        pessimistic.endNs == other.endNs
      else { throw .differentRuns }
    }
    self.pessimistic = pessimistic
    self.expected = expected
    self.optimistic = optimistic
    isCertain = false
  }

  /// A run in which no order rested, or whose data shows every order's queue: both ends are one.
  public init(certain result: BacktestResult) {
    pessimistic = result
    expected = nil
    optimistic = result
    isCertain = true
  }

  /// From the pessimistic to the optimistic one.
  public var runs: [(outlook: QueueOutlook, result: BacktestResult)] {
    let between = expected.map { [(QueueOutlook.expected, $0)] } ?? []
    return [(.pessimistic, pessimistic)] + between + [(.optimistic, optimistic)]
  }

  /// - Parameter scope: its place in `scopes`, which is the same in both runs.
  public func figure(_ metric: Metric, scope: Int) -> FigureInterval {
    FigureInterval(pessimistic: pessimistic.scopes[scope][metric], optimistic: optimistic.scopes[scope][metric])
  }

  /// `runs` names the results that follow; `intervals` has, for each scope, each figure and the bootstrap's intervals of
  /// every run, in that order.
  public var json: JSONValue {
    let head: [(String, JSONValue)] = [
      ("format", .string("apus-backtest-interval-1")),
      ("label", .string(pessimistic.label)),
      ("simulated", .bool(true)),
      ("runs", .array(runs.map { .string($0.outlook.rawValue) })),
      ("intervals", .array(pessimistic.scopes.indices.map(intervalsJSON))),
    ]
    return .fields(head + runs.map { ($0.outlook.rawValue, $0.result.json) })
  }

  private func bootstrap(_ result: BacktestResult, _ scope: Int) -> JSONValue {
    ProfitBootstrap(result.scopes[scope], intervalNs: result.sampleIntervalNs)?.json ?? .null
  }

  private func intervalsJSON(_ scope: Int) -> JSONValue {
    let of = pessimistic.scopes[scope]
    let figures = Metric.allCases.map { metric in
      (metric.rawValue, JSONValue.array(runs.map { $0.result.scopes[scope][metric].json }))
    }
    return .fields([
      ("kind", .string(of.kind.rawValue)), ("name", .string(of.name)), ("asset", .string(of.asset.text)),
      ("figures", .fields(figures)),
      ("bootstrap_95", .array(runs.map { bootstrap($0.result, scope) })),
    ])
  }
}
