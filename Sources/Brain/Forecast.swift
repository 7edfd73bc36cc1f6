// What the brain says after a step: where the price will go, and what to do about it.

public import Market

/// The five actions of the policy: a target inventory of one unit short, none or one unit long, and how to get there.
///
/// Flat has no aggressive form: a position whose reason is gone is left at the touch, not across the spread.
public enum PolicyAction: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case sellAggressive = 0
  case sellPassive = 1
  case flat = 2
  case buyPassive = 3
  case buyAggressive = 4

  /// The target in units of the strategy's order size: -1, 0 or +1.
  @inline(always) public var targetInventory: Int64 {
    switch self {
    case .sellAggressive, .sellPassive: -1
    case .flat: 0
    case .buyPassive, .buyAggressive: 1
    }
  }

  /// Cross the spread, instead of waiting at the touch.
  @inline(always) public var isAggressive: Bool { self == .sellAggressive || self == .buyAggressive }
}

/// One forecast. The three probabilities are of the mid price's move over the model's horizon.
public struct Forecast: BitwiseCopyable, Sendable, Equatable {
  public var down: Float
  public var flat: Float
  public var up: Float
  /// The probability that the policy gives to `action`.
  public var confidence: Float
  public var action: PolicyAction

  @inline(always)
  public init(down: Float, flat: Float, up: Float, confidence: Float, action: PolicyAction) {
    self.down = down
    self.flat = flat
    self.up = up
    self.confidence = confidence
    self.action = action
  }

  /// Between -1 (surely down) and +1 (surely up).
  @inline(always) public var direction: Float { up - down }

  /// Reads the head's eight logits: lanes 0 to 2 are down, flat, up; lanes 3 to 7 the actions in their order. The
  /// first of equal actions is chosen.
  @inline(always)
  public init(logits: SIMD8<Float>) {
    let forecastPeak = Forecast.larger(Forecast.larger(logits[0], logits[1]), logits[2])
    var best = 3
    var lane = 4
    while lane < 8 {
      if logits[lane] > logits[best] { best = lane }
      lane &+= 1
    }
    // Each group is shifted by its own peak, so that no exponential overflows.
    var shifted = logits - SIMD8(repeating: logits[best])
    shifted[0] = logits[0] - forecastPeak
    shifted[1] = logits[1] - forecastPeak
    shifted[2] = logits[2] - forecastPeak
    let e = FastMath.exp(shifted)
    let forecastSum = (e[0] + e[1]) + e[2]
    let policySum = ((e[3] + e[4]) + (e[5] + e[6])) + e[7]
    down = e[0] / forecastSum
    flat = e[1] / forecastSum
    up = e[2] / forecastSum
    confidence = e[best] / policySum
    action = PolicyAction(rawValue: UInt8(truncatingIfNeeded: best &- 3)) ?? .flat
  }

  @inlinable static func larger(_ a: Float, _ b: Float) -> Float { a > b ? a : b }
}
