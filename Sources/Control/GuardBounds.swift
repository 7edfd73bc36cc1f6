// How long the guard waits for what, in the nanoseconds of the clock it is stepped with.

/// The guard's bounds. All are of real time; a clock that runs faster (a local venue's) stretches them by its speed.
public struct GuardBounds: Sendable, Equatable {
  /// A worker that does not beat for so long is taken for hanging, and everything is cancelled.
  public var silenceNs: Int64 = 1_000_000_000
  /// The same for each of the workers that the disk may hold up, by number: whoever runs the journal waits in
  /// fdatasync, while the record rings ride out the stall and trading goes on.
  public var slowWorkers: [Int: Int64] = [:]
  /// How long after a trigger, and after each sign of life, the account is asked again: what was sent before that moment
  /// and is still on its way is refused by the venue once its receive window is over.
  public var verifyNs: Int64 = 6_000_000_000
  /// Between two such questions; and later, while a process hangs on.
  public var verifyIntervalNs: Int64 = 1_000_000_000
  public var restIntervalNs: Int64 = 10_000_000_000
  /// A cancel or question that did not end in "nothing is open" is repeated after the first, then twice as long, up to
  /// the second.
  public var retryNs: Int64 = 100_000_000
  public var longestRetryNs: Int64 = 2_000_000_000
  /// Between two looks at the session.
  public var lookNs: Int64 = 10_000_000
  /// Between two attempts to find a session's files.
  public var findNs: Int64 = 100_000_000

  public init() {}

  /// In the nanoseconds of a clock that runs `speed` times as fast as real time.
  public func stretched(by speed: Double) -> GuardBounds {
    func stretch(_ ns: Int64) -> Int64 { Int64((Double(ns) * speed).rounded()) }
    var bounds = self
    bounds.silenceNs = stretch(silenceNs)
    bounds.slowWorkers = slowWorkers.mapValues(stretch)
    bounds.verifyNs = stretch(verifyNs)
    bounds.verifyIntervalNs = stretch(verifyIntervalNs)
    bounds.restIntervalNs = stretch(restIntervalNs)
    bounds.retryNs = stretch(retryNs)
    bounds.longestRetryNs = stretch(longestRetryNs)
    bounds.lookNs = stretch(lookNs)
    bounds.findNs = stretch(findNs)
    return bounds
  }

  func silenceNs(worker: Int) -> Int64 { slowWorkers[worker] ?? silenceNs }

  /// The most that one look adds to a worker's silence: a guard that was itself held up (a suspended machine) must not
  /// take its own absence for the bot's.
  var attentionNs: Int64 { silenceNs / 4 }
}
