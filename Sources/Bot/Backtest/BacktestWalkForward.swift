// A walk-forward of backtests: the best of each training window is run over the test behind it.

import Backtest

/// The lengths of a walk-forward in seconds: TRAIN,TEST[,PURGE[,EMBARGO]].
package struct WalkForwardLengths: Equatable {
  package let trainNs: Int64
  package let testNs: Int64
  package let gaps: WalkForward

  /// - Throws: `SessionError` for a text of another form.
  package init(_ text: String) throws {
    let seconds = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    // Less than a hundred years, so that nanoseconds fit.
    guard (2...4).contains(seconds.count), seconds.allSatisfy({ $0.map { (0..<3e9).contains($0) } ?? false }) else {
      throw SessionError("--walk-forward \(text): TRAIN,TEST[,PURGE[,EMBARGO]] in seconds is expected")
    }
    let ns = seconds.map { Int64(($0 ?? 0) * 1e9) } + [0, 0]
    (trainNs, testNs) = (ns[0], ns[1])
    gaps = try WalkForward(purgeNs: ns[2], embargoNs: ns[3])
  }
}

/// What a walk-forward came to; the jobs of each of both sweeps are numbered from 0.
package struct WalkForwardOutcome {
  package let run: WalkForwardRun
  package let training: SweepOutcome
  package let tests: SweepOutcome
}

extension BacktestSweep {
  /// Runs all points over each training window, then each window's best by its pessimistic Sharpe ratio over its test.
  ///
  /// - Parameter anchored: training always begins at the start and grows.
  /// - Throws: `SessionError` when the input is too short for a single window.
  package func walkForward(
    _ lengths: WalkForwardLengths, anchored: Bool = false, threads: Int, results: SweepFile? = nil,
    progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> WalkForwardOutcome {
    let splits: [TimeSplit]
    do {
      splits = try lengths.gaps.windows(time, trainNs: lengths.trainNs, testNs: lengths.testNs, anchored: anchored)
    } catch {
      let seconds = (time.upperBound - time.lowerBound) / 1_000_000_000
      throw SessionError("--walk-forward: \(error); the input has \(seconds) s")
    }
    let walk = WalkForwardRun(points: jobs.map(\.settings), splits: splits, identity: identity)
    let training = try run(walk.training, threads: threads, results: results, progress: progress)
    let tests = try run(
      walk.tests(after: training.rows, by: .sharpe), threads: threads, results: results, progress: progress)
    return WalkForwardOutcome(run: walk, training: training, tests: tests)
  }
}
