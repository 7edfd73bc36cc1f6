// Holds a stage in place, so that one worker can poll stages of different types.

/// A stage of any type, as a worker sees it.
public class AnyStageBox {
  /// The stage's name in the affinity configuration and in the counters.
  public let name: String

  fileprivate init(_ name: String) { self.name = name }

  /// Polls the stage. The thread of its worker only, or of a replay.
  package func poll() -> Int { fatalError("a stage box without a stage") }
}

/// A stage of one type. It lives here from wiring to the end: it is polled in place and never moved or copied.
///
/// A poll from a worker is two indirect calls, one to the box and one to the stage (a class method, a protocol witness),
/// both always to the same place and so well predicted; no reference is counted and no access is tracked on the way.
public final class StageBox<S: Stage & ~Copyable>: AnyStageBox {
  // Nobody but the worker's thread touches the stage while it runs, and nobody at all twice at a time.
  @exclusivity(unchecked) private var stage: S

  public init(_ name: String, _ stage: consuming S) {
    self.stage = stage
    super.init(name)
  }

  package override func poll() -> Int { stage.poll() }

  /// Looks at the stage when its worker is not running: before the start, or after the join.
  public func withStage<Result>(_ body: (inout S) throws -> Result) rethrows -> Result { try body(&stage) }
}
