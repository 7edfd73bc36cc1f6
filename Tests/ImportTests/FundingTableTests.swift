// Tables of funding rates: what a published one says, and what is refused.

import Simulation
import Testing

@Suite("Tables of funding rates")
struct FundingTableTests {
  private static let header = "calc_time,funding_interval_hours,last_funding_rate"

  private func read(_ lines: [String]) throws -> FundingSeries {
    let files = try ImportedFiles()
    return try FundingSeries(path: files.write("rates.csv", lines.joined(separator: "\n")))
  }

  /// Rows in the form of the venue's files, made up; the stamps are late by some milliseconds as theirs are.
  @Test("times, rates of both signs and a changed interval are read")
  func published() throws {
    let series = try read([
      Self.header, "1719792000000,8,0.00010000", "1719820800007,8,-0.00001234", "1719835200000,4,0.00300000",
    ])
    #expect(
      series.payments == [
        .init(timeNs: 1_719_792_000_000_000_000, rate: 10_000),
        .init(timeNs: 1_719_820_800_007_000_000, rate: -1_234),
        .init(timeNs: 1_719_835_200_000_000_000, rate: 300_000),
      ])
    // From eight hours before the first to four after the last, less the minute by which that may be stamped late.
    #expect(series.coveredNs == 1_719_763_200_000_000_000...1_719_849_540_000_000_000)
  }

  @Test(
    "what is no such table is refused with its line",
    arguments: [
      ([header], "there is no payment"), (["calc_time,rate", "1,2"], "last_funding_rate are expected"),
      ([header, "1719792000000,8,0.000000001"], "2: last_funding_rate is \"0.000000001\""),
      ([header, "1719792000000,8,1.1"], "a share of at most 8 decimals"),
      ([header, "1719792000000,0,0.0001"], "funding_interval_hours is 0"),
      ([header, "x,8,0.0001"], "calc_time is \"x\""),
      ([header, "1719792000000,8,0.0001", "1719792000000,8,0.0001"], "3: calc_time does not lie after"),
      ([header, "1719792000000,8,0.0001", "1719849600000,8,0.0001"], "3: a payment is missing before"),
    ])
  func refused(lines: [String], problem: String) throws {
    let error = try #require(throws: CaptureError.self) { try read(lines) }
    #expect(error.description.contains(problem), "\(error)")
  }
}
