// Times of the session's clock as people read them.

/// Nanoseconds since 1970 as UTC in ISO 8601 with nine decimals.
package enum TimeText {
  package static func utc(_ timeNs: Int64) -> String {
    let seconds = timeNs.flooredQuotient(1_000_000_000)
    let days = seconds.flooredQuotient(86_400)
    let second = seconds - days * 86_400
    let date = civil(days)
    let clock = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    let fraction = String(timeNs - seconds * 1_000_000_000)
    return "\(date.year)-\(two(date.month))-\(two(date.day))T\(clock)."
      + String(repeating: "0", count: 9 - fraction.count) + fraction + "Z"
  }

  private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

  /// Days since 1970-01-01 to a date of the Gregorian calendar: Howard Hinnant, "chrono-compatible low-level date
  /// algorithms", `civil_from_days`. Eras of 400 years, years that begin in March.
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}

extension Int64 {
  /// Division that rounds towards minus infinity, by a positive divisor.
  fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
