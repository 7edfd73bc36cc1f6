// A phantom order: one that was never sent, of which a recording tells whether it would have been filled.

package import Market

/// One lot at the best bid or ask, behind everything displayed there. Its price is in ticks above the tape's lowest.
package struct PhantomOrder: BitwiseCopyable, Equatable, Sendable {
  package var side: Side
  package var tick: Int
  package var displayedLots: Int64
  package var placedNs: Int64
  /// The instant after which it was placed.
  package var instant: Int
}

extension MarketPath {
  /// Draws `count` of all places where an order could be put: either side of every moment at which a depth message has just
  /// told what is displayed, and after which the recording goes on for `restingNs`. No place is drawn twice, so there may be
  /// fewer. (Selection sampling: Knuth, "The Art of Computer Programming" 2, 3.4.2, algorithm S.)
  package func phantoms(_ count: Int, restingNs: Int64, seed: UInt64) -> [PhantomOrder] {
    guard let lastNs = instants.last?.timeNs else { return [] }
    let moments = instants.indices.filter {
      instants[$0].isDepth && instants[$0].isTwoSided && instants[$0].timeNs <= lastNs - restingNs
    }
    var random = SplitMix64(seed: seed)
    var orders: [PhantomOrder] = []
    var (places, wanted) = (UInt64(2 * moments.count), UInt64(min(count, 2 * moments.count)))
    for i in moments {
      let instant = instants[i]
      for side in [Side.buy, .sell] {
        let isDrawn = random.next() % places < wanted
        places -= 1
        guard isDrawn else { continue }
        wanted -= 1
        orders.append(
          PhantomOrder(
            side: side, tick: side == .buy ? instant.bestBid : instant.bestAsk,
            displayedLots: side == .buy ? instant.bidLots : instant.askLots, placedNs: instant.timeNs, instant: i))
      }
    }
    return orders
  }
}

/// What is known of an order's fill at a deadline.
public enum PhantomOutcome: Equatable, Sendable {
  /// The market traded through its price.
  case filled
  /// Its price was never traded at, and no quote of the other side came to it.
  case missed
  /// Who left the queue decides. `least`: it was filled whoever did; `most`: somebody's leaving would have had it filled.
  case bounded(least: Bool, most: Bool)

  public var isCertain: Bool { self == .filled || self == .missed }
  /// Certain, or the same whoever left.
  public var isDecided: Bool { least == most }
  public var least: Bool {
    if case .bounded(let least, _) = self { return least }
    return self == .filled
  }
  public var most: Bool {
    if case .bounded(_, let most) = self { return most }
    return self == .filled
  }
}

/// When the market did what to an order, at exchange time; `Int64.max` for never.
package struct PhantomFate: BitwiseCopyable, Equatable, Sendable {
  /// Somebody traded beyond its price.
  package var throughNs = Int64.max
  /// The other side's best price came to its own. Its sender would have hit the order; or, had he sent it to rest only, would
  /// have been refused: no certain fill.
  package var quotedNs = Int64.max
  /// Somebody traded at its price.
  package var tradedNs = Int64.max
  /// Filled by then whoever left the queue: all that left had stood behind it.
  package var latestFillNs = Int64.max
  /// Not filled before whoever left the queue: all that left had stood before it. As far as messages tell: who leaves and
  /// who joins within one message cancel out in it.
  package var earliestFillNs = Int64.max
  /// Whether its price was the best one of its side when the forecast was due.
  package var isAtTouch = true

  package init() {}

  package func outcome(by deadlineNs: Int64) -> PhantomOutcome {
    if throughNs <= deadlineNs { return .filled }
    if tradedNs > deadlineNs, quotedNs > deadlineNs { return .missed }
    return .bounded(least: latestFillNs <= deadlineNs, most: earliestFillNs <= deadlineNs)
  }
}

extension MarketPath {
  /// - Parameters:
  ///   - forecastNs: when it is looked whether the order still stands at the touch.
  ///   - untilNs: nothing after this is looked at.
  package func fate(_ order: PhantomOrder, forecastNs: Int64, untilNs: Int64) -> PhantomFate {
    var fate = PhantomFate()
    let (isBuy, tick) = (order.side == .buy, order.tick)
    for instant in instants[(order.instant + 1)...] {
      guard instant.timeNs <= untilNs else { break }
      if instant.timeNs <= forecastNs { fate.isAtTouch = (isBuy ? instant.bestBid : instant.bestAsk) == tick }
      if fate.quotedNs == .max, isBuy ? instant.bestAsk <= tick : instant.bestBid >= tick {
        fate.quotedNs = instant.timeNs
      }
      if isBuy ? instant.lowestTrade < tick : instant.highestTrade > tick {
        fate.throughNs = instant.timeNs
        break
      }
    }
    let until = min(untilNs, fate.throughNs)
    let events = events(order.side, tick, after: order.placedNs)
    fate.tradedNs = events.first { $0.isTrade && $0.timeNs <= until }?.timeNs ?? .max
    let latest = walk(order, RiskAverseQueue(), scale: wholeLots, forecastNs: forecastNs, untilNs: until)
    let earliest = walk(
      order, ProbabilityQueue(NobodyBehind()), scale: wholeLots, forecastNs: forecastNs, untilNs: until)
    fate.latestFillNs = min(latest.filledNs, fate.throughNs)
    fate.earliestFillNs = min(earliest.filledNs, fate.throughNs, fate.quotedNs)
    return fate
  }
}
