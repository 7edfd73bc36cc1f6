// How far our own trades push a recorded market, which does not know of them.

import Foundation
public import Market

/// A model of market impact: fed with what was taken, asked how far the market stands from its recording.
///
/// The matching engine (`MatchingEngine.pushed`) lets the side that is taken from retreat by it. Displacements are in
/// ticks, positive when buying pushed the price up; they are estimates, not money. Times never go back. One caller at a
/// time.
public protocol ImpactModel: Sendable {
  /// `quantity` was taken from the side opposite to `side` at that time.
  mutating func take(_ quantity: Quantity, _ side: Side, timeNs: Int64)
  /// Permanent and what is left of the temporary displacement.
  func displacementTicks(at timeNs: Int64) -> Double
}

/// Nothing moves: the recorded market as it is.
public struct NoImpact: ImpactModel {
  public init() {}
  public func take(_ quantity: Quantity, _ side: Side, timeNs: Int64) {}
  public func displacementTicks(at timeNs: Int64) -> Double { 0 }
}

/// A displacement of which a part stays and the rest decays by half in every half-life (exponential resilience: Obizhaeva
/// and Wang, "Optimal trading strategy and supply/demand dynamics", 2013).
struct Displacement {
  let halfLifeNs: Int64
  private var permanent = 0.0
  private var temporary = 0.0
  private var timeNs: Int64 = 0

  init(halfLifeNs: Int64) {
    precondition(halfLifeNs > 0, "a half-life is positive")
    self.halfLifeNs = halfLifeNs
  }

  func ticks(at now: Int64) -> Double { permanent + left(at: now) }

  mutating func add(permanent more: Double, temporary push: Double, timeNs now: Int64) {
    temporary = left(at: now) + push
    permanent += more
    timeNs = now
  }

  private func left(at now: Int64) -> Double {
    temporary == 0 ? 0 : temporary * exp2(-Double(now - timeNs) / Double(halfLifeNs))
  }
}

/// Impact in proportion to quantity, permanent and temporary (Almgren and Chriss, "Optimal execution of portfolio
/// transactions", 2000: g(v) = γ v, h(v) = η v).
public struct LinearImpact: ImpactModel {
  /// γ and η, in ticks for each lot.
  public let permanentTicksPerLot: Double
  public let temporaryTicksPerLot: Double
  private var state: Displacement

  public init(permanentTicksPerLot: Double, temporaryTicksPerLot: Double, halfLifeNs: Int64) {
    self.permanentTicksPerLot = permanentTicksPerLot
    self.temporaryTicksPerLot = temporaryTicksPerLot
    state = Displacement(halfLifeNs: halfLifeNs)
  }

  public mutating func take(_ quantity: Quantity, _ side: Side, timeNs: Int64) {
    let signed = Double(quantity.lots * side.sign)
    state.add(permanent: signed * permanentTicksPerLot, temporary: signed * temporaryTicksPerLot, timeNs: timeNs)
  }

  public func displacementTicks(at timeNs: Int64) -> Double { state.ticks(at: timeNs) }
}

/// Linear permanent impact, and temporary impact that grows with a power of the share of volume: η σ (quantity ÷
/// volume)^exponent. Almgren, Thum, Hauptmann and Li, "Direct estimation of equity market impact" (2005) find an exponent
/// of 0.6; one half is the square-root law (Tóth et al., "Anomalous price impact and the critical nature of liquidity in
/// financial markets", 2011).
public struct PowerImpact: ImpactModel {
  /// γ σ and η σ: ticks for a quantity as large as `volumeLots`.
  public let permanentTicks: Double
  public let temporaryTicks: Double
  /// The market's volume over the horizon of the coefficients.
  public let volumeLots: Double
  public let exponent: Double
  private var state: Displacement

  public init(
    permanentTicks: Double, temporaryTicks: Double, volumeLots: Double, exponent: Double = 0.5, halfLifeNs: Int64
  ) {
    precondition(volumeLots > 0 && exponent > 0, "volume and exponent are positive")
    self.permanentTicks = permanentTicks
    self.temporaryTicks = temporaryTicks
    self.volumeLots = volumeLots
    self.exponent = exponent
    state = Displacement(halfLifeNs: halfLifeNs)
  }

  public mutating func take(_ quantity: Quantity, _ side: Side, timeNs: Int64) {
    let share = Double(quantity.lots) / volumeLots
    let sign = Double(side.sign)
    state.add(
      permanent: sign * permanentTicks * share, temporary: sign * temporaryTicks * pow(share, exponent),
      timeNs: timeNs)
  }

  public func displacementTicks(at timeNs: Int64) -> Double { state.ticks(at: timeNs) }
}
