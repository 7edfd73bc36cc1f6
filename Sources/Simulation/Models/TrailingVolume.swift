// What one account traded in the trailing 30 days, by day.

import Market

/// A day is 24 hours of UTC; the trailing volume is that of today and the 29 days before it (venues say "trailing 30
/// days"; that the day is the step is our choice). Times never go back; one before 1970 counts as 1970.
struct TrailingVolume: Sendable {
  private static let dayNs: Int64 = 86_400_000_000_000
  private var sums: InlineArray<30, Int64>
  /// Nil before the first day is known.
  private var lastDay: Int64?
  private var total: Int64

  /// - Parameter before: traded in the 30 days up to the first call, as if the same on each of them; the first day has
  ///   what the division leaves.
  init(before: Amount = .zero) {
    total = before.units
    sums = InlineArray(repeating: before.units / 30)
  }

  /// In units.
  mutating func units(timeNs: Int64) -> Int64 {
    roll(to: timeNs)
    return total
  }

  /// Adds a fill; a volume that 64 bits do not hold stays at their end.
  mutating func add(_ units: Int64, timeNs: Int64) {
    let day = roll(to: timeNs)
    let (sum, overflow) = total.addingReportingOverflow(units)
    guard !overflow else { return }
    total = sum
    sums[Self.place(day)] &+= units
  }

  /// Forgets the days that are now 30 or more ago.
  @discardableResult
  private mutating func roll(to timeNs: Int64) -> Int64 {
    let day = max(0, timeNs / Self.dayNs)
    guard let last = lastDay else {
      sums[Self.place(day)] &+= total % 30
      lastDay = day
      return day
    }
    for passed in stride(from: max(last + 1, day - 29), through: day, by: 1) {
      total -= sums[Self.place(passed)]
      sums[Self.place(passed)] = 0
    }
    lastDay = day
    return day
  }

  private static func place(_ day: Int64) -> Int { Int(day % 30) }
}
