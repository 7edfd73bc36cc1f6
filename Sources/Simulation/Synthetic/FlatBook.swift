// The book of a synthetic market: the levels of each side in one flat array, best at its end.

import Market

/// Levels by depth, 0 being the best. A change near the touch moves a few neighbours and nothing else.
///
/// At most `capacity` levels a side; whoever inserts looks whether there is room. Not thread-safe.
struct FlatBook: ~Copyable {
  static var capacity: Int { 256 }

  private let levels: UnsafeMutablePointer<BookLevel>
  private var bidCount = 0
  private var askCount = 0

  init() {
    levels = .allocate(capacity: 2 * Self.capacity)
    levels.initialize(repeating: .none, count: 2 * Self.capacity)
  }

  deinit { levels.deallocate() }

  @inline(always)
  func count(_ side: Side) -> Int { side == .buy ? bidCount : askCount }

  @inline(always)
  func level(_ side: Side, _ depth: Int) -> BookLevel { levels[slot(side, depth)] }

  /// The best level; both sides of a market always have one.
  @inline(always)
  func best(_ side: Side) -> BookLevel { levels[slot(side, 0)] }

  /// Ticks from the best bid to the best ask.
  @inline(always)
  var spreadTicks: Int64 { best(.sell).price.ticks &- best(.buy).price.ticks }

  /// Best bid plus best ask, in ticks: twice the mid-price.
  @inline(always)
  var doubleMidTicks: Int64 { best(.sell).price.ticks &+ best(.buy).price.ticks }

  /// The depth at which `price` stands, or would stand.
  @inline(always)
  func depth(_ side: Side, of price: Price) -> Int {
    let sign = side.sign
    var depth = 0
    while depth < count(side), sign &* (level(side, depth).price.ticks &- price.ticks) > 0 { depth &+= 1 }
    return depth
  }

  @inline(always)
  mutating func set(_ side: Side, _ depth: Int, lots: Int64) { levels[slot(side, depth)].quantity.lots = lots }

  /// - Precondition: there is room, and `depth` is the place of its price.
  @inline(always)
  mutating func insert(_ level: BookLevel, _ side: Side, at depth: Int) {
    var place = 0
    while place < depth {
      levels[slot(side, place &- 1)] = levels[slot(side, place)]
      place &+= 1
    }
    levels[slot(side, depth &- 1)] = level
    change(side, by: 1)
  }

  @inline(always)
  mutating func remove(_ side: Side, _ depth: Int) {
    var place = depth
    while place > 0 {
      levels[slot(side, place)] = levels[slot(side, place &- 1)]
      place &-= 1
    }
    change(side, by: -1)
  }

  /// Gives up the worst level of a full side: the one change that moves the whole side.
  mutating func removeWorst(_ side: Side) {
    let first = levels + (side == .buy ? 0 : Self.capacity)
    first.update(from: first + 1, count: count(side) &- 1)
    change(side, by: -1)
  }

  @inline(always)
  private func slot(_ side: Side, _ depth: Int) -> Int {
    side == .buy ? bidCount &- 1 &- depth : Self.capacity &+ askCount &- 1 &- depth
  }

  @inline(always)
  private mutating func change(_ side: Side, by amount: Int) {
    if side == .buy { bidCount &+= amount } else { askCount &+= amount }
  }
}
