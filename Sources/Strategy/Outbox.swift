// What a strategy asked for during one step: collected, then published together. Strategy thread only.

import Market

/// The intents of one step, bounded so that a step's output always fits a ring that was checked before the step.
///
/// Cancels have room that new orders cannot use up, and the stage's own cancel-all (a broken stream) has room that
/// cancels cannot use up.
struct Outbox: BitwiseCopyable {
  static var orderLimit: Int { 32 }
  static var cancelLimit: Int { 48 }
  static var capacity: Int { cancelLimit &+ StrategyLimits.markets }

  let intents: UnsafeMutablePointer<OrderIntent>
  var count = 0
  /// The last identifier given to an order.
  var lastIntent: UInt64 = 0
  /// Orders may not be placed in this step (the session is ending, or the output ring is full).
  var takesOrders = false
  /// Nothing at all may be asked in this step (the output ring is full).
  var takesNothing = true

  init() {
    intents = .allocate(capacity: Self.capacity)
  }

  func deallocate() { intents.deallocate() }

  var hasRoomForOrder: Bool { takesOrders && count < Self.orderLimit }
  var hasRoomForCancel: Bool { !takesNothing && count < Self.cancelLimit }

  mutating func append(_ intent: OrderIntent) {
    precondition(count < Self.capacity)
    (intents + count).initialize(to: intent)
    count &+= 1
  }

  mutating func nextIdentifier() -> IntentIdentifier {
    lastIntent &+= 1
    return IntentIdentifier(lastIntent)
  }
}
