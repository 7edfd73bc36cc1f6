// The account's balances, from `account.status` and from the user stream.

internal import Market
internal import Pipeline

extension BinanceOrderSession {
  /// `[{"asset" or "a":…,"free" or "f":…,"locked" or "l":…}]`
  ///
  /// - Parameter isWhole: assets that are missing have no balance (`account.status` omits zeros).
  mutating func handleBalances(_ array: JSONScanner?, isWhole: Bool, _ stamp: ReceiveStamp) {
    var told: UInt64 = 0
    if var scanner = array {
      var count = 0
      scanner.beginArray()
      while scanner.nextElement(), count < Self.elementLimit {
        count &+= 1
        handleBalance(&scanner, &told, stamp)
      }
    }
    guard isWhole else { return }
    for i in 0..<assets.count where told & 1 << UInt64(i) == 0 { emitBalance(assets[i], .zero, .zero, stamp) }
  }

  private mutating func handleBalance(_ scanner: inout JSONScanner, _ told: inout UInt64, _ stamp: ReceiveStamp) {
    var name = JSONText.empty
    var free = JSONText.empty
    var locked = JSONText.empty
    scanner.beginObject()
    while let key = scanner.nextKey() {
      if key.equals("asset") || key.equals("a") {
        name = scanner.string()
      } else if key.equals("free") || key.equals("f") {
        free = scanner.string()
      } else if key.equals("locked") || key.equals("l") {
        locked = scanner.string()
      } else {
        scanner.skipValue()
      }
    }
    var freeAmount = Amount.zero
    var lockedAmount = Amount.zero
    guard let asset = ShortName(name.bytes), amount(free, &freeAmount), amount(locked, &lockedAmount) else {
      return counters.decodeErrors.add()
    }
    for i in 0..<assets.count where assets[i].equals(name) { told |= 1 << UInt64(i) }
    emitBalance(asset, freeAmount, lockedAmount, stamp)
  }

  private mutating func emitBalance(_ asset: ShortName, _ free: Amount, _ locked: Amount, _ stamp: ReceiveStamp) {
    var balance = report(.balance, InFlightRequest(), stamp)
    balance.asset = asset
    balance.amount = free
    balance.lockedAmount = locked
    emit(balance)
  }
}
