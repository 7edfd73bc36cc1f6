// How long to wait before the next attempt: exponential, bounded, and never the same for two clients.

/// Exponential back-off with equal jitter: half of the doubled delay is fixed, half is random, so that clients which
/// lost the same server do not return together (M. Brooker, "Exponential Backoff And Jitter", AWS, 2015).
public struct Backoff: BitwiseCopyable, Sendable {
  private let minimumNs: Int64
  private let maximumNs: Int64
  private var delayNs: Int64
  private var generator: SeededGenerator

  public init(minimumNs: Int64, maximumNs: Int64, seed: UInt64) {
    precondition(minimumNs > 1 && maximumNs >= minimumNs && maximumNs < .max / 2, "a back-off grows from above 1 ns")
    self.minimumNs = minimumNs
    self.maximumNs = maximumNs
    delayNs = minimumNs
    generator = SeededGenerator(seed: seed)
  }

  /// The wait before the next attempt, in [delay / 2, delay]; the delay doubles up to the maximum.
  @_noLocks
  public mutating func nextNs() -> Int64 {
    let half = delayNs / 2
    let jitter = Int64(truncatingIfNeeded: generator.next() % UInt64(truncatingIfNeeded: half &+ 1))
    delayNs = min(delayNs &* 2, maximumNs)
    return half &+ jitter
  }

  @_noLocks
  public mutating func reset() { delayNs = minimumNs }
}
