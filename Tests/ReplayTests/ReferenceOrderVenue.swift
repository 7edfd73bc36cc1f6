// The venue of a market by order once more, slow and obvious: one array of all orders, searched and sorted each time.

import Market
import Simulation

struct ReferenceOrderVenue {
  private struct Standing {
    var number: UInt64
    var isOurs: Bool
    var side: Side
    var ticks: Int64
    /// What is there to be traded with.
    var lots: Int64
    /// What the recording has of it: ours leave it alone.
    var recordedLots: Int64
    /// Earlier ones stand before it at its price.
    var turn: Int
  }

  private(set) var fills: [ReplayFill] = []
  private var standing: [Standing] = []
  private var turns = 0
  private var nowNs: Int64 = 0

  /// Everything of a recording and of what was sent, each at its time; the recording first at equal ones.
  mutating func run(_ rows: [TapeRow], _ sent: [(timeNs: Int64, RandomTrader.Sent)], entryNs: Int64) {
    var requests = sent[...]
    for row in rows {
      while let next = requests.first, next.timeNs + entryNs < row.exchangeTimeNs {
        receive(next.1, next.timeNs + entryNs)
        requests.removeFirst()
      }
      nowNs = row.exchangeTimeNs
      apply(row)
    }
    for next in requests { receive(next.1, next.timeNs + entryNs) }
  }

  // MARK: The recording

  private mutating func apply(_ row: TapeRow) {
    if row.kind == .orderAdded { return join(row.number, row.side, row.price.ticks, row.quantity.lots) }
    guard let i = standing.firstIndex(where: { !$0.isOurs && $0.number == row.number }) else { return }
    let order = standing[i]
    switch row.kind {
    case .orderRemoved: standing.remove(at: i)
    case .orderExecuted:
      let before = standing.filter {
        $0.isOurs && $0.side == order.side
          && (order.lots > 0 && $0.ticks == order.ticks
            ? $0.turn < order.turn : order.side == .buy ? $0.ticks > order.ticks : $0.ticks < order.ticks)
      }
      var taker = row.quantity.lots
      for one in sorted(before) where taker > 0 { taker -= fillOurs(one.number, taker) }
      guard let i = standing.firstIndex(where: { !$0.isOurs && $0.number == row.number }) else { return }
      standing[i].lots = max(0, standing[i].lots - row.quantity.lots)
      standing[i].recordedLots -= row.quantity.lots
      if standing[i].recordedLots <= 0 { standing.remove(at: i) }
    case .orderChanged:
      standing[i].recordedLots = row.quantity.lots
      if row.price.ticks == order.ticks, row.quantity.lots <= order.recordedLots {
        standing[i].lots = max(0, order.lots - (order.recordedLots - row.quantity.lots))
      } else if order.lots == 0 {
        standing[i].ticks = row.price.ticks
      } else {
        standing.remove(at: i)
        join(row.number, order.side, row.price.ticks, row.quantity.lots)
      }
    default: break
    }
  }

  /// A recorded order comes: it trades with ours, and stands behind everybody with the rest.
  private mutating func join(_ number: UInt64, _ side: Side, _ ticks: Int64, _ lots: Int64) {
    var left = lots
    let met = standing.filter { $0.isOurs && $0.side != side && crosses(side, ticks, $0.ticks) }
    for one in sorted(met) where left > 0 { left -= fillOurs(one.number, left) }
    stand(Standing(number: number, isOurs: false, side: side, ticks: ticks, lots: left, recordedLots: lots, turn: 0))
  }

  /// - Returns: how many lots it took.
  private mutating func fillOurs(_ number: UInt64, _ most: Int64) -> Int64 {
    guard let i = standing.firstIndex(where: { $0.isOurs && $0.number == number }) else { return 0 }
    let lots = min(most, standing[i].lots)
    note(number, standing[i].side, standing[i].ticks, lots, isMaker: true)
    standing[i].lots -= lots
    if standing[i].lots == 0 { standing.remove(at: i) }
    return lots
  }

  // MARK: Ours

  private mutating func receive(_ sent: RandomTrader.Sent, _ timeNs: Int64) {
    nowNs = timeNs
    switch sent {
    case .cancel(let id): standing.removeAll { $0.isOurs && $0.number == id }
    case .order(let id, let side, let ticks, let lots, let life):
      let reachable = sorted(standing.filter { $0.side != side && $0.lots > 0 && crosses(side, ticks, $0.ticks) })
      if life == .postOnly, !reachable.isEmpty { return }
      if life == .fillOrKill, reachable.filter({ !$0.isOurs }).reduce(0, { $0 + $1.lots }) < lots { return }
      var left = lots
      for maker in reachable where left > 0 {
        guard let i = standing.firstIndex(where: { $0.isOurs == maker.isOurs && $0.number == maker.number }) else {
          continue
        }
        guard !maker.isOurs else {
          standing.remove(at: i)
          continue
        }
        let traded = min(left, maker.lots)
        note(id, side, maker.ticks, traded, isMaker: false)
        standing[i].lots -= traded
        left -= traded
      }
      guard left > 0, life == .goodTillCancel || life == .postOnly else { return }
      stand(Standing(number: id, isOurs: true, side: side, ticks: ticks, lots: left, recordedLots: 0, turn: 0))
    }
  }

  // MARK: Small things

  private mutating func stand(_ order: Standing) {
    turns += 1
    standing.append(order)
    standing[standing.count - 1].turn = turns
  }

  private func crosses(_ side: Side, _ ticks: Int64, _ other: Int64) -> Bool {
    side == .buy ? other <= ticks : other >= ticks
  }

  /// By price, the best first, then by turn; all of one side.
  private func sorted(_ orders: [Standing]) -> [Standing] {
    orders.sorted { (-$0.side.sign * $0.ticks, $0.turn) < (-$1.side.sign * $1.ticks, $1.turn) }
  }

  private mutating func note(_ id: UInt64, _ side: Side, _ ticks: Int64, _ lots: Int64, isMaker: Bool) {
    fills.append(
      ReplayFill(
        order: id, exchangeTimeNs: nowNs, price: Price(ticks: ticks), quantity: Quantity(lots: lots), side: side,
        isMaker: isMaker))
  }
}
