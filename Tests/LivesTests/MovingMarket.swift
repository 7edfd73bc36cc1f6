// A market that moves at random and trades with what rests: five levels a side round a wandering middle.

import Market
import Simulation
import Support

struct MovingMarket {
  private static let levels = 5
  private(set) var middle: Int64 = 6_000_000
  private var updateId: UInt64 = 0
  private var tradeId: UInt64 = 0

  var bid: Price { Price(ticks: middle - 5) }
  var ask: Price { Price(ticks: middle + 5) }

  /// The next messages: the book after a small step of its middle, and some trades at or through the touch.
  mutating func move(_ random: inout SeededRandom) -> [MarketMessage] {
    middle += .random(in: -40...40, using: &random)
    updateId += 1
    func side(_ sign: Int64) -> [PriceQuantity] {
      (0..<Self.levels).map { i in
        PriceQuantity(
          price: Price(ticks: middle + sign * (5 + Int64(i) * 20)),
          quantity: Quantity(lots: .random(in: 1...3_000, using: &random)))
      }
    }
    var messages = [MarketMessage.snapshot(bids: side(-1), asks: side(1), updateId: updateId)]
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      let taker: Side = Bool.random(using: &random) ? .buy : .sell
      let reach = Int64.random(in: 0...60, using: &random)
      tradeId += 1
      let trade = PriceQuantity(
        price: Price(ticks: (taker == .buy ? ask : bid).ticks + taker.sign * reach),
        quantity: Quantity(lots: .random(in: 1...4_000, using: &random)))
      messages.append(.trade(trade, takerSide: taker, tradeId: tradeId))
    }
    return messages
  }
}
