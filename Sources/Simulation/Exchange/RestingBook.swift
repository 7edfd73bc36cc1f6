// Queues of orders by price and time, best price first: the book of resting orders, and that of waiting stops.

import Market

/// Two sides of price levels with a queue each. The side `.buy` has its highest price first, `.sell` its lowest.
///
/// Orders live in the pool; the queues are lists through it. One writer.
struct RestingBook: ~Copyable {
  private let sides: UnsafeMutablePointer<PriceLevels>
  private let range: ClosedRange<Int64>
  /// The best price of each side; one beyond the range when it is empty.
  private(set) var bestBid: Int64
  private(set) var bestAsk: Int64

  init(range: ClosedRange<Int64>) {
    self.range = range
    bestBid = range.lowerBound - 1
    bestAsk = range.upperBound + 1
    sides = .allocate(capacity: 2)
    sides.initialize(to: PriceLevels(range: range))
    (sides + 1).initialize(to: PriceLevels(range: range))
  }

  deinit {
    sides.deinitialize(count: 2)
    sides.deallocate()
  }

  /// The best price of a side; nil when it is empty.
  @inline(always)
  func best(_ side: Side) -> Int64? {
    if side == .buy { return bestBid >= range.lowerBound ? bestBid : nil }
    return bestAsk <= range.upperBound ? bestAsk : nil
  }

  /// The next price of a side behind `price`.
  @inline(always)
  func next(_ side: Side, behind price: Int64) -> Int64? {
    side == .buy ? self[.buy].below(price) : self[.sell].above(price)
  }

  func level(_ side: Side, _ price: Int64) -> PriceLevel? {
    guard range.contains(price) else { return nil }
    let place = self[side].place(price)
    return place < 0 ? nil : self[side][place]
  }

  func levelCount(_ side: Side) -> Int { self[side].count }

  /// The first order in the queue of a price that has one.
  @inline(always)
  func first(_ side: Side, _ price: Int64) -> Int32 {
    self[side][self[side].place(price)].first
  }

  /// Puts an order at the back of the queue of `price`, showing `shown` of its lots.
  mutating func append(_ slot: Int32, _ side: Side, _ price: Int64, shown: Int64, in pool: inout OrderPool) {
    let place = self[side].makePlace(price)
    let last = self[side][place].last
    pool[slot].previous = last
    pool[slot].next = -1
    pool[slot].shown = shown
    if last >= 0 { pool[last].next = slot } else { self[side][place].first = slot }
    self[side][place].last = slot
    self[side][place].orders &+= 1
    self[side][place].displayed &+= shown
    self[side][place].total &+= pool[slot].remaining
    if side == .buy { bestBid = max(bestBid, price) } else { bestAsk = min(bestAsk, price) }
  }

  /// Takes an order out of the queue of `price`, and the level with its last order.
  mutating func remove(_ slot: Int32, _ side: Side, _ price: Int64, in pool: inout OrderPool) {
    let place = self[side].place(price)
    let (previous, next) = (pool[slot].previous, pool[slot].next)
    if previous >= 0 { pool[previous].next = next } else { self[side][place].first = next }
    if next >= 0 { pool[next].previous = previous } else { self[side][place].last = previous }
    self[side][place].orders &-= 1
    self[side][place].displayed &-= pool[slot].shown
    self[side][place].total &-= pool[slot].remaining
    pool[slot].shown = 0
    guard next < 0, previous < 0 else { return }
    let behind = self.next(side, behind: price)
    self[side].remove(price)
    if side == .buy {
      if price == bestBid { bestBid = behind ?? range.lowerBound &- 1 }
    } else if price == bestAsk {
      bestAsk = behind ?? range.upperBound &+ 1
    }
  }

  /// Takes lots off an order where it stands: `shown` of those displayed, `total` of all.
  @inline(always)
  mutating func reduce(
    _ slot: Int32, _ side: Side, _ price: Int64, shown: Int64, total: Int64, in pool: inout OrderPool
  ) {
    let place = self[side].place(price)
    self[side][place].displayed &-= shown
    self[side][place].total &-= total
    pool[slot].shown &-= shown
    pool[slot].remaining &-= total
  }

  @inline(always)
  private subscript(_ side: Side) -> PriceLevels {
    unsafeAddress { UnsafePointer(sides + Int(side.rawValue)) }
    unsafeMutableAddress { sides + Int(side.rawValue) }
  }
}
