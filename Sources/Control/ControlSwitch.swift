// What the control stage does to the session directly, beside the rings: raise the halt word, begin the end.

public import Pipeline

/// The hand on the shared words; in a replay no hand at all, because what became of the words is recorded.
public struct ControlSwitch: Sendable {
  let raise: @Sendable () -> Void
  let stop: @Sendable () -> Void

  package init(raise: @escaping @Sendable () -> Void, stop: @escaping @Sendable () -> Void) {
    self.raise = raise
    self.stop = stop
  }

  public static func live(_ words: ControlWords) -> ControlSwitch {
    ControlSwitch(raise: { words.halt() }, stop: { words.stop() })
  }

  public static let replay = ControlSwitch(raise: {}, stop: {})
}
