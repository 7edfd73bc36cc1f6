// A strategy that trades at random, and notes what it sent: so that another engine can be asked the same.

import Market
import Simulation
import Support

struct RandomTrader: ReplayStrategy {
  enum Sent {
    case order(id: UInt64, side: Side, ticks: Int64, lots: Int64, ReplayTimeInForce)
    case cancel(id: UInt64)
  }

  let intervalNs: Int64
  /// How it may order, how much and how far from the touch, and how many orders it has at once.
  let lives: [ReplayTimeInForce]
  let mostLots: Int64
  let distances: ClosedRange<Int64>
  let mostOrders: Int
  private(set) var sent: [(timeNs: Int64, Sent)] = []
  /// The best prices that it saw, in ticks; 0 where there was none.
  private(set) var touches: [Int64] = []
  private var random: SeededRandom
  private var nextId: UInt64 = 1

  init(
    seed: UInt64, intervalNs: Int64 = 400, lives: [ReplayTimeInForce], mostLots: Int64,
    distances: ClosedRange<Int64>, mostOrders: Int
  ) {
    self.intervalNs = intervalNs
    self.lives = lives
    self.mostLots = mostLots
    self.distances = distances
    self.mostOrders = mostOrders
    random = SeededRandom(seed)
  }

  mutating func wake(_ desk: inout ReplayDesk) {
    touches += [desk.bestBid?.ticks ?? 0, desk.bestAsk?.ticks ?? 0]
    desk.removeFinished()
    for place in 0..<desk.orderCount where desk[place].isCancelable && Int.random(in: 0..<12, using: &random) == 0 {
      sent.append((desk.timeNs, .cancel(id: desk[place].id)))
      desk.cancel(place)
    }
    guard desk.orderCount < mostOrders, let bid = desk.bestBid, let ask = desk.bestAsk else { return }
    let side: Side = Bool.random(using: &random) ? .buy : .sell
    let touch = side == .buy ? bid.ticks : ask.ticks
    let ticks = touch - side.sign * Int64.random(in: distances, using: &random)
    let lots = Int64.random(in: 1...mostLots, using: &random)
    let life = lives[Int.random(in: 0..<lives.count, using: &random)]
    sent.append((desk.timeNs, .order(id: nextId, side: side, ticks: ticks, lots: lots, life)))
    desk.submit(
      id: nextId, side: side, price: Price(ticks: ticks), quantity: Quantity(lots: lots), timeInForce: life)
    nextId += 1
  }
}
