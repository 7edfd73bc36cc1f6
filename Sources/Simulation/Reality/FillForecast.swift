// Forecasts of fills: what a backtest under a queue model would promise for an order at a place in its queue.

/// The share of orders that a model fills, by what is left to be traded before them: learnt from some orders, applied to
/// others. A histogram of about equal counts; it assumes nothing of the shape, not even that more is worse.
package struct FillCurve: Equatable, Sendable {
  /// The greatest remaining quantity of each group but the last, growing; and each group's share.
  package private(set) var edges: [Double] = []
  package private(set) var shares: [Double] = []

  /// - Returns: nil when there is nothing to learn from.
  package init?(_ known: [(remaining: Double, isFilled: Bool)], groups: Int) {
    precondition(groups > 1, "one group forecasts the same for all")
    guard !known.isEmpty else { return nil }
    let sorted = known.map(\.remaining).sorted()
    for group in 1..<groups {
      let edge = sorted[(sorted.count * group - 1) / groups]
      // Equal quantities stand in one group.
      if edge > edges.last ?? -1, edge < sorted[sorted.count - 1] { edges.append(edge) }
    }
    var counts = [Int](repeating: 0, count: edges.count + 1)
    var filled = counts
    for one in known {
      let group = group(one.remaining)
      counts[group] += 1
      filled[group] += one.isFilled ? 1 : 0
    }
    shares = zip(filled, counts).map { Double($0) / Double($1) }
  }

  package func probability(_ remaining: Double) -> Double { shares[group(remaining)] }

  private func group(_ remaining: Double) -> Int { edges.firstIndex { remaining <= $0 } ?? edges.count }
}

/// What a model says of an order when the forecast is due, what it says at the deadline, and what is known.
package struct ModelledOrder: Sendable {
  package var placedNs: Int64
  package var deadlineNs: Int64
  package var remaining: Double
  /// The model has it filled before the forecast is due; by the deadline.
  package var wasFilled: Bool
  package var isFilled: Bool
  package var outcome: PhantomOutcome

  package init(
    placedNs: Int64, deadlineNs: Int64, remaining: Double, wasFilled: Bool, isFilled: Bool, outcome: PhantomOutcome
  ) {
    (self.placedNs, self.deadlineNs, self.remaining) = (placedNs, deadlineNs, remaining)
    (self.wasFilled, self.isFilled, self.outcome) = (wasFilled, isFilled, outcome)
  }
}

/// A forecast and what came of it.
package struct JudgedForecast: Sendable {
  package var placedNs: Int64
  package var probability: Double
  package var outcome: PhantomOutcome

  package init(placedNs: Int64, probability: Double, outcome: PhantomOutcome) {
    (self.placedNs, self.probability, self.outcome) = (placedNs, probability, outcome)
  }
}

extension FillCurve {
  /// Each half of the time is forecast by what was learnt on the other. An order whose life crosses the middle is in
  /// neither half, or what is learnt would know of what it is tried on.
  ///
  /// - Parameter orders: in the order of their placing.
  /// - Returns: none when a half has nothing to learn from.
  package static func crossForecasts(_ orders: [ModelledOrder], groups: Int) -> [JudgedForecast] {
    guard let first = orders.first?.placedNs, let last = orders.last?.placedNs else { return [] }
    let middleNs = first + (last - first) / 2
    let halves = [orders.filter { $0.deadlineNs < middleNs }, orders.filter { $0.placedNs >= middleNs }]
    let curves = halves.map { half in
      FillCurve(half.lazy.filter { !$0.wasFilled }.map { ($0.remaining, $0.isFilled) }, groups: groups)
    }
    guard let early = curves[0], let late = curves[1] else { return [] }
    return zip(halves, [late, early]).flatMap { half, curve in
      half.map {
        JudgedForecast(
          placedNs: $0.placedNs, probability: $0.wasFilled ? 1 : curve.probability($0.remaining),
          outcome: $0.outcome)
      }
    }
  }
}
