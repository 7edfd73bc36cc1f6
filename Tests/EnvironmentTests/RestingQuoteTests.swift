import Environment
import Market
import Simulation
import Testing

@Suite struct RestingQuoteTests {
  private func bid(behind lots: Int64) -> RestingQuote {
    var quote = RestingQuote(.buy)
    quote.place(Price(ticks: 100), lots: 5, behind: lots)
    return quote
  }

  private func take(_ quote: inout RestingQuote, _ kind: TapeRowKind, _ side: Side, _ ticks: Int64, _ lots: Int64)
    -> Int64
  {
    var row = TapeRow.scripted(kind, side, ticks, lots)
    return quote.take(&row)
  }

  @Test func cancelsShrinkTheQueueInProportion() {
    var quote = bid(behind: 10)
    #expect(take(&quote, .level, .buy, 100, 30) == 0 && quote.aheadLots == 10)  // 20 joined behind
    #expect(take(&quote, .level, .buy, 100, 20) == 0 && quote.aheadLots == 7)  // a third left: 6.67, rounded up
    #expect(take(&quote, .trade, .sell, 100, 4) == 0 && quote.aheadLots == 3)
    // The level's row after the trade tells nothing new.
    #expect(take(&quote, .level, .buy, 100, 16) == 0 && quote.aheadLots == 3)
    #expect(take(&quote, .level, .buy, 100, 0) == 0 && quote.aheadLots == 0)
    #expect(take(&quote, .trade, .sell, 100, 2) == 2 && quote.lots == 3)
  }

  @Test func whatPassesThePriceFills() {
    var quote = bid(behind: 10)
    #expect(take(&quote, .trade, .sell, 101, 50) == 0)
    #expect(take(&quote, .trade, .buy, 99, 50) == 0)
    #expect(take(&quote, .trade, .sell, 99, 3) == 3)
    #expect(take(&quote, .level, .sell, 101, 9) == 0)
    #expect(take(&quote, .level, .sell, 100, 9) == 2 && quote.lots == 0)
    #expect(take(&quote, .trade, .sell, 90, 3) == 0)
  }

  @Test func sellsMirrorBuys() {
    var quote = RestingQuote(.sell)
    quote.place(Price(ticks: 100), lots: 5, behind: 2)
    #expect(take(&quote, .trade, .buy, 99, 50) == 0)
    #expect(take(&quote, .trade, .buy, 100, 3) == 1)
    #expect(take(&quote, .trade, .buy, 101, 1) == 1)
    #expect(take(&quote, .level, .buy, 100, 2) == 2 && quote.lots == 1)
  }
}
