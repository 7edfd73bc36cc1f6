// How much the mid price moves: an exponentially weighted variance over evenly spaced samples.

import Glibc

/// The variance of the mid price in squared basis points per second, from its moves between samples.
///
///     v <- v + a (move^2 / interval - v),  a = 1 - exp(-interval / memory)
///
/// which is the estimator of RiskMetrics (J.P. Morgan, 1996) for samples at a fixed interval.
public struct VarianceEstimate: BitwiseCopyable, Sendable {
  /// In squared basis points per second; 0 before the second sample.
  public private(set) var value = 0.0
  private let weight: Double
  private let perSecond: Double
  private var lastMidTicks = 0.0
  private var isPrimed = false

  public init(intervalNs: Int64, memoryNs: Int64) {
    precondition(intervalNs > 0 && memoryNs > 0)
    weight = 1 - exp(-Double(intervalNs) / Double(memoryNs))
    perSecond = 1e9 / Double(intervalNs)
  }

  /// Forgets the last sample, not the estimate: the next move would span a gap.
  public mutating func interrupt() { lastMidTicks = 0 }

  /// Takes the next sample.
  ///
  /// - Precondition: `midTicks` is positive.
  @_noLocks
  public mutating func add(midTicks: Double) {
    defer { lastMidTicks = midTicks }
    guard lastMidTicks > 0 else { return }
    let move = 10_000 * (midTicks - lastMidTicks) / lastMidTicks
    let observed = move * move * perSecond
    // The first move is all that is known.
    value += (isPrimed ? weight : 1) * (observed - value)
    isPrimed = true
  }
}
