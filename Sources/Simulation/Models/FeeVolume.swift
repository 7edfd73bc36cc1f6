// The volume of the trailing 30 days, by day.

import Market

/// Daily sums of many accounts. A day is 24 hours of UTC; the trailing volume is that of today and the 29 days before it
/// (venues say "trailing 30 days"; that the day is the step is our choice).
struct FeeVolume: ~Copyable {
  private static let days = 30
  private static let dayNs: Int64 = 86_400_000_000_000
  private let sums: UnsafeMutablePointer<Int64>
  private let lastDay: UnsafeMutablePointer<Int64>
  private let totals: UnsafeMutablePointer<Int64>

  init(accounts: Int) {
    sums = .allocate(capacity: accounts * Self.days)
    sums.initialize(repeating: 0, count: accounts * Self.days)
    lastDay = .allocate(capacity: accounts)
    lastDay.initialize(repeating: 0, count: accounts)
    totals = .allocate(capacity: accounts)
    totals.initialize(repeating: 0, count: accounts)
  }

  deinit {
    sums.deallocate()
    lastDay.deallocate()
    totals.deallocate()
  }

  /// The trailing volume of an account, in units. Times never go back; they are not before 1970.
  func trailing(_ account: Int, timeNs: Int64) -> Int64 {
    let day = timeNs / Self.dayNs
    if day != lastDay[account] { roll(account, to: day) }
    return totals[account]
  }

  /// Adds a fill; a volume that 64 bits do not hold stays at their end.
  func add(_ account: Int, _ units: Int64, timeNs: Int64) {
    let day = timeNs / Self.dayNs
    if day != lastDay[account] { roll(account, to: day) }
    let (total, overflow) = totals[account].addingReportingOverflow(units)
    guard !overflow else { return }
    totals[account] = total
    sums[account &* Self.days &+ Int(day % Int64(Self.days))] &+= units
  }

  /// Forgets the days that are now 30 or more ago.
  private func roll(_ account: Int, to day: Int64) {
    let first = max(lastDay[account] + 1, day - Int64(Self.days) + 1)
    for passed in stride(from: first, through: day, by: 1) {
      let place = account * Self.days + Int(passed % Int64(Self.days))
      totals[account] -= sums[place]
      sums[place] = 0
    }
    lastDay[account] = day
  }
}
