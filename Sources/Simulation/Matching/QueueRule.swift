// Where in a displayed level those stood who left it: what no recording by price level can tell.

import Market

/// How the queue ahead of a resting order shrinks when the displayed quantity at its price falls without a trade.
///
/// The first two are the ends of what is possible: with the queue that an order joins known (everything displayed), its
/// place lies between them, whoever really left. A fall that its own trade report explains is no departure. A trade whose
/// report comes after the fall that it made counts twice, which moves the optimistic end outwards only.
///
/// The others are estimates in floating point (`QueueModel.swift` has their formulas and sources): the place is an
/// estimate, what is filled is whole lots. Probabilities take quantities in units of the base asset, and exponents are
/// above zero.
public enum QueueRule: Equatable, Sendable {
  /// Everybody who leaves stood behind us: the queue ahead is never more than what is displayed. The default; the
  /// risk-averse model of hftbacktest's documentation ("Order Fill", queue models).
  case leaveBehind
  /// Everybody who leaves stood before us.
  case leaveAhead
  /// Departures are shared out by `PowerProbability` with this exponent.
  case power(Double)
  /// By `PowerOfSumProbability`.
  case powerOfSum(Double)
  /// By `InversePowerProbability`.
  case inversePower(Double)
  /// By `LogProbability`.
  case log
  /// By `LogOfSumProbability`.
  case logOfSum
  /// No queue: each trade is shared out over everybody at its price by size. For venues that allocate so (CME's Pro-Rata
  /// algorithm: CME Group, "Supported Matching Algorithms"); Binance and the other large crypto venues match by price and
  /// time.
  case proRata

  /// Where an order stands that had `ahead` lots before it, once the displayed lots at its price became `displayed`.
  ///
  /// - Parameters:
  ///   - traded: at the price since `previous` was displayed.
  ///   - lot: units of the base asset in a lot.
  func ahead(_ ahead: Double, from previous: Double, to displayed: Double, traded: Double, lot: Double) -> Double {
    func shared(_ probability: some QueueProbability) -> Double {
      Self.shared(probability, ahead * lot, from: previous * lot, to: displayed * lot, traded: traded * lot) / lot
    }
    return switch self {
    case .leaveBehind: min(ahead, displayed)
    case .leaveAhead: min(ahead - max(0, previous - displayed - traded), displayed)
    case .power(let n): shared(PowerProbability(n))
    case .powerOfSum(let n): shared(PowerOfSumProbability(n))
    case .inversePower(let n): shared(InversePowerProbability(n))
    case .log: shared(LogProbability())
    case .logOfSum: shared(LogOfSumProbability())
    case .proRata: ahead
    }
  }

  private static func shared<Probability: QueueProbability>(
    _ probability: Probability, _ ahead: Double, from previous: Double, to displayed: Double, traded: Double
  ) -> Double {
    var place = ProbabilityQueue<Probability>.Place(front: ahead, tradedSinceChange: traded)
    ProbabilityQueue(probability).changed(&place, from: previous, to: displayed)
    return place.front
  }
}
