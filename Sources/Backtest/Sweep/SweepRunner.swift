// Runs the jobs of a sweep on several threads; what comes out does not depend on how many there are.

import Dispatch
import Synchronization

/// What came of a sweep.
public struct SweepOutcome: Sendable {
  /// Finished jobs in order of their number.
  public var rows: [SweepRow]
  /// Jobs that failed, with the reason, in order of their number. They run again when the sweep is taken up again.
  public var failures: [(job: SweepJob, reason: String)]

  /// The job with the largest pessimistic Sharpe ratio of its kept samples, the first of equals; nil when none has two.
  public var best: SweepRow? {
    rows.reduce(nil as SweepRow?) { best, row in
      guard let sharpe = row.sharpe else { return best }
      return sharpe > best?.sharpe ?? -.infinity ? row : best
    }
  }

  /// The rows' lines, byte-equal whatever the number of threads and however often the sweep was interrupted.
  public var lines: String { rows.map { $0.line + "\n" }.joined() }
}

public struct SweepRunner: Sendable {
  public var threads: Int

  public init(threads: Int) {
    precondition(threads > 0)
    self.threads = threads
  }

  /// Runs what `file` does not hold yet. Blocks until all is done.
  ///
  /// - Parameters:
  ///   - file: keeps what is finished; nil for nothing kept.
  ///   - progress: how many jobs are done, of how many; called by any thread, one at a time.
  ///   - run: called by several threads at once, each call with another job.
  /// - Throws: what writing to `file` threw first; the jobs then under way are finished and no others begun.
  public func run(
    _ jobs: [SweepJob], file: SweepFile? = nil, progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in },
    _ run: @Sendable (SweepJob) throws -> ResultInterval
  ) throws -> SweepOutcome {
    let due = jobs.filter { file?.finished[$0.key] == nil }
    let board = Mutex(Board(file: file, done: jobs.count - due.count))
    board.withLock { progress($0.done, jobs.count) }
    DispatchQueue.concurrentPerform(iterations: min(threads, max(due.count, 1))) { _ in
      while let index = board.withLock({ $0.take(due.count) }) {
        let job = due[index]
        let outcome = Result { SweepRow(job, try run(job)) }
        board.withLock {
          $0.finish(job, outcome)
          progress($0.done, jobs.count)
        }
      }
    }
    return try board.withLock { board in
      if let problem = board.fileProblem { throw problem }
      return outcome(jobs, file, board)
    }
  }

  private func outcome(_ jobs: [SweepJob], _ file: SweepFile?, _ board: Board) -> SweepOutcome {
    let rows = jobs.compactMap { job in
      // A grid that was extended numbers its jobs anew: the row takes the number that its job has now.
      (board.rows[job.number] ?? file?.finished[job.key]).map { $0.renumbered(job.number) }
    }
    return SweepOutcome(rows: rows, failures: board.failures.sorted { $0.job.number < $1.job.number })
  }

  /// What the threads share, under the lock. Rows are looked up by number, never walked.
  private struct Board {
    let file: SweepFile?
    var next = 0
    var done: Int
    var rows: [Int: SweepRow] = [:]
    var failures: [(job: SweepJob, reason: String)] = []
    var fileProblem: (any Error)?

    init(file: SweepFile?, done: Int) {
      self.file = file
      self.done = done
    }

    mutating func take(_ count: Int) -> Int? {
      guard next < count, fileProblem == nil else { return nil }
      defer { next += 1 }
      return next
    }

    mutating func finish(_ job: SweepJob, _ outcome: Result<SweepRow, any Error>) {
      done += 1
      switch outcome {
      case .failure(let error): failures.append((job, "\(error)"))
      case .success(let row):
        rows[job.number] = row
        do { try file?.append(row) } catch { fileProblem = fileProblem ?? error }
      }
    }
  }
}
