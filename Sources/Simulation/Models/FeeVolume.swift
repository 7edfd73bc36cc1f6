// The volume of the trailing 30 days of many accounts.

/// A `TrailingVolume` for each account, in memory that is taken once.
struct FeeVolume: ~Copyable {
  private let accounts: UnsafeMutablePointer<TrailingVolume>
  private let count: Int

  init(accounts count: Int) {
    self.count = count
    accounts = .allocate(capacity: count)
    accounts.initialize(repeating: TrailingVolume(), count: count)
  }

  deinit {
    accounts.deinitialize(count: count)
    accounts.deallocate()
  }

  /// The trailing volume of an account, in units.
  func trailing(_ account: Int, timeNs: Int64) -> Int64 { accounts[account].units(timeNs: timeNs) }

  /// Adds a fill.
  func add(_ account: Int, _ units: Int64, timeNs: Int64) { accounts[account].add(units, timeNs: timeNs) }
}
