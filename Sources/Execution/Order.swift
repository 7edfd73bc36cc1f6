// One order as execution knows it: a row of the order table.

import Market
import Risk

/// The state of one order. Plain memory: rows are reused.
struct Order: BitwiseCopyable {
  /// 0 in a row that never held an order.
  var clientOrder = ClientOrderIdentifier.none
  var intent = IntentIdentifier(0)
  /// The venue's number; 0 as long as it has not told it. A list of trades names orders by it alone.
  var venueOrder: UInt64 = 0
  var price = Price(ticks: 0)
  var quantity = Quantity.zero
  var cumulative = Quantity.zero
  /// Lots that a status reply told of and whose trade reports are still to come.
  var inferred = Quantity.zero
  /// What those lots were counted at.
  var inferredQuote = Amount.zero
  var cumulativeQuote = Amount.zero
  /// What it holds back of the free balance of its asset.
  var reserved = Amount.zero
  /// When something has to be done for it (a cancel, a query), in the session's clock; `.max` for never.
  var dueNs = Int64.max
  /// Until when a request that was sent for it may still arrive at the venue; `.max` as long as nobody knows.
  var arrivesUntilNs = Int64.max
  var originTsc: UInt64 = 0
  /// The record that the next request for it names as its cause.
  var cause: UInt64 = 0
  var instrument = InstrumentIndex(0)
  /// How often the present cancel or query was tried.
  var attempts: UInt16 = 0
  /// Neighbours in the list of the instrument's open orders; -1 at the ends.
  var next: Int32 = -1
  var previous: Int32 = -1
  var strategy: UInt8 = 0
  var shard: UInt8 = 0
  var side = Side.buy
  var state = OrderState.rejected
  /// It is to be cancelled, and that is not confirmed yet.
  var isCancelWanted = false
  /// Its cancel goes by the emergency lane.
  var isEmergency = false
  /// The session that it was sent on is gone: it turns unknown at its next turn.
  var isSessionLost = false
  /// When its state last changed, and when a list of open orders last had it.
  var changedNs = Int64.min
  var listedNs = Int64.min
  /// Of a session before this one: cancelled and asked for, and of no strategy.
  var isInherited = false
  /// Found in the venue's list only: what it filled before is not known, so its trades count for the account alone.
  var isStray = false

  @inline(always) var isOpen: Bool { clientOrder.rawValue != 0 && state.isOpen }
  /// Its row may not be given to another: it may still fill, or trades of it are still to come.
  @inline(always) var isHeld: Bool { isOpen || inferred.lots > 0 }
  @inline(always) var remainingLots: Int64 { max(0, quantity.lots &- cumulative.lots) }
}
