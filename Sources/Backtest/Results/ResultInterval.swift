// A profit is an interval: the same run with the pessimistic and with the optimistic queue.

import Market
public import Simulation

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
/// concerned; latency, impact and the rest of the model are not in it.
public struct ResultInterval: Equatable, Sendable {
  public enum Problem: Error, Equatable { case differentRuns }

  public let pessimistic: BacktestResult
  public let optimistic: BacktestResult
  /// One run stands for both ends.
  public let isCertain: Bool

  /// - Throws: `Problem.differentRuns` unless both are of the same instruments and time.
  public init(pessimistic: BacktestResult, optimistic: BacktestResult) throws(Problem) {
    guard pessimistic.instruments == optimistic.instruments, pessimistic.startNs == optimistic.startNs,
      pessimistic.endNs == optimistic.endNs
    else { throw .differentRuns }
    self.pessimistic = pessimistic
    self.optimistic = optimistic
    isCertain = false
  }

  /// A run in which no order rested, or whose data shows every order's queue: both ends are one.
  public init(certain result: BacktestResult) {
    pessimistic = result
    optimistic = result
    isCertain = true
  }

  /// - Parameter scope: its place in `scopes`, which is the same in both runs.
  public func figure(_ metric: Metric, scope: Int) -> FigureInterval {
    FigureInterval(pessimistic: pessimistic.scopes[scope][metric], optimistic: optimistic.scopes[scope][metric])
  }

  /// `intervals` first: for each scope each figure as [pessimistic, optimistic] and the bootstrap's
  /// intervals of both runs; then both results.
  public var json: JSONValue {
    .fields([
      ("format", .string("apus-backtest-interval-1")),
      ("label", .string(pessimistic.label)),
      ("simulated", .bool(true)),
      ("intervals", .array(pessimistic.scopes.indices.map(intervalsJSON))),
      ("pessimistic", pessimistic.json),
      ("optimistic", optimistic.json),
    ])
  }

  private func bootstrap(_ result: BacktestResult, _ scope: Int) -> JSONValue {
    ProfitBootstrap(result.scopes[scope], intervalNs: result.sampleIntervalNs)?.json ?? .null
  }

  private func intervalsJSON(_ scope: Int) -> JSONValue {
    let of = pessimistic.scopes[scope]
    let figures = Metric.allCases.map { metric in
      let interval = figure(metric, scope: scope)
      return (metric.rawValue, JSONValue.array([interval.pessimistic.json, interval.optimistic.json]))
    }
    return .fields([
      ("kind", .string(of.kind.rawValue)), ("name", .string(of.name)), ("asset", .string(of.asset.text)),
      ("figures", .fields(figures)),
      ("bootstrap_95", .array([pessimistic, optimistic].map { bootstrap($0, scope) })),
    ])
  }
}
