// Funding rates as Binance publishes them (data.binance.vision, `fundingRate` of futures): plain, gzipped or zipped tables.

import Market

extension FundingSeries {
  /// Reads `calc_time` (ms since 1970), `funding_interval_hours` and `last_funding_rate` (a share of the value).
  ///
  /// - Throws: `CaptureError` with file and line: a missing column, no payment, a time that does not rise or that skips a
  ///   payment, a rate of more than 8 decimals or beyond the whole value.
  public init(path: String) throws(CaptureError) {
    let table = try TableFile(path: path)
    let names = ["calc_time", "funding_interval_hours", "last_funding_rate"]
    let places = names.compactMap { table.columns.firstIndex(of: $0) }
    guard places.count == names.count else {
      throw table.failure("the columns \(names.joined(separator: ", ")) are expected")
    }
    var payments: [Payment] = []
    var (beginNs, intervalNs): (Int64, Int64) = (0, 0)
    while let next = try table.next(
      fields: (places.max() ?? 0) + 1,
      { (fields) throws(CaptureError) in
        (
          timeNs: try fields.timeNs(places[0], names[0], allowsMilliseconds: true),
          hours: try fields.whole(places[1], names[1]), rate: fields.text(places[2])
        )
      })
    {
      guard (1...24).contains(next.hours) else { throw table.failure("\(names[1]) is \(next.hours), not 1 to 24") }
      guard let rate = DecimalText.parse(next.rate, step: DecimalStep.amount), abs(rate) <= Amount.unitsPerCoin else {
        throw table.failure("\(names[2]) is \"\(next.rate)\"; a share of at most 8 decimals is expected")
      }
      let stepNs = next.hours * 3_600_000_000_000
      if let last = payments.last {
        guard next.timeNs > last.timeNs else { throw table.failure("\(names[0]) does not lie after the line before") }
        // The interval may have changed between the two: the longer one counts.
        guard next.timeNs - last.timeNs <= max(stepNs, intervalNs) + Self.delayNs else {
          throw table.failure("a payment is missing before this one: the table has a gap")
        }
      }
      if payments.isEmpty { beginNs = next.timeNs - stepNs }
      intervalNs = stepNs
      payments.append(Payment(timeNs: next.timeNs, rate: rate))
    }
    guard let last = payments.last else { throw table.failure("there is no payment") }
    // The last one may be stamped late, and the one after it is due an interval after its hour.
    self.init(payments, coveredNs: beginNs...max(beginNs, last.timeNs + intervalNs - Self.delayNs))
  }

  /// How much later than its hour a payment is stamped at most.
  private static var delayNs: Int64 { 60_000_000_000 }
}
