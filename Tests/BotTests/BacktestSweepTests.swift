import Backtest
import Bot
import Foundation
import Testing

/// Sweeps of whole sessions: the machinery itself is tested in BacktestTests.
@Suite struct BacktestSweepTests {
  private let text = backtestConfiguration(syntheticBacktest.replacing("seconds: 60", with: "seconds: 40"))

  private func sweep(_ varied: [String]) throws -> BacktestSweep {
    try BacktestSweep(file: "test.yaml", text: text, varied: varied, strategies: StrategyFactory.included)
  }

  @Test func threadsDoNotChangeTheResult() throws {
    let varied = ["backtest.latency.orderUs=1000,50000", "backtest.fees.makerBasisPoints=0,10"]
    let one = try sweep(varied).run(threads: 1)
    let four = try sweep(varied).run(threads: 4)
    #expect(one.rows.count == 4 && one.failures.isEmpty)
    #expect(one.lines == four.lines)
    // Each job got its fields: the same decisions at another fee, and another fee only.
    #expect(one.rows[0].figure(.fees).pessimistic == 0)
    #expect(one.rows[1].figure(.turnover).pessimistic == one.rows[0].figure(.turnover).pessimistic)
    #expect(try #require(one.rows[1].figure(.fees).pessimistic) < 0)
    #expect(one.rows[2].line != one.rows[0].line)
  }

  /// A sweep that is taken up again must not mix results of two tables under one name.
  @Test func aFileThatWasReplacedIsAnotherInput() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString).csv")
    defer { try? FileManager.default.removeItem(at: file) }
    let recorded = text.replacing("feedUs: 500", with: "feed: {model: recorded, file: \(file.path)}")
    func jobs(_ table: String) throws -> [SweepJob] {
      try table.write(to: file, atomically: true, encoding: .utf8)
      return try BacktestSweep(
        file: "test.yaml", text: recorded, varied: ["backtest.fees.makerBasisPoints=0,10"],
        strategies: StrategyFactory.included
      ).jobs
    }
    let first = try jobs("time_ns,feed_ns\n1,500000\n")
    #expect(try jobs("time_ns,feed_ns\n1,600000\n") != first)
    #expect(try jobs("time_ns,feed_ns\n1,500000\n") == first)
  }

  @Test func rangesAreDrawnFrom() throws {
    func draw(_ seed: UInt64) throws -> [SweepJob] {
      try BacktestSweep(
        file: "test.yaml", text: text, varied: ["strategy.parameters.riskAversion=log:0.001..0.1"],
        random: RandomSearch(count: 3, seed: seed), strategies: StrategyFactory.included
      ).jobs
    }
    let values = try draw(1).compactMap { Double($0.settings[0].value) }
    #expect(values.count == 3 && values.allSatisfy { (0.001...0.1).contains($0) } && Set(values).count == 3)
    #expect(try draw(1) == draw(1) && draw(1) != draw(2))
  }

  @Test func aJobIsTheBacktestOfItsConfiguration() throws {
    let jobs = try sweep(["risk.maximumPosition=0.1,0.2"])
    let row = try jobs.run(threads: 2).rows[1]
    var single = try BacktestRun(Configuration(file: "test.yaml", text: text), strategies: StrategyFactory.included)
    #expect(row == SweepRow(jobs.jobs[1], try single.run(progress: nil).interval))
  }

  @Test(arguments: [
    ("risk.maximumPosition", "path.of.field=value"), ("risk.nothing=1", "nothing"), ("nothing.at=1", "no such mapping"),
    ("risk.maximumPosition=many", "risk.maximumPosition"), ("risk.maximumPosition=", "path.of.field=value"),
    ("risk.maximumPosition=,", "empty"), ("strategy.parameters.riskAversion=0.1..1", "--random"),
  ])
  func whatCannotRunIsRefused(_ varied: String, reason: String) {
    do {
      _ = try sweep([varied])
      Issue.record("\(varied) was taken")
    } catch { #expect("\(error)".contains(reason)) }
  }

  /// 40 s: two windows of 10 s of training, a gap of 2 s and 10 s of test.
  @Test func testsAreOfWhatTrainingChose() throws {
    let sweep = try sweep(["backtest.fees.makerBasisPoints=0,10"])
    let walk = try sweep.walkForward(WalkForwardLengths("10,10,1,1"), threads: 2)
    let (training, tests) = (walk.training, walk.tests)
    #expect(training.rows.count == 4 && tests.rows.count == 2)
    let windows = tests.rows.compactMap(\.window)
    let start = sweep.time.lowerBound
    #expect(windows == [12, 22].map { ($0 * 1_000_000_000 + start)..<(($0 + 10) * 1_000_000_000 + start) })
    for (test, window) in zip(tests.rows, 0...) {
      let trained = training.rows.filter { $0.window?.lowerBound == start + Int64(window) * 10_000_000_000 }
      let best = trained.max { ($0.figure(.sharpe).pessimistic ?? -1e9) < ($1.figure(.sharpe).pessimistic ?? -1e9) }
      #expect(test.settings == best?.settings)
    }
    #expect(throws: SessionError.self) { try sweep.walkForward(WalkForwardLengths("30,20"), threads: 1) }
    for wrong in ["10", "10,x", "10,-1", "1,2,3,4,5"] {
      #expect(throws: SessionError.self) { try WalkForwardLengths(wrong) }
    }
  }
}
