// A tape in memory: the rows of one instrument in the order in which they were received.

import Market

/// Rows of one instrument. Immutable, so that all threads of a sweep read the same one.
public final class Tape: Sendable {
  public let instrument: TapeInstrument
  public let rows: [TapeRow]
  public let summary: TapeSummary

  /// - Throws: `TapeError` that names `name` when the rows are not in the order of their local times, or one of them is
  ///   none: a time that is not positive, a negative price or quantity.
  public init(instrument: TapeInstrument, rows: [TapeRow], name: String = "tape") throws(TapeError) {
    var summary = TapeSummary()
    for (i, row) in rows.enumerated() {
      if let reason = row.problem(after: summary) { throw TapeError(file: name, reason: "row \(i): \(reason)") }
      summary.note(row)
    }
    self.instrument = instrument
    self.rows = rows
    self.summary = summary
  }

  /// Reads a whole tape file.
  ///
  /// - Parameter expected: the instrument that it must be of; any when nil.
  public convenience init(path: String, of expected: TapeInstrument? = nil) throws(TapeError) {
    var reader = try TapeReader(path: path, of: expected)
    var rows: [TapeRow] = []
    rows.reserveCapacity(Int(reader.summary.rowCount))
    while let row = try reader.next() { rows.append(row) }
    try self.init(instrument: reader.instrument, rows: rows, name: path)
  }

  /// Row numbers in the order in which the exchange made them: sorted by exchange time, equal times in tape order.
  public func exchangeOrder() -> [Int] {
    rows.indices.sorted {
      (rows[$0].exchangeTimeNs, $0) < (rows[$1].exchangeTimeNs, $1)
    }
  }
}

extension TapeRow {
  /// Why this is no row to follow those that `summary` counts; nil when it is one.
  func problem(after summary: TapeSummary) -> String? {
    if exchangeTimeNs <= 0 || localTimeNs <= 0 { return "has a time that is not positive" }
    if price.ticks < 0 { return "has a negative price" }
    if quantity.lots < 0 { return "has a negative quantity" }
    if summary.rowCount > 0, localTimeNs < summary.lastLocalTimeNs {
      return "has a local time before that of the row before it"
    }
    return nil
  }
}
