// Who owns what: balances by account and asset, positions by account and instrument, and the venue's revenue.

/// How the margin of a position is separated from the rest of the account (Binance futures: `marginType`).
public enum MarginMode: UInt8, BitwiseCopyable, Sendable {
  /// The whole free balance of the settlement asset supports the position.
  case cross
  /// Only the margin that was set aside for it.
  case isolated
}

/// One account's dealings in one instrument.
public struct ExchangePosition: BitwiseCopyable, Equatable, Sendable {
  /// Contracts, negative when short; zero for spot.
  public var lots: Int64 = 0
  /// What the contracts cost in units of the settlement asset, signed so that a purchase of linear contracts adds and
  /// one of inverse contracts subtracts: equity of the position = value at the mark − cost, both with that sign.
  public var cost: Int64 = 0
  /// Set aside in isolated mode.
  public var isolatedMargin: Int64 = 0
  /// Profit realised so far, without fees and funding.
  public var realised: Int64 = 0
  /// Funding received so far (negative: paid).
  public var funding: Int64 = 0
  /// Lots of the open orders of each side.
  public var openBuys: Int64 = 0
  public var openSells: Int64 = 0
  public var openOrders: Int32 = 0
  public var mode = MarginMode.cross
}

/// Flat tables; one writer, no allocation after `init`.
///
/// Money is never made or lost here: every change of a balance is one side of a pair (docs/exchange.md, Conservation).
struct AccountTables: ~Copyable {
  let accounts: Int
  let assets: Int
  let instruments: Int
  private let freeUnits: UnsafeMutablePointer<Int64>
  private let lockedUnits: UnsafeMutablePointer<Int64>
  private let positions: UnsafeMutablePointer<ExchangePosition>
  /// Fees less rebates, by asset.
  let revenue: UnsafeMutablePointer<Int64>
  /// Deposits less withdrawals, by asset.
  let deposited: UnsafeMutablePointer<Int64>
  /// Whom self-trade prevention takes an account for: its trade group, or a number below zero of its own.
  private let clients: UnsafeMutablePointer<Int32>

  /// - Parameter tradeGroups: of the first accounts, -1 for none; accounts beyond them have none.
  init(accounts: Int, assets: Int, instruments: Int, tradeGroups: [Int32]) {
    self.accounts = accounts
    self.assets = assets
    self.instruments = instruments
    func zeros(_ count: Int) -> UnsafeMutablePointer<Int64> {
      let memory = UnsafeMutablePointer<Int64>.allocate(capacity: count)
      memory.initialize(repeating: 0, count: count)
      return memory
    }
    freeUnits = zeros(accounts * assets)
    lockedUnits = zeros(accounts * assets)
    revenue = zeros(assets)
    deposited = zeros(assets)
    positions = .allocate(capacity: accounts * instruments)
    positions.initialize(repeating: ExchangePosition(), count: accounts * instruments)
    clients = .allocate(capacity: accounts)
    for i in 0..<accounts {
      let group = i < tradeGroups.count ? tradeGroups[i] : -1
      (clients + i).initialize(to: group >= 0 ? group : -1 - Int32(i))
    }
  }

  deinit {
    freeUnits.deallocate()
    lockedUnits.deallocate()
    revenue.deallocate()
    deposited.deallocate()
    clients.deallocate()
    positions.deallocate()
  }

  /// Whether self-trade prevention takes two accounts for one client.
  @inline(always)
  func isSameClient(_ a: AccountIndex, _ b: AccountIndex) -> Bool { clients[a.i] == clients[b.i] }

  @inline(always)
  subscript(free account: AccountIndex, asset: AssetIndex) -> Int64 {
    get { freeUnits[account.i &* assets &+ asset.i] }
    nonmutating set { freeUnits[account.i &* assets &+ asset.i] = newValue }
  }

  @inline(always)
  subscript(locked account: AccountIndex, asset: AssetIndex) -> Int64 {
    get { lockedUnits[account.i &* assets &+ asset.i] }
    nonmutating set { lockedUnits[account.i &* assets &+ asset.i] = newValue }
  }

  @inline(always)
  subscript(_ account: AccountIndex, _ instrument: Int) -> ExchangePosition {
    unsafeAddress { UnsafePointer(positions + (account.i &* instruments &+ instrument)) }
    nonmutating unsafeMutableAddress { positions + (account.i &* instruments &+ instrument) }
  }
}
