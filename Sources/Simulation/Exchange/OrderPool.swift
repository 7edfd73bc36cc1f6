// Where open orders are: slots of flat memory, found by the order's identifier.

import Market

/// An open order and its links. Its executed quantity is `entry.quantity` − `remaining` − `prevented`.
struct OpenOrder: BitwiseCopyable {
  var entry: OrderEntry
  var id: OrderId
  /// Lots not yet executed or prevented.
  var remaining: Int64
  /// Lots of it that are displayed in the book; zero while it is not there.
  var shown: Int64 = 0
  var prevented: Int64 = 0
  /// Units of what it pays with that are locked for it (spot).
  var locked: Int64 = 0
  /// Its neighbours in the queue of its price.
  var next: Int32 = -1
  var previous: Int32 = -1
  /// Its place in the heap of expiries; -1 when it has none.
  var expiry: Int32 = -1
  /// A stop order that has not been triggered.
  var isPending = false

  /// What a new displayed part of it would be.
  @inline(always) var nextPart: Int64 {
    entry.displayed.lots > 0 ? min(entry.displayed.lots, remaining) : remaining
  }
}

/// A fixed number of slots with a list of the free ones. One writer; no allocation after `init`.
struct OrderPool: ~Copyable {
  private let slots: UnsafeMutablePointer<OpenOrder>
  let capacity: Int
  private var used = 0
  /// The first freed slot; each names the next in `next`.
  private var free: Int32 = -1
  private var accepted: UInt64 = 0
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
  }

  deinit { slots.deallocate() }

  @inline(always)
  subscript(_ slot: Int32) -> OpenOrder {
    unsafeAddress { UnsafePointer(slots + Int(slot)) }
    unsafeMutableAddress { slots + Int(slot) }
  }

  @inline(always) var isFull: Bool { count == capacity }

  /// Gives an order the next identifier and a slot. There is a free one: the caller has looked at `isFull`.
  mutating func insert(_ entry: OrderEntry) -> Int32 {
    var slot = free
    if slot >= 0 {
      free = slots[Int(slot)].next
    } else {
      slot = Int32(truncatingIfNeeded: used)
      used &+= 1
    }
    accepted &+= 1
    count &+= 1
    (slots + Int(slot)).initialize(
      to: OpenOrder(entry: entry, id: OrderId(ordinal: accepted, slot: slot), remaining: entry.quantity.lots))
    return slot
  }

  mutating func remove(_ slot: Int32) {
    slots[Int(slot)].id = .none
    slots[Int(slot)].next = free
    free = slot
    count &-= 1
  }

  /// Slots below this have been used; those of no order have the identifier `none`.
  var slotsUsed: Int32 { Int32(truncatingIfNeeded: used) }

  /// The slot of an open order; nil when it is not open or never was.
  @inline(always)
  func find(_ id: OrderId) -> Int32? {
    guard id != .none, Int(id.slot) < used, slots[Int(id.slot)].id == id else { return nil }
    return id.slot
  }
}
