// Profit by average cost on fills whose figures can be checked by hand.

import Execution
import Market
import Risk
import Testing

@Suite struct PositionTests {
  /// Fills as (side, lots, ticks) and the realised profit after all, in ticks times lots.
  @Test(
    arguments: [
      ([(.buy, 100, 6_000_000), (.sell, 100, 6_000_100)], 100 * 100),
      ([(.sell, 100, 6_000_100), (.buy, 100, 6_000_000)], 100 * 100),
      // Two buys average to 6,000,100; half is sold at 6,000,300.
      ([(.buy, 100, 6_000_000), (.buy, 100, 6_000_200), (.sell, 100, 6_000_300)], 100 * 200),
      // Through zero: 100 of the sell close with 50 ticks, the rest opens a short that closes with 20.
      ([(.buy, 100, 6_000_000), (.sell, 250, 6_000_050), (.buy, 150, 6_000_030)], 100 * 50 + 150 * 20),
      ([(.sell, 10, 6_000_000), (.sell, 30, 6_000_400), (.buy, 20, 6_000_500)], 20 * -200),
    ] as [([(Side, Int64, Int64)], Int64)])
  func realisedByAverageCost(_ fills: [(Side, Int64, Int64)], _ expected: Int64) throws {
    let desk = try Desk()
    desk.open()
    for (i, fill) in fills.enumerated() {
      let order = try desk.placed(fill.0, fill.2, fill.1)
      desk.fill(order, trade: UInt64(i), fill.1)
      desk.step()
    }
    #expect(desk.count("position.BTCUSDT.realised") == expected * 10)
  }

  @Test func sharesThatDoNotComeOutEvenLoseNothing() throws {
    let desk = try Desk()
    desk.open()
    let buy = try desk.placed(.buy, 6_000_000, 3)
    var first = Desk.fill(buy.clientOrder, .buy, trade: 1, 6_000_000, 3, 0, "USDT")
    first.quoteAmount = Amount(units: 100)  // the venue's own rounding: not divisible by three
    desk.push(first)
    desk.step()
    for i in 0..<3 as Range<UInt64> {
      let sell = try desk.placed(.sell, 6_000_010, 1)
      var fill = Desk.fill(sell.clientOrder, .sell, trade: 2 + i, 6_000_010, 1, 0, "USDT")
      fill.quoteAmount = Amount(units: 41)
      desk.push(fill)
      desk.step()
      #expect(desk.count("position.BTCUSDT.realised") == [8, 16, 23][Int(i)])  // 33, 33, then 34 of cost
    }
  }

  @Test func unrealisedIsAtTheMid() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.sell, 6_000_010, 100)
    desk.fill(order, trade: 1, 100)
    desk.touch(bid: 5_999_990, ask: 6_000_000)
    desk.step()
    #expect(desk.count("position.BTCUSDT.unrealised") == 15 * 100 * 10)
  }

  @Test func afigureThatLeavesSixtyFourBitsHaltsTheInstrument() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 20)
    for trade in 1...2 as ClosedRange<UInt64> {
      var fill = Desk.fill(order.clientOrder, .buy, trade: trade, 5_999_000, 10, 0, "USDT")
      fill.quoteAmount = Amount(units: .max)
      desk.push(fill)
      desk.step()
    }
    #expect(desk.count("instrument_halts") == 1)
    #expect(desk.count("position.BTCUSDT.lots") == 10)
  }
}
