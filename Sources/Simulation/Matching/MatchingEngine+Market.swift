// How the recorded market moves: it changes the book, brings resting orders forward in their queues, and fills them.

import Market

extension MatchingEngine {
  mutating func apply(_ message: MarketMessage, at i: Int, timeNs: Int64, outbox: inout [VenueEvent]) {
    guard i < markets.count else { return }
    switch message {
    case .snapshot(let bids, let asks, let id):
      markets[i].replace(bids: bids, asks: asks, updateId: id)
    case .depth(let bids, let asks, let firstId, let id):
      markets[i].apply(bids: bids, asks: asks, firstUpdateId: firstId, updateId: id)
    case .touch(let bid, let ask, let id):
      markets[i].apply(bid: bid, ask: ask, updateId: id)
    case .trade(let trade, let takerSide, let id):
      markets[i].lastTradePrice = trade.price
      guard !isHalted(i, timeNs: timeNs) else { return }
      matchTrade(trade, takerSide: takerSide, tradeId: id, at: i, timeNs: timeNs, outbox: &outbox)
      return
    }
    // What is displayed behind a gap is not known, and in a halt nothing is matched: queues wait as the market does.
    guard isOpen(i, timeNs: timeNs) else { return }
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
    let everybody = models.queue == .proRata ? lotsAtPrice(trade.price, side, at: i) : 0
    var left = trade.quantity.lots
    for id in resting(i, side) {
      let (price, remaining) = (order(id).request.price, order(id).remaining)
      guard !trade.price.isBetter(than: price, for: side) else { break }
      var reached = left
      if price != trade.price {
        orders[Int(id) - 1].place.reachHead()
      } else if models.queue == .proRata {
        reached = orders[Int(id) - 1].place.share(trade.quantity, own: remaining, of: everybody, left: left)
      } else {
        reached = orders[Int(id) - 1].place.pass(trade.quantity, left: left)
      }
      guard reached > 0, isTradable(id, timeNs: timeNs, outbox: &outbox) else { continue }
      let quantity = Quantity(lots: min(reached, tradable(id).lots))
      left -= quantity.lots
      fill(id, quantity, at: price, isMaker: true, source: .trade(id: tradeId), timeNs: timeNs, outbox: &outbox)
    }
  }

  /// Whether a resting order that was reached may trade; one that has nothing left to reduce expires.
  private mutating func isTradable(_ id: UInt64, timeNs: Int64, outbox: inout [VenueEvent]) -> Bool {
    if tradable(id) > .zero { return true }
    expire(id, .reduceOnly, timeNs: timeNs, outbox: &outbox)
    return false
  }

  /// Everything that stands at a price: displayed by the market, and ours.
  private func lotsAtPrice(_ price: Price, _ side: Side, at i: Int) -> Double {
    let displayed = recordedQuantity(side, price, at: i)
    let own = resting(i, side).lazy.map { self.order($0) }.filter { $0.request.price == price }
    return own.reduce(Double(displayed.lots)) { $0 + Double($1.remaining.lots) }
  }

  /// The queues ahead follow what is displayed at their prices.
  private mutating func shortenQueues(_ side: Side, at i: Int) {
    for id in resting(i, side) where order(id).place.isWaiting {
      let displayed = recordedQuantity(side, order(id).request.price, at: i)
      orders[Int(id) - 1].place.follow(displayed, models.queue, lot: lotSizes[i])
    }
  }

  /// A quote displayed at or through our resting order's price would have traded with it before it could be displayed.
  private mutating func matchCrossingQuotes(_ side: Side, at i: Int, timeNs: Int64, outbox: inout [VenueEvent]) {
    let opposite = side.opposite
    for id in resting(i, side) {
      let price = order(id).request.price
      for level in markets[i].fused.levels(opposite).reversed() {
        guard order(id).status.isOpen, !level.price.isBetter(than: price, for: side) else { break }
        guard level.available > .zero, isTradable(id, timeNs: timeNs, outbox: &outbox) else { continue }
        let quantity = min(level.available, tradable(id))
        markets[i].take(opposite, level.price, quantity)
        let source = FillSource.level(price: level.price, updateId: level.updateId)
        fill(id, quantity, at: price, isMaker: true, source: source, timeNs: timeNs, outbox: &outbox)
      }
    }
  }
}
