// The orders of a strategy in one instrument that are not known to be done. Strategy thread only.

import Market

/// One own order as the strategy sees it.
public struct OwnOrder: BitwiseCopyable, Sendable {
  public var intent: IntentIdentifier
  public var side: Side
  public var type: OrderType
  public var price: Price
  public var remaining: Quantity
  /// When it was placed, in the session's clock.
  public var placedNs: Int64
  /// The venue has it, as far as is known.
  public var isWorking: Bool
  /// A cancel was asked for; it may still fill.
  public var isCanceling: Bool
}

/// A small table of own orders in the order of their placement. Its memory belongs to the stage.
public struct OwnOrders: BitwiseCopyable, @unchecked Sendable {  // Safe: stays with the stage that owns the memory.
  /// Orders that a strategy may have under way in one instrument; `place` refuses above it.
  public static var capacity: Int { 16 }

  let slots: UnsafeMutablePointer<OwnOrder>
  public internal(set) var count = 0

  init() {
    slots = .allocate(capacity: Self.capacity)
  }

  func deallocate() { slots.deallocate() }

  public var isEmpty: Bool { count == 0 }
  var isFull: Bool { count == Self.capacity }

  /// - Precondition: `position` is below `count`.
  @_noLocks
  public subscript(_ position: Int) -> OwnOrder {
    precondition(position >= 0 && position < count)
    return slots[position]
  }

  /// Whether a cancel has not been asked for every order.
  var hasUncanceled: Bool {
    var i = 0
    while i < count {
      if !slots[i].isCanceling { return true }
      i &+= 1
    }
    return false
  }

  /// The oldest order on that side for which no cancel was asked.
  @_noLocks
  public func first(_ side: Side) -> OwnOrder? {
    var i = 0
    while i < count {
      if slots[i].side == side && !slots[i].isCanceling { return slots[i] }
      i &+= 1
    }
    return nil
  }

  /// What could still be bought or sold by the orders on that side, those being cancelled included.
  @_noLocks
  public func remainingLots(_ side: Side) -> Int64 {
    var lots: Int64 = 0
    var i = 0
    while i < count {
      if slots[i].side == side { lots &+= slots[i].remaining.lots }
      i &+= 1
    }
    return lots
  }

  /// How many orders stand on that side, those being cancelled included.
  @_noLocks
  public func count(_ side: Side) -> Int {
    var orders = 0
    var i = 0
    while i < count {
      if slots[i].side == side { orders &+= 1 }
      i &+= 1
    }
    return orders
  }

  func find(_ intent: IntentIdentifier) -> Int? {
    var i = 0
    while i < count {
      if slots[i].intent.rawValue == intent.rawValue { return i }
      i &+= 1
    }
    return nil
  }

  mutating func append(_ order: OwnOrder) {
    precondition(count < Self.capacity)
    (slots + count).initialize(to: order)
    count &+= 1
  }

  func markCanceling(_ position: Int) { slots[position].isCanceling = true }

  func markAllCanceling() {
    var i = 0
    while i < count {
      slots[i].isCanceling = true
      i &+= 1
    }
  }

  /// Follows the news of an order; an order that is not in the table, or no longer, is left alone.
  mutating func apply(_ update: OrderUpdate) {
    guard let position = find(update.intent) else { return }
    switch update.kind {
    case .working:
      slots[position].isWorking = true
    case .partiallyFilled:
      slots[position].isWorking = true
      slots[position].remaining = update.remainingQuantity
    case .filled, .canceled, .refused, .rejected:
      remove(position)
    case .unknown, .position:
      break
    }
  }

  private mutating func remove(_ position: Int) {
    var i = position
    while i &+ 1 < count {
      slots[i] = slots[i &+ 1]
      i &+= 1
    }
    count &-= 1
  }
}
