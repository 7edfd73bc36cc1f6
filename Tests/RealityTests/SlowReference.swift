// The same by plain means: every order looks at every instant, nothing is indexed, the book is a dictionary.

import Market
import Simulation

struct SlowReference {
  struct Instant {
    var timeNs: Int64
    var trades: [TapeRow] = []
    var displayed: [Side: [Int64: Int64]] = [.buy: [:], .sell: [:]]

    var bestBid: Int64? { displayed[.buy]!.keys.max() }
    var bestAsk: Int64? { displayed[.sell]!.keys.min() }
  }

  let instants: [Instant]
  let lowestTicks: Int64

  init(_ tape: Tape, lowestTicks: Int64) {
    self.lowestTicks = lowestTicks
    var instants: [Instant] = []
    for i in tape.rows.indices.sorted(by: { (tape.rows[$0].exchangeTimeNs, $0) < (tape.rows[$1].exchangeTimeNs, $1) }) {
      let row = tape.rows[i]
      if instants.last?.timeNs != row.exchangeTimeNs {
        var next = instants.last ?? Instant(timeNs: 0)
        (next.timeNs, next.trades) = (row.exchangeTimeNs, [])
        instants.append(next)
      }
      instants[instants.count - 1].apply(row)
    }
    self.instants = instants
  }

  func fate(_ order: PhantomOrder, forecastNs: Int64, untilNs: Int64) -> PhantomFate {
    var fate = PhantomFate()
    let ticks = lowestTicks + Int64(order.tick)
    for instant in instants where instant.timeNs > order.placedNs && instant.timeNs <= untilNs && fate.throughNs == .max
    {
      let touch = order.side == .buy ? instant.bestBid : instant.bestAsk
      if instant.timeNs <= forecastNs { fate.isAtTouch = touch == ticks }
      let isQuoted = order.side == .buy ? instant.bestAsk.map { $0 <= ticks } : instant.bestBid.map { $0 >= ticks }
      if isQuoted == true { fate.quotedNs = min(fate.quotedNs, instant.timeNs) }
      for trade in instant.trades {
        if order.side == .buy ? trade.price.ticks < ticks : trade.price.ticks > ticks {
          fate.throughNs = instant.timeNs
        }
        if trade.price.ticks == ticks, trade.side != order.side { fate.tradedNs = min(fate.tradedNs, instant.timeNs) }
      }
    }
    let until = min(untilNs, fate.throughNs)
    fate.latestFillNs = min(
      walk(order, RiskAverseQueue(), lotsPerUnit: 1, forecastNs: forecastNs, untilNs: until).filledNs, fate.throughNs)
    fate.earliestFillNs = min(
      walk(order, ProbabilityQueue(NobodyBehind()), lotsPerUnit: 1, forecastNs: forecastNs, untilNs: until).filledNs,
      fate.throughNs, fate.quotedNs)
    return fate
  }

  func walk<Queue: QueueEstimate>(
    _ order: PhantomOrder, _ queue: Queue, lotsPerUnit: Double, forecastNs: Int64, untilNs: Int64
  ) -> QueueWalk {
    let ticks = lowestTicks + Int64(order.tick)
    var walk = QueueWalk(remaining: 0)
    var displayed = order.displayedLots
    var place = queue.joined(displayed: Double(displayed) / lotsPerUnit, own: 1 / lotsPerUnit)
    var remaining = queue.remaining(place)
    for instant in instants where instant.timeNs > order.placedNs && instant.timeNs <= untilNs && walk.filledNs == .max
    {
      for trade in instant.trades where trade.price.ticks == ticks && trade.side != order.side && walk.filledNs == .max
      {
        queue.traded(&place, quantity: Double(trade.quantity.lots) / lotsPerUnit)
        if queue.reached(&place, lot: 1 / lotsPerUnit) > 0 { walk.filledNs = instant.timeNs }
      }
      let now = instant.displayed[order.side]![ticks] ?? 0
      if now != displayed, walk.filledNs == .max {
        queue.changed(&place, from: Double(displayed) / lotsPerUnit, to: Double(now) / lotsPerUnit)
        displayed = now
      }
      if instant.timeNs <= forecastNs { remaining = walk.filledNs == .max ? queue.remaining(place) : 0 }
    }
    walk.remaining = remaining
    return walk
  }
}

extension SlowReference.Instant {
  fileprivate mutating func apply(_ row: TapeRow) {
    switch row.kind {
    case .trade: trades.append(row)
    case .level, .snapshotLevel:
      displayed[row.side]![row.price.ticks] = row.quantity == .zero ? nil : row.quantity.lots
    case .clear:
      let last = row.price.ticks
      displayed[row.side] = displayed[row.side]!.filter {
        last > 0 && (row.side == .buy ? $0.key < last : $0.key > last)
      }
    case .touch, .gap, .orderAdded, .orderChanged, .orderRemoved, .orderExecuted: break
    }
  }
}
