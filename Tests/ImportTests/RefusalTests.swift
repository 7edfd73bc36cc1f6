// Files that are not what they should be: file, line and reason.

import Foundation
import Market
import Simulation
import Testing

struct RefusalTests {
  static let book = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
  static let row = "binance,BTCUSDT,1722470400000000,1722470400000100,false,bid,100.5,1\n"

  @Test(arguments: [
    ("a.csv", "", 0, "is empty"),
    ("a.csv", "open,high,low\n1,2,3\n", 0, "is none of the known formats: it has the columns open,high,low"),
    ("a.csv", "1,2,3\n", 0, "is none of the known formats: it has no header"),
    ("a.csv", book + "binance,BTCUSDT,1,2\n", 2, "has 4 fields; 8 are expected"),
    ("a.csv", book + row + row.replacing("BTCUSDT", with: "ETHUSDT"), 3, "is of ETHUSDT; the file began with BTCUSDT"),
    ("a.csv", book + row + row.replacing("400000100", with: "400000099"), 3, "was received before the line above it"),
    ("a.csv", book + row.replacing("bid", with: "buy"), 2, "side is \"buy\"; bid or ask is expected"),
    ("a.csv", book + row.replacing("100.5", with: "1O0.5"), 2, "price is \"1O0.5\"; a number"),
    ("a.csv", book + row.replacing("100.5", with: "-100.5"), 2, "price is \"-100.5\"; a number"),
    ("a.csv", book + row.replacing("100.5", with: "1.2345678901234567891"), 2, "price is"),
    ("a.csv", book + row.replacing("1722470400000000", with: "9223372036854775807"), 2, "timestamp"),
    ("X-aggTrades-1.csv", "1,2.0,3.0,1,1,1700000000000,maybe\n", 1, "is_buyer_maker is \"maybe\""),
    ("X-aggTrades-1.csv", "1,2.0,3.0,1,1,99999999999999999,true\n", 1, "time 99999999999999999 is no time"),
    ("X-1m-1.csv", "1700000000000,9,8,7,8,1,1700000059999,0,1,2,0,0\n", 1, "contradicts itself"),
    (
      "X-bookDepth-1.csv", "timestamp,percentage,depth,notional\n9024-01-02 00:00:07,-1,10.0,995.0\n", 2,
      "timestamp is \"9024-01-02 00:00:07\""
    ),
    (
      "X-1m-1.csv", "1000,1,1,1,1,8,9000,0,1,4,0,0\n2000,1,1,1,1,8,9000,0,1,4,0,0\n", 2,
      "is older than the line above it"
    ),
    ("a.npz", "no archive", 0, "is no numpy array"),
    ("a.npy", "\u{93}NUMPY", 0, "is no numpy array"),
  ])
  func namesFileLineAndReason(name: String, text: String, line: Int, reason: String) throws {
    let files = try ImportedFiles()
    let path = try files.write(name, text)
    let error = try #require(refusal([path]))
    #expect(error.file == path && error.line == line)
    #expect(error.reason.hasPrefix(reason), "\(error)")
  }

  @Test func aPriceOffTheGivenGridIsRefused() throws {
    let files = try ImportedFiles()
    let path = try files.write("a.csv", Self.book + Self.row)
    let settings = ImportSettings(
      tick: DecimalStep(mantissa: 1, exponent: 0), lot: DecimalStep(mantissa: 1, exponent: 0))
    let error = refusal([path], settings)
    #expect(error?.reason.contains("not on the grid of tick 1 and lot 1") == true)
    #expect(error?.file == path && error?.line == 2)
  }

  /// Of two files and far from their ends: the file and line are those of the figure, not of what was read ahead.
  @Test func aQuantityOffTheGridNamesItsLine() throws {
    let files = try ImportedFiles()
    func trades(_ quantities: [String], from ms: Int) -> String {
      quantities.enumerated().map { "\($0),100,\($1),1,1,\(ms + 10 * $0),true,true\n" }.joined()
    }
    let good = try files.write("X-aggTrades-1.csv", trades(["1", "2", "3", "4", "5"], from: 1_000))
    let bad = try files.write("Y-aggTrades-1.csv", trades(["1", "2", "3.5", "4", "5"], from: 1_005))
    let settings = ImportSettings(
      tick: DecimalStep(mantissa: 1, exponent: 0), lot: DecimalStep(mantissa: 1, exponent: 0))
    let error = try #require(refusal([good, bad], settings))
    #expect(error.file == bad && error.line == 3, "\(error)")
    #expect(error.reason.hasPrefix("has 35e-1 at 1e2, which is not on the grid"), "\(error)")
  }
}
