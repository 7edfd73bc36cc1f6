// Markets that are derived from Binance's klines and bookDepth files, worked out by hand.

import Foundation
import Market
import Simulation
import Testing

struct DerivedMarketTests {
  @Test func klineBecomesFourTrades() throws {
    let files = try ImportedFiles()
    let path = try files.write(
      "BTCUSDT-1m-2023-11-14.csv",
      "1700000000000,100.5,103.0,99.5,102.0,8.00,1700000059999,0,10,5.00,0,0\n"
        + "1700000060000,102.0,102.0,102.0,102.0,0.00,1700000119999,0,0,0.00,0,0\n"
        + "1700000120000,102.0,102.5,101.0,101.0,1.00,1700000179999,0,3,0.25,0,0\n")
    // Up: buyers at the open and the high get the halves of 5.00, sellers at the low and the close those of 3.00. Then an
    // interval without trades, and one that falls.
    #expect(
      try lines([path]) == [
        "3 buy 1700000000000000000 1700000000000000000 1005 250 0 1",
        "3 sell 1700000019999666666 1700000019999666666 995 150 0 1",
        "3 buy 1700000039999333332 1700000039999333332 1030 250 0 1",
        "3 sell 1700000059998999998 1700000059998999998 1020 150 0 1",
        "3 sell 1700000120000000000 1700000120000000000 1020 37 0 1",
        "3 buy 1700000139999666666 1700000139999666666 1025 12 0 1",
        "3 sell 1700000159999333332 1700000159999333332 1010 37 0 1",
        "3 buy 1700000179998999998 1700000179998999998 1010 12 0 1",
      ])
  }

  @Test func depthBecomesLevelsAtMeanPrices() throws {
    let files = try ImportedFiles()
    let header = "timestamp,percentage,depth,notional\n"
    let first = [(-2, "30.0", "2940.0"), (-1, "10.0", "995.0"), (1, "20.0", "2010.0"), (2, "25.0", "2520.0")]
    let text = first.map { "2024-01-02 00:00:07,\($0.0),\($0.1),\($0.2)\n" }.joined()
    // The same with a bid side whose mean price lies above the ask's: left out.
    let wrong = first.map { "2024-01-02 00:00:37,\($0.0),\($0.1),\($0.0 == -1 ? "1500.0" : $0.2)\n" }.joined()
    let path = try files.write("BTCUSDT-bookDepth-2024-01-02.csv", header + text + wrong)
    #expect(refusal([path])?.reason.contains("--tick") == true)
    let settings = ImportSettings(tick: DecimalStep(mantissa: 1, exponent: -2))
    let time = "1704153607000000000 1704153607000000000"
    // Bids: 995/10 = 99.50; (2940-995)/(30-10) = 97.25. Asks: 100.50; (2520-2010)/(25-20) = 102.00. Lots of 1.
    #expect(
      try lines([path], settings) == [
        "1 buy \(time) 0 0 0 0", "1 sell \(time) 0 0 0 0", "2 buy \(time) 9950 10 0 0", "2 buy \(time) 9725 20 0 0",
        "2 sell \(time) 10050 20 0 0", "2 sell \(time) 10200 5 0 1",
      ])
  }
}
