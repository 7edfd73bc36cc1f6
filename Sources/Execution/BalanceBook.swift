// Balances per asset: what fills say, what the venue says, and what open orders hold back. One thread.

import Market

/// One asset of the account at one venue, in units of 10^-8.
struct AssetBalance: BitwiseCopyable {
  var asset = ShortName.empty
  /// The venue's first word plus every fill and fee since.
  var computed: Int64 = 0
  var venueFree: Int64 = 0
  var venueLocked: Int64 = 0
  /// Held back by open orders, and by positions in contracts.
  var reserved: Int64 = 0
  /// Fees paid in this asset.
  var fees: Int64 = 0
  /// Since when `computed` differs from the venue's total without a change of either; `.max` while they agree.
  var differsSinceNs = Int64.max
  /// When a fill or fee last moved `computed`, and when the venue last told its figure.
  var changedNs = Int64.min
  var toldNs = Int64.min
  var venue = VenueIndex(0)
  /// The venue has told of it in this session.
  var isKnown = false
  /// Contracts are settled in it: it may be overdrawn until the venue's next liquidation.
  var isWallet = false
  /// `computed` has a beginning: the venue's first word, or what the session before this one held.
  var hasBaseline = false

  @inline(always) var venueTotal: Int64 { venueFree &+ venueLocked }

  /// What an order may take: the lower of the two figures, net of reservations. Nothing before the venue has spoken.
  @inline(always) var free: Amount { Amount(units: isKnown ? min(computed, venueTotal) &- reserved : 0) }
}

/// All balances of the account.
///
/// **Order of reports.** A fill and the balance report that follows it are separate messages, and a reply can carry a
/// fill before the user stream does: a difference between both figures is normal for a moment. It is a mismatch when
/// neither figure has changed for `settlementNs`; what follows from it is `Reconciliation`'s.
struct BalanceBook: ~Copyable {
  /// Base and quote of every instrument, and the assets that fees come in.
  static var capacity: Int { 64 }
  /// Longer than a venue's user stream lags behind its replies, shorter than anybody wants to trade on a wrong figure.
  static var settlementNs: Int64 { 1_000_000_000 }

  let rows: UnsafeMutablePointer<AssetBalance>
  private(set) var count = 0

  init() {
    rows = .allocate(capacity: Self.capacity)
    rows.initialize(repeating: AssetBalance(), count: Self.capacity)
  }

  deinit { rows.deallocate() }

  /// The place of an asset, given to it when it is first asked for; nil when the table is full.
  @inline(always)
  mutating func place(of asset: ShortName, venue: VenueIndex) -> Int? {
    let words = unsafeBitCast(asset.storage, to: SIMD2<UInt64>.self)
    for i in 0..<count {
      let other = unsafeBitCast(rows[i].asset.storage, to: SIMD2<UInt64>.self)
      if other[0] == words[0] && other[1] == words[1] && rows[i].venue.rawValue == venue.rawValue { return i }
    }
    guard count < Self.capacity else { return nil }
    rows[count].asset = asset
    rows[count].venue = venue
    count &+= 1
    return count &- 1
  }

  /// Moves the computed figure; called for every fill and fee.
  @inline(always)
  mutating func change(_ place: Int, by units: Int64, nowNs: Int64) {
    rows[place].computed = rows[place].computed &+ units
    rows[place].changedNs = nowNs
    compare(place, nowNs: nowNs)
  }

  /// Takes the venue's word. The first one of an asset sets the computed figure.
  @inline(always)
  mutating func report(_ place: Int, free: Int64, locked: Int64, nowNs: Int64) {
    rows[place].venueFree = free
    rows[place].venueLocked = locked
    rows[place].isKnown = true
    rows[place].toldNs = nowNs
    if !rows[place].hasBaseline {
      rows[place].hasBaseline = true
      rows[place].computed = rows[place].venueTotal
    }
    compare(place, nowNs: nowNs)
  }

  /// Takes over the venue's figure.
  @inline(always)
  mutating func takeOver(_ place: Int) {
    rows[place].computed = rows[place].venueTotal
    rows[place].differsSinceNs = .max
  }

  /// Whether the venue's figure may be of before the last fill: a difference then says nothing until it is told anew.
  @inline(always)
  func isOutdated(_ place: Int) -> Bool { rows[place].toldNs < rows[place].changedNs &+ Self.settlementNs }

  /// When the next difference settles; `.max` when all agree.
  @inline(always)
  var nextSettlementNs: Int64 {
    var earliest = Int64.max
    for i in 0..<count where rows[i].differsSinceNs != .max {
      earliest = min(earliest, rows[i].differsSinceNs &+ Self.settlementNs)
    }
    return earliest
  }

  @inline(always)
  private mutating func compare(_ place: Int, nowNs: Int64) {
    guard rows[place].isKnown else { return }
    rows[place].differsSinceNs = rows[place].computed == rows[place].venueTotal ? .max : nowNs
  }
}
