// A walk-forward: in each window the best of the training is chosen and judged on the test behind it.

public import Simulation

/// The jobs of a walk-forward, in two sweeps: all points over all training windows, then each window's best over its test.
public struct WalkForwardRun: Equatable, Sendable {
  public let points: [[ParameterSetting]]
  public let splits: [TimeSplit]
  private let identity: String

  public init(points: [[ParameterSetting]], splits: [TimeSplit], identity: String) {
    precondition(!points.isEmpty, "something to choose from")
    self.points = points
    self.splits = splits
    self.identity = identity
  }

  /// Each point in each training window, the windows changing fastest.
  public var training: [SweepJob] { SweepJob.all(points, windows: splits.map(\.train), identity: identity) }

  /// The best row of each window's training: by the pessimistic figure, the earlier point of equals; nil where no point's
  /// figure is defined.
  ///
  /// - Parameter rows: of `training`, in any order; those that failed may be missing.
  func chosen(after rows: [SweepRow], by metric: Metric) -> [SweepRow?] {
    let sorted = rows.sorted { $0.number < $1.number }
    return splits.map { split in
      var best: (row: SweepRow, figure: Double)?
      for row in sorted where row.window == split.train {
        guard let figure = row.figure(metric).pessimistic, figure > best?.figure ?? -.infinity else { continue }
        best = (row, figure)
      }
      return best?.row
    }
  }

  /// The best point of each window, over its test. A window without one has no test.
  public func tests(after rows: [SweepRow], by metric: Metric) -> [SweepJob] {
    let choices = zip(chosen(after: rows, by: metric), splits).compactMap { row, split in row.map { ($0, split.test) } }
    return choices.enumerated().map { number, choice in
      SweepJob(number: number, settings: choice.0.settings, window: choice.1, identity: identity)
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
