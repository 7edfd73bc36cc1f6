// The request weight of our own within the last minute, wherever the venue's minute begins.

/// Weight that the venue may have counted in any 60 s that end now: what was answered within them, and what is still
/// under way. A request reaches the venue between its sending and its answer, so no interval of 60 s of the venue's
/// holds more than this tells at the last sending in it, whatever the requests' way takes and wherever minutes begin.
struct WeightWindow: BitwiseCopyable, Sendable {
  /// In 16 intervals of 5 s, of which 15 are whole: 75 s. What is beyond 60 s is for a venue clock that a new
  /// measurement has moved meanwhile.
  static var intervalMs: Int64 { 5_000 }
  private var answered = SIMD16<Int64>(repeating: 0)
  private var last: Int64 = 0
  private var underWay: Int64 = 0

  mutating func sent(_ weight: Int64) { underWay &+= weight }

  /// The answer has come, or is not waited for any more.
  mutating func settled(_ weight: Int64, _ nowMs: Int64) {
    advance(to: nowMs)
    underWay &-= weight
    answered[Int(truncatingIfNeeded: last & 15)] &+= weight
  }

  mutating func weight(_ nowMs: Int64) -> Int64 {
    advance(to: nowMs)
    return answered.wrappedSum() &+ underWay
  }

  /// Empties the intervals that time has passed over. A clock that was set back leaves them as they are.
  private mutating func advance(to nowMs: Int64) {
    let now = nowMs / Self.intervalMs
    var passed = min(16, now &- last)
    while passed > 0 {
      passed &-= 1
      answered[Int(truncatingIfNeeded: (now &- passed) & 15)] = 0
    }
    last = max(last, now)
  }
}
