// How much a strategy could trade before its own impact takes its edge: an estimate, not a measurement.

/// The square-root law of impact: trading the share `p` of a day's volume moves the price by about σ·√p, σ being the
/// day's volatility (Almgren, Thum, Hauptmann, Li, Direct estimation of equity market impact, Risk 2005; Tóth et al.,
/// Anomalous price impact and the critical nature of liquidity in financial markets, Physical Review X 2011, with a factor
/// of about one, taken as one here). The edge is the net profit for the traded value. It is gone at p = (edge ÷ σ)².
struct CapacityEstimate {
  /// Share of the market's volume, at most 1.
  let participation: Double
  /// Traded value of a day there, in units of the settlement asset.
  let perDayUnits: Double

  /// - Parameters:
  ///   - edge: net profit for the traded value, as a fraction.
  ///   - mids: of the sample grid; 0 where there is none.
  ///   - marketTurnoverUnits: of the market in the run.
  /// - Returns: nil without an edge, without market trades, or when the mid never moved.
  init?(edge: Double, mids: [Int64], intervalNs: Int64, marketTurnoverUnits: Double, runNs: Int64) {
    let known = mids.filter { $0 > 0 }
    guard edge > 0, marketTurnoverUnits > 0, runNs > 0, known.count > 2 else { return nil }
    let moves = zip(known.dropFirst(), known).map { Double($0 - $1) / Double($1) }
    let variance = moves.reduce(0) { $0 + $1 * $1 } / Double(moves.count)
    let dayNs = 86_400e9
    let dailyVariance = variance * dayNs / Double(intervalNs)
    guard dailyVariance > 0 else { return nil }
    participation = min(1, edge * edge / dailyVariance)
    perDayUnits = participation * marketTurnoverUnits * dayNs / Double(runNs)
  }
}
