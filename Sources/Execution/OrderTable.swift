// The order table: rows in raw memory found by client order identifier without hashing. One thread.

import Market

/// All orders of a session that are open, and the latest closed ones.
///
/// An order's row is its identifier's sequence number modulo the capacity, and an identifier is only given out when
/// its row is not held by an open order: so a look-up is one load and one comparison, nothing is ever moved, and a
/// closed order stays known (for late reports) until its row is needed again. Skipped sequence numbers do no harm.
struct OrderTable: ~Copyable {
  let capacity: Int
  let bootEpoch: UInt32
  private let rows: UnsafeMutablePointer<Order>
  /// First open order of each instrument; -1 without one.
  private let heads: UnsafeMutablePointer<Int32>
  private(set) var openCount = 0
  private var sequence: UInt64 = 1

  /// - Parameter capacity: the most open orders, a power of two.
  init(capacity: Int, instruments: Int, bootEpoch: UInt32) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "the order table's capacity is a power of two")
    self.capacity = capacity
    self.bootEpoch = bootEpoch
    rows = .allocate(capacity: capacity)
    rows.initialize(repeating: Order(), count: capacity)
    heads = .allocate(capacity: max(1, instruments))
    heads.initialize(repeating: -1, count: max(1, instruments))
  }

  deinit {
    rows.deallocate()
    heads.deallocate()
  }

  /// Sequence numbers end at 40 bits; then a new boot epoch is needed.
  @inline(always) var areIdentifiersUsedUp: Bool { sequence &+ UInt64(capacity) >= 1 << 40 }

  /// The identifier of the next order, whose row is free; nil when every row is held.
  @inline(always)
  mutating func nextIdentifier() -> ClientOrderIdentifier? {
    if openCount == capacity || areIdentifiersUsedUp { return nil }
    for _ in 0..<capacity {
      if !rows[row(sequence)].isHeld { return ClientOrderIdentifier(bootEpoch: bootEpoch, sequence: sequence) }
      sequence &+= 1
    }
    return nil
  }

  /// The row of an order, open or closed; nil when it is not, or no more, known.
  @inline(always)
  func find(_ clientOrder: ClientOrderIdentifier) -> UnsafeMutablePointer<Order>? {
    guard clientOrder.rawValue != 0 else { return nil }
    let order = rows + row(clientOrder.rawValue)
    return order.pointee.clientOrder.rawValue == clientOrder.rawValue ? order : nil
  }

  /// Puts an open order under the identifier that `nextIdentifier` gave.
  @inline(always)
  mutating func insert(_ order: Order) -> UnsafeMutablePointer<Order> {
    let index = row(order.clientOrder.rawValue)
    precondition(!rows[index].isHeld && order.isOpen, "an open order's row is never taken")
    sequence &+= 1
    return put(order, index)
  }

  /// Enters an order that this session did not place, open or closed.
  ///
  /// - Returns: nil when its row is held by another.
  mutating func inherit(_ order: Order) -> UnsafeMutablePointer<Order>? {
    let index = row(order.clientOrder.rawValue)
    if rows[index].isHeld { return nil }
    if order.isOpen { return put(order, index) }
    rows[index] = order
    return rows + index
  }

  /// The row of the order that the venue knows by this number: a walk over the table, for lists of trades only.
  @_noLocks
  func find(venueOrder: UInt64, instrument: InstrumentIndex) -> UnsafeMutablePointer<Order>? {
    guard venueOrder != 0 else { return nil }
    for i in 0..<capacity where rows[i].venueOrder == venueOrder {
      if rows[i].instrument.rawValue == instrument.rawValue { return rows + i }
    }
    return nil
  }

  @inline(always)
  private mutating func put(_ order: Order, _ index: Int) -> UnsafeMutablePointer<Order> {
    rows[index] = order
    let head = heads + Int(order.instrument.rawValue)
    rows[index].next = head.pointee
    rows[index].previous = -1
    if head.pointee >= 0 { rows[Int(head.pointee)].previous = Int32(truncatingIfNeeded: index) }
    head.pointee = Int32(truncatingIfNeeded: index)
    openCount &+= 1
    return rows + index
  }

  /// Takes an order that has just closed out of the list of open ones; its row stays.
  @inline(always)
  mutating func close(_ order: UnsafeMutablePointer<Order>) {
    let (next, previous) = (order.pointee.next, order.pointee.previous)
    if previous >= 0 { rows[Int(previous)].next = next } else { heads[Int(order.pointee.instrument.rawValue)] = next }
    if next >= 0 { rows[Int(next)].previous = previous }
    openCount &-= 1
  }

  /// The first open order of an instrument; go on with `following`.
  @inline(always)
  func first(_ instrument: Int) -> UnsafeMutablePointer<Order>? {
    heads[instrument] >= 0 ? rows + Int(heads[instrument]) : nil
  }

  /// The open order after this one. Ask before closing this one.
  @inline(always)
  func following(_ order: UnsafeMutablePointer<Order>) -> UnsafeMutablePointer<Order>? {
    order.pointee.next >= 0 ? rows + Int(order.pointee.next) : nil
  }

  @inline(always)
  private func row(_ value: UInt64) -> Int { Int(truncatingIfNeeded: value) & (capacity &- 1) }
}
