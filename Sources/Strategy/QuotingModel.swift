// The quotes of Avellaneda and Stoikov: a pure function of price, inventory and variance.

import Glibc

/// Optimal quotes of a dealer with exponential utility, after M. Avellaneda and S. Stoikov, "High-frequency trading in
/// a limit order book", Quantitative Finance 8 (2008), equations 29 and 30, in basis points of the mid price:
///
///     reservation price   r = s - q g v T
///     spread              d = g v T + (2 / g) ln(1 + g / k)
///
/// with inventory q in orders, risk aversion g, variance v a second, and the decay k of the fill rate with the distance
/// from the mid. Their time to the close is a constant horizon T here: a crypto market never closes.
public struct QuotingModel: BitwiseCopyable, Sendable {
  /// g, per basis point and order of inventory.
  public let riskAversion: Double
  /// k, per basis point: fills at a distance x come at a rate proportional to exp(-k x).
  public let fillDecay: Double
  /// T, in seconds.
  public let horizonSeconds: Double
  /// (2 / g) ln(1 + g / k): the part of the spread that does not change.
  private let constantSpread: Double

  public init(riskAversion: Double, fillDecay: Double, horizonSeconds: Double) {
    precondition(riskAversion > 0 && fillDecay > 0 && horizonSeconds > 0)
    self.riskAversion = riskAversion
    self.fillDecay = fillDecay
    self.horizonSeconds = horizonSeconds
    constantSpread = 2 / riskAversion * log1p(riskAversion / fillDecay)
  }

  /// Where to quote, in the unit of `mid`.
  ///
  /// - Parameters:
  ///   - inventory: in orders, negative when short.
  ///   - variance: squared basis points per second.
  @_noLocks
  public func quotes(mid: Double, inventory: Double, variance: Double) -> (bid: Double, ask: Double) {
    let risk = riskAversion * variance * horizonSeconds
    let basisPoint = mid * 1e-4
    let reservation = mid - inventory * risk * basisPoint
    let half = 0.5 * (risk + constantSpread) * basisPoint
    return (reservation - half, reservation + half)
  }
}
