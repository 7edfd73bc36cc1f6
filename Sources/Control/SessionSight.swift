// What the guard sees of a session in one look.

public import Pipeline

/// One worker's heartbeat.
public struct WorkerBeat: Sendable, Equatable {
  public var worker: Int
  /// Rises with every loop of the worker.
  public var loops: Int64
  /// Whether the worker's thread runs: only then is a beat due.
  public var isDue: Bool

  public init(worker: Int, loops: Int64, isDue: Bool) {
    self.worker = worker
    self.loops = loops
    self.isDue = isDue
  }
}

/// The state of a session, seen from outside at one moment.
public struct SessionSight: Sendable, Equatable {
  /// The session's process; nil where there is none to watch.
  public var process: ProcessIdentity?
  /// Why there is none: `missing`, `unreadable` or `stale`.
  public var absence = GuardCause.none
  public var condition = ProcessCondition.ended
  /// Whether the session has begun its orderly end.
  public var isStopping = false
  /// Whether the session's halt word can be raised.
  public var hasControlWords = false
  public var beats: [WorkerBeat] = []

  public init(absence: GuardCause) { self.absence = absence }

  public init(
    process: ProcessIdentity, condition: ProcessCondition, isStopping: Bool = false, hasControlWords: Bool = true,
    beats: [WorkerBeat]
  ) {
    self.process = process
    self.condition = condition
    self.isStopping = isStopping
    self.hasControlWords = hasControlWords
    self.beats = beats
  }
}
