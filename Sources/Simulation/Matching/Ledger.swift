// The balances of the venue's one account: free and locked, to the unit.

import Market

struct Ledger: Sendable {
  /// Whether balances are wallets that positions may overdraw until the next liquidation.
  var isMargin = false
  private(set) var balances: [AssetBalance]
  private var changed: Set<ShortName> = []

  init(_ balances: [AssetBalance], assets: [ShortName]) {
    self.balances = balances
    for asset in assets where !self.balances.contains(where: { $0.asset == asset }) {
      self.balances.append(AssetBalance(asset: asset, free: .zero))
    }
  }

  func free(_ asset: ShortName) -> Amount { balances.first { $0.asset == asset }?.free ?? .zero }

  /// Moves an amount from free to locked (negative: back).
  mutating func lock(_ asset: ShortName, _ amount: Amount) {
    adjust(asset, free: -amount.units, locked: amount.units)
  }

  mutating func credit(_ asset: ShortName, _ amount: Amount) { adjust(asset, free: amount.units, locked: 0) }

  mutating func debitLocked(_ asset: ShortName, _ amount: Amount) { adjust(asset, free: 0, locked: -amount.units) }

  /// - Returns: the balances that changed since the last call, in the order of the account.
  mutating func takeChanged() -> [AssetBalance] {
    defer { changed = [] }
    return changed.isEmpty ? [] : balances.filter { changed.contains($0.asset) }
  }

  private mutating func adjust(_ asset: ShortName, free: Int64, locked: Int64) {
    guard free != 0 || locked != 0 else { return }
    guard let i = balances.firstIndex(where: { $0.asset == asset }) else {
      preconditionFailure("every asset of every instrument has a balance")
    }
    balances[i].free.units += free
    balances[i].locked.units += locked
    // The engine checks funds before it locks them: a negative balance is its defect, never a client's doing.
    precondition(
      isMargin || balances[i].free.units >= 0 && balances[i].locked.units >= 0, "a balance went negative")
    changed.insert(asset)
  }
}
