// Finds a session's shared files and reads, from outside, what the guard judges it by. Cold: opens files, reads /proc.

import Glibc
import Pipeline

/// Looks at whatever session has its counter file and its control words at two paths, one session after the other.
public struct SessionWatch: ~Copyable {
  private let counterPath: String
  private let controlPath: String
  private var found: Found?
  private var words: ControlWordsFile?
  /// Why nothing is found.
  private var absence = GuardCause.missing
  private var findDueNs = Int64.min
  private let findNs: Int64

  /// The session that is watched.
  fileprivate struct Found {
    let reader: CounterFileReader
    let process: ProcessIdentity
    var entryCount = 0
    /// By worker: its loops, and whether they are due.
    var workers: [(number: Int, loops: CounterFileReader.Entry, running: CounterFileReader.Entry)] = []
  }

  /// - Parameter findNs: the pause between two attempts to find a session, in the clock of `look`.
  public init(counterPath: String, controlPath: String, findNs: Int64) {
    self.counterPath = counterPath
    self.controlPath = controlPath
    self.findNs = findNs
  }

  /// What is there now. A session that has ended is shown as ended until another one is found.
  public mutating func look(nowNs: Int64) -> SessionSight {
    var condition = found?.process.condition ?? .ended
    if condition == .ended, nowNs >= findDueNs {
      findDueNs = nowNs + findNs
      find()
      condition = found?.process.condition ?? .ended
    }
    guard found != nil else { return SessionSight(absence: absence) }
    if words == nil { joinWords() }
    return SessionSight(
      process: found!.process, condition: condition, isStopping: words?.words.isStopping ?? false,
      hasControlWords: words != nil, beats: readBeats())
  }

  /// Raises the halt word of the session that was seen last, if it has one.
  public func halt() { words?.words.halt() }

  /// Takes the session at the paths, if its process lives and is not the one that is known to have ended.
  private mutating func find() {
    let reader: CounterFileReader
    do throws(CounterFileError) {
      reader = try CounterFileReader(path: counterPath)
    } catch {
      if case .memory(.file(_, _, ENOENT)) = error { absence = .missing } else { absence = .unreadable }
      return
    }
    guard reader.writer.condition != .ended else {
      absence = .stale
      return
    }
    guard reader.writer != found?.process else { return }
    found = Found(reader: reader, process: reader.writer)
    words = nil
    joinWords()
  }

  /// Joins the control words, once they are there and of the same process.
  private mutating func joinWords() {
    guard let file = try? ControlWordsFile(opening: controlPath), file.session == found?.process else { return }
    words = file
  }

  private mutating func readBeats() -> [WorkerBeat] {
    guard var session = found else { return [] }
    if session.entryCount != session.reader.entryCount {
      session.findWorkers()
      found = session
    }
    return session.workers.map { worker in
      WorkerBeat(
        worker: worker.number, loops: session.reader.value(worker.loops),
        isDue: session.reader.value(worker.running) != 0)
    }
  }
}

extension SessionWatch.Found {
  /// Finds the workers' counters by name. A damaged directory leaves the workers known so far.
  fileprivate mutating func findWorkers() {
    guard let entries = try? reader.entries() else { return }
    entryCount = entries.count
    let byName = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
    workers = []
    while let loops = byName["worker.\(workers.count).loops"], let running = byName["worker.\(workers.count).running"] {
      workers.append((workers.count, loops, running))
    }
  }
}
