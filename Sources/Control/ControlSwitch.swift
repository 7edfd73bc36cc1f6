// What the control stage does to the session directly, before any ring: raise the halt word, begin the end.

import Market
public import Pipeline

/// The hand on the shared words; in a replay a hand that finds them as the journal says.
public struct ControlSwitch: Sendable {
  /// Makes everything approved and not yet sent void; the new halt word.
  let raise: @Sendable (StepInput) -> UInt32
  /// Begins the orderly end of the session.
  let stop: @Sendable () -> Void

  public static func live(_ words: ControlWords) -> ControlSwitch {
    ControlSwitch(raise: { _ in words.halt() }, stop: { words.stop() })
  }

  /// The word was recorded before the request that raised it.
  public static var replay: ControlSwitch { ControlSwitch(raise: { $0.haltEpoch }, stop: {}) }
}
