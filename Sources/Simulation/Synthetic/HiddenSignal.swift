// Planted predictability: a hidden state that tilts which way orders go, and the best forecast that anybody can make.

import Foundation
import Market

/// How a market hides a signal in its order flow. `strength` 0 plants nothing: such a market is a martingale.
public struct SignalParameters: Equatable, Sendable {
  /// Reference price moves of one tick, up and down together, per second.
  public var movesPerSecond: Double
  /// How far the hidden state tilts the odds of a side: 0 (not at all) to below 1.
  public var strength: Double
  /// Changes of the hidden state per second.
  public var flipsPerSecond: Double

  public init(movesPerSecond: Double, strength: Double, flipsPerSecond: Double) {
    self.movesPerSecond = movesPerSecond
    self.strength = strength
    self.flipsPerSecond = flipsPerSecond
  }

  /// Seconds of drift that the present state is worth over a horizon: the integral of its autocorrelation
  /// exp(-2 flips s) from 0 to `seconds`.
  public func memory(seconds: Double) -> Double {
    flipsPerSecond == 0 ? seconds : (1 - exp(-2 * flipsPerSecond * seconds)) / (2 * flipsPerSecond)
  }

  /// The variance of the mid-price's change over a horizon, in square ticks: that of a Poisson number of fair moves plus
  /// that of the drift, twice the integral of (seconds - s) exp(-2 flips s).
  public func returnVariance(seconds: Double) -> Double {
    let drift = movesPerSecond * strength
    let rate = 2 * flipsPerSecond
    let doubled =
      rate == 0 ? seconds * seconds : 2 * (seconds / rate - (1 - exp(-rate * seconds)) / (rate * rate))
    return movesPerSecond * seconds + drift * drift * doubled
  }

  /// The share of that variance which a forecast from the filter explains, where the filter's square averages
  /// `meanSquare`. With 1 it is the bound for somebody who sees the hidden state itself.
  public func skill(seconds: Double, meanSquare: Double) -> Double {
    let scale = movesPerSecond * strength * memory(seconds: seconds)
    return scale * scale * meanSquare / returnVariance(seconds: seconds)
  }
}

/// A hidden two-state Markov chain X of +1 and -1, and its exact filter m = E[X | all that the market showed].
///
/// An event's time and kind do not depend on X; given those, it presses up with odds w_up (1 + aX) : w_down (1 - aX), the
/// weights being known to everybody. Between events m therefore only fades, by exp(-2 flips s), and an event multiplies the
/// odds of X by the ratio of its likelihoods (Bayes' rule): nothing is approximated.
struct HiddenSignal {
  private let strength: Double
  private let fadingPerSecond: Double
  private(set) var state = 1.0
  private(set) var filter = 0.0

  init(_ parameters: SignalParameters?) {
    strength = parameters?.strength ?? 0
    fadingPerSecond = 2 * (parameters?.flipsPerSecond ?? 0)
  }

  @inline(always)
  mutating func advance(seconds: Double) {
    if strength > 0 { filter *= exp(-fadingPerSecond * seconds) }
  }

  mutating func flip() { state = -state }

  /// Draws which way an event presses, and learns from it what an observer would.
  @inline(always)
  mutating func side(up: Double, down: Double, _ random: inout SplitMix64) -> Side {
    let draw = random.unit()
    guard strength > 0 else { return draw * (up + down) <= up ? .buy : .sell }
    let ifRising = probability(up, down, 1)
    let ifFalling = probability(up, down, -1)
    let isUp = draw <= (state > 0 ? ifRising : ifFalling)
    let rising = 0.5 * (1 + filter) * (isUp ? ifRising : 1 - ifRising)
    let falling = 0.5 * (1 - filter) * (isUp ? ifFalling : 1 - ifFalling)
    filter = (rising - falling) / (rising + falling)
    return isUp ? .buy : .sell
  }

  /// The probability of pressing up where the hidden state is `state`.
  @inline(always)
  private func probability(_ up: Double, _ down: Double, _ state: Double) -> Double {
    let risen = up * (1 + strength * state)
    return risen / (risen + down * (1 - strength * state))
  }
}
