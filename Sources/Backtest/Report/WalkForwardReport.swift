// The page that shows a walk-forward: what the tests came to, and what training had promised.

public import Foundation
import Simulation

/// Writes the report of a walk-forward.
public struct WalkForwardReport {
  private let label: String
  private let run: WalkForwardRun
  private let training: [SweepRow]
  private let tests: [SweepRow]

  /// - Parameters:
  ///   - label: what was run, for the title.
  ///   - training: the rows of `run.training`.
  ///   - tests: the rows of `run.tests(after: training, by: .sharpe)`.
  public init(_ label: String, _ run: WalkForwardRun, training: [SweepRow], tests: [SweepRow]) {
    self.label = label
    self.run = run
    self.training = training
    self.tests = tests
  }

  /// The page. Equal rows give equal pages.
  public func html() throws -> String { try page.html() }

  public func write(to url: URL) throws { try page.write(to: url) }

  private var page: HTMLPage { HTMLPage(data: data, scripts: ["common", "chart", "walk"]) }

  private var data: JSONValue {
    .fields([
      ("label", .string(label)), ("splits", .array(splits)), ("training", .array(training.compactMap(Self.json))),
      ("tests", .array(tests.compactMap(Self.json))), ("out_of_sample", OutOfSample(tests).json),
    ])
  }

  /// Each window with the job of the training that its test was run with; null where no job's figure was defined.
  private var splits: [JSONValue] {
    let chosen = run.chosen(after: training, by: .sharpe)
    return zip(run.splits, chosen).map { split, row in
      .fields([
        ("train_ns", .integers([split.train.lowerBound, split.train.upperBound])),
        ("test_ns", .integers([split.test.lowerBound, split.test.upperBound])),
        ("chosen", row.map { .integer($0.number) } ?? .null),
      ])
    }
  }

  private static func json(_ row: SweepRow) -> JSONValue? { JSONValue(parsing: row.line.utf8) }
}
