// A rehearsal: a session of the same workers, code and sockets on a market of this process, before the real one is made.

import Load
import Pipeline

/// Runs every hot path over its real code and throws away what comes of it, so that the first tick of a session finds code,
/// page tables and branch predictors as the millionth does.
///
/// What is rehearsed is a whole session with a venue, keys, counters, control words and a journal of its own: nothing of it is
/// in the real one's counts, limits, numbers or records, and no TLS key or nonce of a real connection is ever used.
enum Rehearsal {
  /// 500 orders, and every kind of message thousands of times.
  private static let answers: Int64 = 500
  private static let decisions: Int64 = 200
  private static let seconds = 5.0
  private static let market = LoadOrder(.constant(messagesPerSecond: 10_000), messagesPerTick: 10)
  /// A strategy samples in seconds of its clock: so much faster it has done so several times before the rehearsal ends.
  private static let speed = 20.0
  private static let samples: Int64 = 2

  /// Rehearses a session of `configuration`: the way of an order first, then its strategy where that is one of Apus's.
  ///
  /// Strategies of others are not rehearsed: they may leave traces that are not known here.
  ///
  /// - Returns: why it did not come to its end; nil when it did.
  static func run(_ configuration: Configuration, interrupt: InterruptFlag) -> String? {
    // The venue takes the CPU that journal and table have: never a hot one, unless there is no other.
    let cold = configuration.workers.first { $0.stages.contains(StageNumber.journalName) }
    do {
      func stage(_ trading: LoadTrading) throws -> LoadRun {
        try LoadRun(
          configuration, captures: [], cpu: cold?.cpu, wait: .yield, trading: trading, interrupt: interrupt)
      }
      try stage(.answers).rehearse(market, seconds: seconds) { $0["load.answers"] ?? 0 >= answers }
      guard StrategyFactory.included.contains(where: { $0.name == configuration.strategy.name }) else { return nil }
      try stage(.decisions(speed: speed)).rehearse(market, seconds: seconds) {
        $0["strategy0.decisions"] ?? 0 >= decisions && $0["strategy0.samples"] ?? 0 >= samples
      }
      return nil
    } catch {
      return "the session was not rehearsed, so that its first ticks are slower: \(error)"
    }
  }
}
