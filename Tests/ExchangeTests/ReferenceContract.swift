// Positions in one perpetual kept by hand: what each account holds, what that cost, and what it has made.

import Market
import Simulation

/// The money of the slow and obvious exchange, in units of 10^-8 of the settlement asset. Cross margin that is never short.
struct ReferenceContract {
  struct Holding: Equatable {
    var lots: Int64 = 0
    /// What the lots cost, by the share of it that each reduction releases, rounded toward zero.
    var cost: Int128 = 0
    var realised: Int128 = 0
    var funding: Int128 = 0
  }

  /// By account; neither the market's nor the insurance fund holds any.
  private(set) var holdings: [Holding]
  let isInverse: Bool

  init(isInverse: Bool, accounts: Int) {
    self.isInverse = isInverse
    holdings = Array(repeating: Holding(), count: accounts)
  }

  /// How much of an order still makes the account's position smaller.
  func reducible(_ account: AccountIndex, _ side: Side) -> Int64 {
    max(0, -holdings[Int(account.rawValue)].lots * side.sign)
  }

  /// One side of a trade. Linear contracts: 0.01 USDT a tick, 0.001 BTC a lot; inverse ones: 10 USD a contract.
  mutating func trade(_ account: AccountIndex, _ side: Side, price: Int64, lots: Int64) {
    let closing = min(lots, reducible(account, side))
    // What buying adds to the cost of a position that gains with the price.
    let sign: Int128 = (side == .buy) != isInverse ? 1 : -1
    let (whole, part) = (value(price, lots), value(price, closing))
    var holding = holdings[Int(account.rawValue)]
    if closing > 0 {
      let released = holding.cost * Int128(closing) / Int128(abs(holding.lots))
      holding.cost -= released
      holding.realised -= sign * part + released
    }
    holding.cost += sign * (whole - part)
    holding.lots += side.sign * lots
    holdings[Int(account.rawValue)] = holding
  }

  /// Longs pay a rate above zero, in parts of 10^-8: what is paid is rounded up, what is received down.
  mutating func fund(rate: Int64, mark: Int64) {
    for i in holdings.indices where holdings[i].lots != 0 {
      let pays = (holdings[i].lots > 0) == (rate > 0)
      let worth = value(mark, abs(holdings[i].lots), up: pays) * Int128(abs(rate))
      holdings[i].funding += pays ? -((worth + 99_999_999) / 100_000_000) : worth / 100_000_000
    }
  }

  private func value(_ price: Int64, _ lots: Int64, up: Bool = false) -> Int128 {
    guard isInverse else { return Int128(price) * Int128(lots) * 1_000 }
    let (dividend, divisor) = (Int128(lots) * 10 * 100 * 100_000_000, Int128(price))
    return (dividend + (up ? divisor - 1 : 0)) / divisor
  }
}
