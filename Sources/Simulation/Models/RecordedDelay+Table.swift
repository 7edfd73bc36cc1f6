// Measured delays from a comma-separated table, plain or gzipped.

extension RecordedDelay {
  /// Reads `time_ns` (when the message was sent, in nanoseconds since 1970) and one more column (how long it was under
  /// way, in nanoseconds) of a table whose first line names its columns.
  ///
  /// - Throws: `CaptureError` with file and line: a missing column, no measurement, a time that does not rise, a field that
  ///   is no whole number of at most `longestNs`.
  public init(path: String, column: String) throws(CaptureError) {
    let table = try TableFile(path: path)
    guard let time = table.columns.firstIndex(of: "time_ns"), let delay = table.columns.firstIndex(of: column) else {
      throw table.failure("the columns time_ns and \(column) are expected")
    }
    var measured: [MeasuredDelay] = []
    let width = max(time, delay) + 1
    while let next = try table.next(
      fields: width,
      { (fields) throws(CaptureError) in
        MeasuredDelay(
          timeNs: try fields.whole(time, "time_ns"), delayNs: try fields.whole(delay, column))
      })
    {
      guard next.delayNs <= Self.longestNs else {
        throw table.failure("\(column) is \(next.delayNs); at most \(Self.longestNs) is expected")
      }
      if let last = measured.last, next.timeNs <= last.timeNs {
        throw table.failure("time_ns \(next.timeNs) does not lie after the line before, \(last.timeNs)")
      }
      measured.append(next)
    }
    guard !measured.isEmpty else { throw table.failure("there is no measurement") }
    self.init(measured)
  }

  /// Ten minutes: what no connection survives.
  private static var longestNs: Int64 { 600_000_000_000 }
}
