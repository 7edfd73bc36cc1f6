// The stage: the unit of work of the pipeline.

/// An agent that does a bounded amount of the work that is there and returns how much it did.
///
/// A stage never waits: the worker that polls it owns the wait strategy. It belongs to one worker at a time and
/// shares nothing with other stages but its rings. A stage of the hot path marks its `poll` with
/// `@_noLocks @inline(never)`, so that the compiler proves it free of locks, allocation and reference counting, and
/// so that it survives as a symbol for the disassembly gate.
public protocol Stage: ~Copyable {
  /// Does a bounded amount of work.
  ///
  /// - Returns: how many items were handled; 0 lets the worker wait.
  mutating func poll() -> Int
}
