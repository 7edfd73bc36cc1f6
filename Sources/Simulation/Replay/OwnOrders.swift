// The own orders that rest on one side of the exchange's book.

import Glibc

/// Resting orders with their places in the queue, and a bitmap that says at which ticks there are any: what the book asks
/// for every level that changes. Orders are few; they are walked, not searched. Belongs to one venue.
struct OwnOrders<Place: BitwiseCopyable>: ~Copyable {
  struct Resting: BitwiseCopyable {
    var order: ReplayOrder
    var place: Place
    var tick: Int
  }

  private var orders: UnsafeMutablePointer<Resting>
  private var capacity = 64
  private(set) var count = 0
  private let bits: UnsafeMutablePointer<UInt64>
  private let bitCount: Int
  /// The lowest and highest tick with an order; crossed while there is none.
  private(set) var lowest = Int.max
  private(set) var highest = -1

  init(ticks: Int) {
    orders = .allocate(capacity: capacity)
    bitCount = ticks
    guard let memory = calloc(ticks / 64 + 1, 8) else { fatalError("no memory for a book") }
    bits = memory.bindMemory(to: UInt64.self, capacity: ticks / 64 + 1)
  }

  deinit {
    orders.deallocate()
    free(bits)
  }

  /// Whether an order may rest at `tick`, which the book has.
  @inline(__always)
  func has(_ tick: Int) -> Bool { bits[tick &>> 6] &>> UInt64(truncatingIfNeeded: tick & 63) & 1 == 1 }

  @inline(__always)
  subscript(_ i: Int) -> Resting {
    get { orders[i] }
    set { orders[i] = newValue }
  }

  /// - Parameter tick: may lie outside the book: an order far away.
  mutating func append(_ order: ReplayOrder, tick: Int, place: Place) {
    if count == capacity { grow() }
    orders[count] = Resting(order: order, place: place, tick: tick)
    count += 1
    mark(tick)
  }

  /// The last order takes the place of the one that goes.
  mutating func remove(at i: Int) {
    let tick = orders[i].tick
    count -= 1
    orders[i] = orders[count]
    if tick >= 0, tick < bitCount { bits[tick >> 6] &= ~(1 << UInt64(tick & 63)) }
    (lowest, highest) = (.max, -1)
    for k in 0..<count { mark(orders[k].tick) }
  }

  func index(of id: UInt64) -> Int? {
    for i in 0..<count where orders[i].order.id == id { return i }
    return nil
  }

  private mutating func mark(_ tick: Int) {
    if tick >= 0, tick < bitCount { bits[tick >> 6] |= 1 << UInt64(tick & 63) }
    lowest = min(lowest, tick)
    highest = max(highest, tick)
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Resting>.allocate(capacity: 2 * capacity)
    larger.initialize(from: orders, count: count)
    orders.deallocate()
    orders = larger
    capacity *= 2
  }
}
