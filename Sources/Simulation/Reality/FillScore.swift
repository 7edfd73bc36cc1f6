// How good forecasts of fills were: Brier score, reliability, and how much of a difference may be chance.

import Glibc

/// One bin of a reliability plot.
public struct ReliabilityBin: Equatable, Sendable {
  public internal(set) var count = 0
  public internal(set) var meanForecast = 0.0
  /// The share that was filled lies between these, whatever became of the orders that are bounded only.
  public internal(set) var least = 0.0
  public internal(set) var most = 0.0
}

/// The score of one model's forecasts.
///
/// Source: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78 (1950).
public struct FillScore: Equatable, Sendable {
  public private(set) var count = 0
  public private(set) var certainCount = 0
  /// Mean squared error over the orders whose fate is certain; 0 is perfect.
  public private(set) var certainBrier = 0.0
  /// Also over those that were filled, or not, whoever left the queue.
  public private(set) var decidedCount = 0
  public private(set) var decidedBrier = 0.0
  /// Over all orders: the true score lies between, whatever became of those that are bounded only.
  public private(set) var lowestBrier = 0.0
  public private(set) var highestBrier = 0.0
  /// Forecasts of 0 to 10 %, 10 to 20 %, and so on.
  public private(set) var bins = [ReliabilityBin](repeating: ReliabilityBin(), count: 10)

  /// By how much the bins' forecasts miss the shares that are possible, at least; the mean over all orders. Above zero a model
  /// is wrong, or the other half of the recording another market.
  public var leastMiss: Double {
    let misses = bins.map { Double($0.count) * max($0.least - $0.meanForecast, $0.meanForecast - $0.most, 0) }
    return misses.reduce(0, +) / Double(max(1, count))
  }

  package init(_ forecasts: [JudgedForecast]) {
    for forecast in forecasts { note(forecast) }
    certainBrier /= Double(max(1, certainCount))
    decidedBrier /= Double(max(1, decidedCount))
    lowestBrier /= Double(max(1, count))
    highestBrier /= Double(max(1, count))
    for i in bins.indices where bins[i].count > 0 {
      let count = Double(bins[i].count)
      bins[i].meanForecast /= count
      bins[i].least /= count
      bins[i].most /= count
    }
  }

  private mutating func note(_ forecast: JudgedForecast) {
    let (p, outcome) = (forecast.probability, forecast.outcome)
    let errors = (outcome.least ? (1 - p) * (1 - p) : p * p, outcome.most ? (1 - p) * (1 - p) : p * p)
    count += 1
    lowestBrier += min(errors.0, errors.1)
    highestBrier += max(errors.0, errors.1)
    if outcome.isCertain {
      certainCount += 1
      certainBrier += errors.0
    }
    if outcome.isDecided {
      decidedCount += 1
      decidedBrier += errors.0
    }
    let bin = min(bins.count - 1, Int(p * Double(bins.count)))
    bins[bin].count += 1
    bins[bin].meanForecast += p
    bins[bin].least += outcome.least ? 1 : 0
    bins[bin].most += outcome.most ? 1 : 0
  }
}

/// By how much one model's Brier score is below another's on the same orders of decided fate.
///
/// Orders that rest at the same time share a market, and are no independent observations. The standard error is that of a
/// ratio of sums over blocks of time as long as an order's life (Cochran, "Sampling Techniques", 1977, 6.3).
public struct BrierGain: Equatable, Sendable {
  public private(set) var gain = 0.0
  /// Nil with fewer than two blocks.
  public private(set) var standardError: Double?
  public private(set) var blocks = 0

  /// - Parameters:
  ///   - forecasts, reference: of the same orders, in the same order.
  package init(_ forecasts: [JudgedForecast], over reference: [JudgedForecast], blockNs: Int64) {
    precondition(forecasts.count == reference.count && blockNs > 0, "forecasts of the same orders")
    guard let firstNs = forecasts.first?.placedNs else { return }
    var sums: [(gain: Double, count: Double)] = []
    for (one, other) in zip(forecasts, reference) where one.outcome.isDecided {
      let truth = one.outcome.least ? 1.0 : 0
      let (ours, theirs) = (one.probability - truth, other.probability - truth)
      let block = Int((one.placedNs - firstNs) / blockNs)
      while sums.count <= block { sums.append((0, 0)) }
      sums[block].gain += theirs * theirs - ours * ours
      sums[block].count += 1
    }
    let filled = sums.filter { $0.count > 0 }
    let count = filled.reduce(0) { $0 + $1.count }
    blocks = filled.count
    guard blocks > 0 else { return }
    gain = filled.reduce(0) { $0 + $1.gain } / count
    guard blocks > 1 else { return }
    let squares = filled.reduce(0) { $0 + ($1.gain - gain * $1.count) * ($1.gain - gain * $1.count) }
    standardError = sqrt(squares * Double(blocks) / Double(blocks - 1)) / count
  }
}
