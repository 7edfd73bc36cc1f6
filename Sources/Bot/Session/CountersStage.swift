// The cold stage that tells others that the session lives, and keeps its clock true.

import Pipeline

/// Beats in the counter file and holds the clock against the kernel's. One for each session, on a cold worker.
struct CountersStage: Stage, ~Copyable {
  private let counters: CounterFile
  private var keeper: ClockKeeper

  init(_ counters: CounterFile, _ clock: Clock) {
    self.counters = counters
    keeper = ClockKeeper(clock)
  }

  /// Never reports work: it gives no reason to poll again.
  mutating func poll() -> Int {
    counters.beat()
    return keeper.poll()
  }
}
