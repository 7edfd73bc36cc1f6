// A queue model taken along what happened at the price of a phantom order.

/// A queue model that says how far away a fill is.
package protocol QueueEstimate: QueueModel {
  /// What has to be traded at the price before the order is reached, if nobody else comes or goes; in the unit of the
  /// quantities that the model was fed with, not negative.
  func remaining(_ place: Place) -> Double
}

extension RiskAverseQueue: QueueEstimate {
  package func remaining(_ front: Double) -> Double { max(0, front) }
}

extension ProbabilityQueue: QueueEstimate {
  package func remaining(_ place: Place) -> Double { max(0, place.front) }
}

extension ProRataQueue: QueueEstimate {
  /// Until its shares add up to the order.
  package func remaining(_ place: Place) -> Double {
    max(0, (place.own - place.reached) * (place.displayed + place.own) / place.own)
  }
}

/// The optimistic bound: everybody who left stood before us. The opposite of the risk-averse model.
package struct NobodyBehind: QueueProbability, Sendable {
  package init() {}
  package func behind(front: Double, back: Double) -> Double { 0 }
}

/// What a model says of one order.
package struct QueueWalk: Equatable, Sendable {
  /// When trades at its price have reached it; `Int64.max` for never.
  package var filledNs: Int64
  /// What was left to be traded when the forecast was due, in the units of the walk; 0 for one that was filled before.
  package var remaining: Double

  package init(filledNs: Int64 = .max, remaining: Double) { (self.filledNs, self.remaining) = (filledNs, remaining) }
}

extension MarketPath {
  /// - Parameters:
  ///   - scale: what a model is given for lots: some depend on the unit.
  ///   - forecastNs: when the forecast is due.
  ///   - untilNs: not before `forecastNs`, or the fill that ends the order.
  package func walk<Queue: QueueEstimate>(
    _ order: PhantomOrder, _ queue: Queue, scale: ReplayScale, forecastNs: Int64, untilNs: Int64
  ) -> QueueWalk {
    var place = queue.joined(displayed: scale.units(order.displayedLots), own: scale.lot)
    var displayedLots = order.displayedLots
    var remaining: Double?
    for event in events(order.side, order.tick, after: order.placedNs) {
      guard event.timeNs <= untilNs else { break }
      if remaining == nil, event.timeNs > forecastNs { remaining = queue.remaining(place) }
      guard event.isTrade else {
        queue.changed(&place, from: scale.units(displayedLots), to: scale.units(event.lots))
        displayedLots = event.lots
        continue
      }
      queue.traded(&place, quantity: scale.units(event.lots))
      if queue.reached(&place, lot: scale.lot) > 0 {
        return QueueWalk(filledNs: event.timeNs, remaining: remaining ?? 0)
      }
    }
    return QueueWalk(remaining: remaining ?? queue.remaining(place))
  }

  /// What was displayed at an order's price at a time after it was placed.
  package func displayedLots(_ order: PhantomOrder, at timeNs: Int64) -> Int64 {
    events(order.side, order.tick, after: order.placedNs).prefix { $0.timeNs <= timeNs }.last { !$0.isTrade }?.lots
      ?? order.displayedLots
  }
}
