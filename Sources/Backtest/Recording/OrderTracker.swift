// Orders of one instrument: how many lived how, how long their messages took, what taking cost against the touch.

import Market

/// How the orders of a scope ended.
public struct OrderTotals: Equatable, Sendable {
  public var placed: Int64 = 0
  public var acknowledged: Int64 = 0
  public var cancelRequested: Int64 = 0
  public var canceled: Int64 = 0
  public var rejected: Int64 = 0
  public var expired: Int64 = 0
  public var filled: Int64 = 0

  mutating func add(_ other: OrderTotals) {
    placed += other.placed
    acknowledged += other.acknowledged
    cancelRequested += other.cancelRequested
    canceled += other.canceled
    rejected += other.rejected
    expired += other.expired
    filled += other.filled
  }
}

/// What was paid beyond a reference price, and the traded value that had one; in units of the settlement asset.
struct CostAgainst {
  var costUnits: Int64 = 0
  var turnoverUnits: Int64 = 0

  /// Per traded value, in basis points.
  var bps: Double? { turnoverUnits > 0 ? Double(costUnits) / Double(turnoverUnits) * 1e4 : nil }

  mutating func add(_ other: CostAgainst) {
    costUnits = costUnits.addingClamped(other.costUnits)
    turnoverUnits = turnoverUnits.addingClamped(other.turnoverUnits)
  }
}

struct OrderTracker {
  private struct Life {
    var placedNs: Int64
    var arrivedNs: Int64?
    var cancelRequestedNs: Int64?
    var hasEnded = false
    var isAcknowledged = false
    /// The best price to take at these moments in half-ticks, 0 when unknown.
    var takingAtDecision: Int64
    var takingAtArrival: Int64 = 0
    var midAtDecision: Int64
  }

  private(set) var totals = OrderTotals()
  private(set) var requestLatency = LatencyCounts()
  private(set) var acknowledgementLatency = LatencyCounts()
  private(set) var cancelLatency = LatencyCounts()
  private(set) var slippageAtDecision = CostAgainst()
  private(set) var slippageAtArrival = CostAgainst()
  private(set) var shortfall = CostAgainst()
  /// Orders that have not ended, as many as the venue lets be open, and those that ended before the bot heard of them.
  /// Looked up by number, never walked.
  private var lives: [UInt64: Life] = [:]
  /// Orders that ended unheard of, oldest first. An acknowledgement may be lost: the oldest are not waited for forever.
  private var unheard: [UInt64] = []
  private static let maximumUnheard = 1_024

  /// - Parameters:
  ///   - taking: the best price of the side that the order would take from, in half-ticks; 0 when unknown.
  ///   - mid: in half-ticks.
  mutating func event(_ event: OrderEvent, taking: Int64, mid: Int64) {
    let key = event.order.rawValue
    switch event.kind {
    case .placed:
      totals.placed += 1
      lives[key] = Life(placedNs: event.timeNs, takingAtDecision: taking, midAtDecision: mid)
    case .arrived:
      if let life = lives[key] { requestLatency.add(event.timeNs - life.placedNs) }
      lives[key]?.arrivedNs = event.timeNs
      lives[key]?.takingAtArrival = taking
    case .acknowledged:
      totals.acknowledged += 1
      if let life = lives[key], !life.isAcknowledged { acknowledgementLatency.add(event.timeNs - life.placedNs) }
      lives[key]?.isAcknowledged = true
      if lives[key]?.hasEnded == true { lives[key] = nil }
    case .cancelRequested:
      totals.cancelRequested += 1
      lives[key]?.cancelRequestedNs = event.timeNs
    case .canceled:
      totals.canceled += 1
      if let asked = lives[key]?.cancelRequestedNs { cancelLatency.add(event.timeNs - asked) }
    case .rejected: totals.rejected += 1
    case .expired: totals.expired += 1
    case .filled: totals.filled += 1
    }
    if event.kind.isEnd { end(key, isRejected: event.kind == .rejected) }
  }

  /// What is refused is never acknowledged.
  private mutating func end(_ key: UInt64, isRejected: Bool) {
    guard let life = lives[key] else { return }
    guard !isRejected, !life.isAcknowledged else {
      lives[key] = nil
      return
    }
    lives[key]?.hasEnded = true
    unheard.append(key)
    if unheard.count > Self.maximumUnheard { lives[unheard.removeFirst()] = nil }
  }

  mutating func fill(_ fill: BacktestFill, _ scale: ValueScale) {
    guard let life = lives[fill.order.rawValue] else { return }
    add(fill, against: life.midAtDecision, scale, to: &shortfall)
    guard !fill.isMaker else { return }
    add(fill, against: life.takingAtDecision, scale, to: &slippageAtDecision)
    add(fill, against: life.takingAtArrival, scale, to: &slippageAtArrival)
  }

  private func add(_ fill: BacktestFill, against halfTicks: Int64, _ scale: ValueScale, to cost: inout CostAgainst) {
    guard halfTicks > 0 else { return }
    let lots = Int128(fill.side.sign * fill.quantity.lots)
    let beyond = scale.worth(halfTicks: 2 * fill.price.ticks) - scale.worth(halfTicks: halfTicks)
    cost.costUnits = cost.costUnits.addingClamped(scale.units(lots * beyond))
    cost.turnoverUnits = cost.turnoverUnits.addingClamped(fill.notional.units)
  }
}
