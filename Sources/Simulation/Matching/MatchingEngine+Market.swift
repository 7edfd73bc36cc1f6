// How the recorded market moves: it changes the book, brings resting orders forward in their queues, and fills them.

import Market

extension MatchingEngine {
  mutating func apply(_ message: MarketMessage, at i: Int, timeNs: Int64, outbox: inout [VenueEvent]) {
    guard i < markets.count else { return }
    switch message {
    case .snapshot(let bids, let asks, let id):
      markets[i].replace(bids: bids, asks: asks, updateId: id)
    case .depth(let bids, let asks, _, let id):
      markets[i].apply(bids: bids, asks: asks, updateId: id)
    case .touch(let bid, let ask, let id):
      markets[i].apply(bid: bid, ask: ask, updateId: id)
    case .trade(let trade, let takerSide, let id):
      markets[i].lastTradePrice = trade.price
      matchTrade(trade, takerSide: takerSide, tradeId: id, at: i, timeNs: timeNs, outbox: &outbox)
      return
    }
    for side in Side.allCases where !resting(i, side).isEmpty {
      shortenQueues(side, at: i)
      matchCrossingQuotes(side, at: i, timeNs: timeNs, outbox: &outbox)
    }
  }

  /// A recorded trade against our resting orders on the maker's side, by price and time.
  ///
  /// At an order's own price the displayed queue ahead of it trades first. The lots ahead of an older order of ours are
  /// ahead of the younger one too, so each order compares the whole trade, less what our older ones got, with its queue.
  private mutating func matchTrade(
    _ trade: PriceQuantity, takerSide: Side, tradeId: UInt64, at i: Int, timeNs: Int64, outbox: inout [VenueEvent]
  ) {
    let side = takerSide.opposite
    var ours: Int64 = 0
    for id in resting(i, side) {
      let price = order(id).request.price
      guard !trade.price.isBetter(than: price, for: side) else { break }
      var reachable = trade.quantity.lots - ours
      if price == trade.price {
        let passed = min(order(id).queueAhead.lots, reachable)
        orders[Int(id) - 1].queueAhead.lots -= passed
        orders[Int(id) - 1].tradedSince.lots += trade.quantity.lots
        reachable -= passed
      } else {
        // Traded through: whatever stood before us at this price is gone.
        orders[Int(id) - 1].queueAhead = .zero
      }
      let quantity = Quantity(lots: min(reachable, order(id).remaining.lots))
      guard quantity > .zero else { continue }
      ours += quantity.lots
      fill(id, quantity, at: price, isMaker: true, source: .trade(id: tradeId), timeNs: timeNs, outbox: &outbox)
    }
  }

  /// The queues ahead follow what is displayed at their prices.
  private mutating func shortenQueues(_ side: Side, at i: Int) {
    for id in resting(i, side) where order(id).queueAhead > .zero {
      let displayed = markets[i].fused.level(side, order(id).request.price)?.displayed ?? .zero
      orders[Int(id) - 1].follow(displayed, queue)
    }
  }

  /// A quote displayed at or through our resting order's price would have traded with it before it could be displayed.
  private mutating func matchCrossingQuotes(_ side: Side, at i: Int, timeNs: Int64, outbox: inout [VenueEvent]) {
    let opposite = side.opposite
    for id in resting(i, side) {
      let price = order(id).request.price
      for level in markets[i].fused.levels(opposite).reversed() {
        guard order(id).status.isOpen, !level.price.isBetter(than: price, for: side) else { break }
        let quantity = Quantity(lots: min(level.available.lots, order(id).remaining.lots))
        guard quantity > .zero else { continue }
        markets[i].take(opposite, level.price, quantity)
        let source = FillSource.level(price: level.price, updateId: level.updateId)
        fill(id, quantity, at: price, isMaker: true, source: source, timeNs: timeNs, outbox: &outbox)
      }
    }
  }
}
