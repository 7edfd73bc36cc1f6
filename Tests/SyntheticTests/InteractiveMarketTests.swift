import Market
import Simulation
import Support
import Testing

@Suite struct InteractiveMarketTests {
  /// Orders of somebody else between the market's own messages: what the rows tell is what the market shows.
  @Test func ordersAgainstAMarketAreToldInFull() throws {
    try check(HawkesMarket(.plain, seed: 61))
    try check(QueueReactiveMarket(.plain, seed: 61))
  }

  private func check(_ market: consuming some InteractiveMarket & ~Copyable) throws {
    let buffer = RowBuffer()
    var book = RowBook()
    var random = SeededRandom(62)
    var (traded, swept) = (0 as Int64, 0)
    for number in 0..<20_000 {
      let isOrder = number > 0 && random.next() % 7 == 0
      let taker: Side = random.next() % 2 == 0 ? .buy : .sell
      let wanted = Int64(random.next() % 60) + 1
      let count = isOrder ? market.take(taker, lots: wanted, into: buffer.rows) : market.next(into: buffer.rows)
      let rows = UnsafeBufferPointer(start: buffer.rows, count: count)
      for row in rows { book.take(row) }
      if isOrder {
        let trades = rows.prefix { $0.kind == .trade && $0.side == taker }
        let lots = trades.reduce(0) { $0 + $1.quantity.lots }
        #expect((1...wanted).contains(lots) && rows.dropFirst(trades.count).contains { $0.kind == .level })
        #expect(trades.map { taker.sign * $0.price.ticks } == trades.map { taker.sign * $0.price.ticks }.sorted())
        traded += lots
        if trades.count > 1 { swept += 1 }
      }
      let (bid, ask) = (market.bestBid, market.bestAsk)
      #expect(bid.price == book.bestBid && bid.quantity.lots == book.lots(.buy, bid.price))
      #expect(ask.price == book.bestAsk && ask.quantity.lots == book.lots(.sell, ask.price))
      let away = Int64(random.next() % 12) - 3
      for (side, best) in [(Side.buy, bid), (.sell, ask)] {
        let price = Price(ticks: best.price.ticks - side.sign * away)
        #expect(market.displayedLots(side, at: price) == book.lots(side, price))
      }
    }
    #expect(book.problems.isEmpty, "\(book.problems.prefix(3))")
    #expect(traded > 10_000 && swept > 100)
  }
}
