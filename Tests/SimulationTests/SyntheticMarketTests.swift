import Market
import Simulation
import Testing

struct SyntheticMarketTests {
  private let instrument = DerivedRules.instruments(symbols: [DerivedRules.syntheticSymbol])![0]

  private func lines(seed: UInt64, count: Int) -> [MarketLine] {
    var market = SyntheticMarket(seed: seed)
    return (0..<count).compactMap { _ in market.next() }
  }

  @Test func sameSeedSameBytes() {
    #expect(lines(seed: 5, count: 2_000) == lines(seed: 5, count: 2_000))
    #expect(lines(seed: 5, count: 100) != lines(seed: 6, count: 100))
  }

  /// Diffs after the snapshot rebuild a book that is never crossed, continue each other without a gap, and agree with
  /// every bookTicker that carries their update id.
  @Test(arguments: [1, 2, 3])
  func diffsRebuildTheBook(seed: UInt64) throws {
    var book = DisplayedBook()
    var lastUpdate: UInt64?
    var lastTrade: UInt64 = 0
    var lastTimeNs: Int64 = 0
    var tickers: [UInt64: (PriceQuantity, PriceQuantity)] = [:]
    var (diffs, compared, trades) = (0, 0, 0)
    for line in lines(seed: seed, count: 20_000) {
      #expect(line.timeNs >= lastTimeNs)
      lastTimeNs = line.timeNs
      switch try #require(MarketMessage(line, instrument: instrument)) {
      case .snapshot(let bids, let asks, let id):
        #expect(lastUpdate == nil)
        for level in bids { book.set(.buy, level.price, level.quantity, updateId: id) }
        for level in asks { book.set(.sell, level.price, level.quantity, updateId: id) }
        lastUpdate = id
      case .depth(let bids, let asks, let first, let last):
        guard let previous = lastUpdate else { continue }
        #expect(first == previous + 1)
        lastUpdate = last
        for level in bids { book.set(.buy, level.price, level.quantity, updateId: last) }
        for level in asks { book.set(.sell, level.price, level.quantity, updateId: last) }
        let (bid, ask) = try (#require(book.bestBid), #require(book.bestAsk))
        #expect(bid.price < ask.price)
        diffs += 1
        if let (tickerBid, tickerAsk) = tickers[last] {
          compared += 1
          #expect(tickerBid == PriceQuantity(price: bid.price, quantity: bid.displayed))
          #expect(tickerAsk == PriceQuantity(price: ask.price, quantity: ask.displayed))
        }
      case .touch(let bid, let ask, let id):
        #expect(bid.price < ask.price)
        tickers[id] = (bid, ask)
      case .trade(let trade, _, let id):
        #expect(id > lastTrade && trade.quantity > .zero)
        lastTrade = id
        trades += 1
      }
    }
    #expect(diffs > 500 && compared > 20 && trades > 500)
  }
}
