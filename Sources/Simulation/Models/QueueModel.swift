// Where a resting order stands in its price level's queue, which market-by-price data do not say: an estimate.

import Glibc

/// An estimate of the quantity ahead of an order. Quantities are in units of the base asset (contracts for inverse), as
/// Double: an estimate is not money.
///
/// The model is generic in the venue and specialised with it.
public protocol QueueModel {
  /// What is kept for each order.
  associatedtype Place: BitwiseCopyable

  /// The place of an order that joins where `displayed` is shown by others.
  func joined(displayed: Double, own: Double) -> Place

  /// `quantity` was traded at the order's price.
  func traded(_ place: inout Place, quantity: Double)

  /// The displayed quantity at the order's price changed.
  func changed(_ place: inout Place, from previous: Double, to displayed: Double)

  /// What trades have reached of the order, in lots of `lot`; it is reset by asking.
  func reached(_ place: inout Place, lot: Double) -> Int64
}

/// Nobody ahead ever cancels: the order moves up only by trades, and by what the level shrinks below its place.
///
/// front' = front - trade; front' = min(front, displayed). Source: hftbacktest 2.4, `RiskAdverseQueueModel`. The
/// pessimistic bound of a PnL.
public struct RiskAverseQueue: QueueModel, Sendable {
  public init() {}

  @inline(__always)
  public func joined(displayed: Double, own: Double) -> Double { displayed }
  @inline(__always)
  public func traded(_ front: inout Double, quantity: Double) { front -= quantity }
  @inline(__always)
  public func changed(_ front: inout Double, from previous: Double, to displayed: Double) {
    front = Double.minimum(front, displayed)
  }
  @inline(__always)
  public func reached(_ front: inout Double, lot: Double) -> Int64 { QueueArithmetic.reached(&front, lot) }
}

/// What share of a cancelled quantity stood behind the order.
public protocol QueueProbability {
  /// Between 0 and 1 for quantities that are not negative; not a number where a formula has none.
  func behind(front: Double, back: Double) -> Double
}

/// Cancellations are shared out between the part of the queue before the order and the part behind it.
///
/// A decrease d of the level, less what was traded since the last change, moves the order up by (1 - p) d, where
/// p = P(front, back) is the share that stood behind it:
/// front' = min(front - (1 - p) d + min(back - p d, 0), displayed); an increase joins behind it.
/// Sources: hftbacktest 2.4, `ProbQueueModel`; Erik Rigtorp, "Estimating order queue position" (2013).
public struct ProbabilityQueue<Probability: QueueProbability>: QueueModel {
  public struct Place: BitwiseCopyable {
    var front: Double
    var tradedSinceChange: Double
  }

  private let probability: Probability

  public init(_ probability: Probability) { self.probability = probability }

  @inline(__always)
  public func joined(displayed: Double, own: Double) -> Place { Place(front: displayed, tradedSinceChange: 0) }

  @inline(__always)
  public func traded(_ place: inout Place, quantity: Double) {
    place.front -= quantity
    place.tradedSinceChange += quantity
  }

  public func changed(_ place: inout Place, from previous: Double, to displayed: Double) {
    // What trades took is in the new quantity already and must not count twice.
    let decrease = previous - displayed - place.tradedSinceChange
    place.tradedSinceChange = 0
    guard !(decrease < 0) else {
      place.front = Double.minimum(place.front, displayed)
      return
    }
    let front = place.front
    let back = previous - front
    let share = probability.behind(front: front, back: back)
    let behind = share.isInfinite ? 1 : share
    // `minimum` is IEEE's: where a formula has no value (0 / 0) the displayed quantity stands.
    let estimate = front - (1 - behind) * decrease + Double.minimum(back - behind * decrease, 0)
    place.front = Double.minimum(estimate, displayed)
  }

  @inline(__always)
  public func reached(_ place: inout Place, lot: Double) -> Int64 { QueueArithmetic.reached(&place.front, lot) }
}

extension ProbabilityQueue: Sendable where Probability: Sendable {}

enum QueueArithmetic {
  /// A negative front is what trades took of the order itself, rounded to whole lots (halves up).
  @inline(__always)
  static func reached(_ front: inout Double, _ lot: Double) -> Int64 {
    let lots = (-front / lot).rounded(.toNearestOrAwayFromZero)
    guard lots > 0, lots < 0x1p62 else { return 0 }
    front = 0
    return Int64(lots)
  }
}

/// f(back) / (f(back) + f(front)), f(x) = x^n. Source: hftbacktest 2.4, `PowerProbQueueFunc`.
public struct PowerProbability: QueueProbability, Sendable {
  private let n: Double
  public init(_ n: Double) { self.n = n }
  public func behind(front: Double, back: Double) -> Double {
    let b = pow(back, n)
    return b / (b + pow(front, n))
  }
}

/// f(back) / f(back + front), f(x) = x^n. Source: hftbacktest 2.4, `PowerProbQueueFunc2`.
public struct PowerOfSumProbability: QueueProbability, Sendable {
  private let n: Double
  public init(_ n: Double) { self.n = n }
  public func behind(front: Double, back: Double) -> Double { pow(back, n) / pow(back + front, n) }
}

/// 1 - f(front / (front + back)), f(x) = x^n: by the inverse share. Source: hftbacktest 2.4, `PowerProbQueueFunc3`.
public struct InversePowerProbability: QueueProbability, Sendable {
  private let n: Double
  public init(_ n: Double) { self.n = n }
  public func behind(front: Double, back: Double) -> Double { 1 - pow(front / (front + back), n) }
}

/// f(back) / (f(back) + f(front)), f(x) = ln(1 + x). Source: hftbacktest 2.4, `LogProbQueueFunc`.
public struct LogProbability: QueueProbability, Sendable {
  public init() {}
  public func behind(front: Double, back: Double) -> Double {
    let b = log(1 + back)
    return b / (b + log(1 + front))
  }
}

/// f(back) / f(back + front), f(x) = ln(1 + x). Source: hftbacktest 2.4, `LogProbQueueFunc2`.
public struct LogOfSumProbability: QueueProbability, Sendable {
  public init() {}
  public func behind(front: Double, back: Double) -> Double { log(1 + back) / log(1 + (back + front)) }
}

/// Trades are shared out over everybody at the price by size, whoever came first.
///
/// share = trade * own / (displayed + own). Source: CME Group, "Supported Matching Algorithms", pro-rata; the rounding of
/// shares and the priority of the first order, which differ by product, are left out.
public struct ProRataQueue: QueueModel, Sendable {
  public struct Place: BitwiseCopyable {
    var own: Double
    var displayed: Double
    var reached: Double
  }

  public init() {}

  public func joined(displayed: Double, own: Double) -> Place { Place(own: own, displayed: displayed, reached: 0) }

  public func traded(_ place: inout Place, quantity: Double) {
    place.reached += quantity * place.own / (place.displayed + place.own)
  }

  public func changed(_ place: inout Place, from previous: Double, to displayed: Double) { place.displayed = displayed }

  /// Whole lots only; what is left of a lot waits for the next trade.
  public func reached(_ place: inout Place, lot: Double) -> Int64 {
    let lots = (place.reached / lot).rounded(.down)
    guard lots > 0, lots < 0x1p62 else { return 0 }
    place.reached -= lots * lot
    return Int64(lots)
  }
}
