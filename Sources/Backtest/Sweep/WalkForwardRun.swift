// A walk-forward: in each window the best of the training is chosen and judged on the test behind it.

public import Simulation

/// The jobs of a walk-forward, in two sweeps: all points over all training windows, then each window's best over its test.
public struct WalkForwardRun: Equatable, Sendable {
  public let points: [[ParameterSetting]]
  public let splits: [TimeSplit]
  private let identity: String

  /// - Parameter splits: of `WalkForward.windows`: one span of training each.
  public init(points: [[ParameterSetting]], splits: [TimeSplit], identity: String) {
    precondition(!points.isEmpty && splits.allSatisfy { $0.train.count == 1 }, "one span of training in each window")
    self.points = points
    self.splits = splits
    self.identity = identity
  }

  /// Each point in each training window, the windows changing fastest.
  public var training: [SweepJob] { SweepJob.all(points, windows: splits.map { $0.train[0] }, identity: identity) }

  /// The best point of each window, over its test: by the pessimistic figure, the earlier point of equals. A window in
  /// which no point's figure is defined has no test.
  ///
  /// - Parameter rows: of `training`, in any order; those that failed may be missing.
  public func tests(after rows: [SweepRow], by metric: Metric) -> [SweepJob] {
    let sorted = rows.sorted { $0.number < $1.number }
    let chosen = splits.compactMap { split -> (row: SweepRow, test: Range<Int64>)? in
      var best: (row: SweepRow, figure: Double)?
      for row in sorted where row.window == split.train[0] {
        guard let figure = row.figure(metric).pessimistic, figure > best?.figure ?? -.infinity else { continue }
        best = (row, figure)
      }
      return best.map { ($0.row, split.test) }
    }
    return chosen.enumerated().map { number, choice in
      SweepJob(number: number, settings: choice.row.settings, window: choice.test, identity: identity)
    }
  }
}

/// What the tests of a walk-forward came to together: nothing in it was chosen with knowledge of its time.
public struct OutOfSample: Equatable, Sendable {
  public let tests: Int
  /// Summed over the tests, in whole coins; nil where one is not defined.
  public let pessimisticProfit: Double?
  public let optimisticProfit: Double?
  /// Share of the tests with a profit in the pessimistic run.
  public let profitable: Double?
  /// Annualised, of the pessimistic samples of all tests one after the other; nil where they differ in interval.
  public let sharpe: Double?

  public init(_ rows: [SweepRow]) {
    tests = rows.count
    func sum(_ profits: [Double?]) -> Double? {
      profits.reduce(.some(0.0)) { sum, profit in profit.flatMap { profit in sum.map { $0 + profit } } }
    }
    let profits = rows.map { $0.figure(.profit) }
    pessimisticProfit = sum(profits.map(\.pessimistic))
    optimisticProfit = sum(profits.map(\.optimistic))
    let known = profits.compactMap(\.pessimistic)
    profitable = known.isEmpty ? nil : Double(known.count { $0 > 0 }) / Double(known.count)
    let intervals = Set(rows.map(\.sampleIntervalNs))
    sharpe =
      intervals.count == 1
      ? Returns(values: rows.flatMap(\.returns), perYear: Returns.yearNs / Double(rows[0].sampleIntervalNs)).sharpe
      : nil
  }

  public var json: JSONValue {
    .fields([
      ("tests", .integer(tests)), ("profit", .array([.real(pessimisticProfit), .real(optimisticProfit)])),
      ("profitable_tests", .real(profitable)), ("sharpe", .real(sharpe)),
    ])
  }
}
