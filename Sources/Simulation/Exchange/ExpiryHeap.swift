// Which open order expires next: a binary heap in flat memory that an order can leave early.

/// Slots of the order pool by expiry time, then by identifier. Each order knows its place. One writer.
struct ExpiryHeap: ~Copyable {
  private let slots: UnsafeMutablePointer<Int32>
  private(set) var count = 0

  /// For as many orders as the pool has.
  init(capacity: Int) { slots = .allocate(capacity: capacity) }

  deinit { slots.deallocate() }

  /// The order that expires first.
  @inline(always) var first: Int32? { count > 0 ? slots[0] : nil }

  mutating func insert(_ slot: Int32, in pool: inout OrderPool) {
    put(slot, at: count, in: &pool)
    count &+= 1
    rise(count &- 1, in: &pool)
  }

  /// Takes out an order that may be in it.
  mutating func remove(_ slot: Int32, in pool: inout OrderPool) {
    let place = Int(pool[slot].expiry)
    guard place >= 0 else { return }
    pool[slot].expiry = -1
    count &-= 1
    guard place < count else { return }
    put(slots[count], at: place, in: &pool)
    rise(place, in: &pool)
    sink(place, in: &pool)
  }

  private func isBefore(_ a: Int32, _ b: Int32, in pool: borrowing OrderPool) -> Bool {
    let (left, right) = (pool[a].entry.expiryNs, pool[b].entry.expiryNs)
    return left != right ? left < right : pool[a].id < pool[b].id
  }

  private func put(_ slot: Int32, at place: Int, in pool: inout OrderPool) {
    slots[place] = slot
    pool[slot].expiry = Int32(truncatingIfNeeded: place)
  }

  private func rise(_ start: Int, in pool: inout OrderPool) {
    var place = start
    while place > 0 {
      let parent = (place &- 1) / 2
      guard isBefore(slots[place], slots[parent], in: pool) else { return }
      exchange(place, parent, in: &pool)
      place = parent
    }
  }

  private func sink(_ start: Int, in pool: inout OrderPool) {
    var place = start
    while true {
      var child = 2 &* place &+ 1
      guard child < count else { return }
      if child &+ 1 < count, isBefore(slots[child &+ 1], slots[child], in: pool) { child &+= 1 }
      guard isBefore(slots[child], slots[place], in: pool) else { return }
      exchange(place, child, in: &pool)
      place = child
    }
  }

  private func exchange(_ a: Int, _ b: Int, in pool: inout OrderPool) {
    let (left, right) = (slots[a], slots[b])
    put(right, at: a, in: &pool)
    put(left, at: b, in: &pool)
  }
}
