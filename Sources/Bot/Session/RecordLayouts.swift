// How the records that Risk, Execution and Strategy define are printed; Journal itself knows only Market's.

import Brain
import Execution
import Journal
import Market
import Risk

/// Layouts for `JournalText`, besides those that come with it.
enum RecordLayouts {
  static let trading: [RecordType: PayloadLayout] = [
    .riskDecision: riskDecision, .order: order, .forecast: forecast, .orderState: orderState, .balance: balance,
  ]

  /// `RiskDecisionRecord`.
  private static let riskDecision = PayloadLayout(
    "riskDecision",
    [
      .code("reason", RefusalReason.self), .integer("instrument", UInt16.self), .integer("strategy", UInt8.self),
      .enumeration("side", Side.self), .enumeration("orderType", OrderType.self), .integer("venue", UInt8.self),
      .integer("intent", UInt64.self), .clientOrder("clientOrder"), .integer("priceTicks", Int64.self),
      .integer("quantityLots", Int64.self), .integer("observed", Int64.self), .integer("bound", Int64.self),
      .integer("positionLots", Int64.self), .integer("workingLots", Int64.self),
    ])

  /// `ApprovedOrderRecord`.
  private static let order = PayloadLayout(
    "order",
    [
      .integer("venue", UInt8.self), .integer("account", UInt8.self), .integer("instrument", UInt16.self),
      .integer("definitionVersion", UInt16.self), .enumeration("side", Side.self),
      .enumeration("orderType", OrderType.self), .enumeration("timeInForce", TimeInForce.self), .flag("reduceOnly"),
      .enumeration("action", OrderAction.self), .reserved(1), .integer("haltEpoch", UInt32.self),
      .clientOrder("clientOrder"),
      .integer("priceTicks", Int64.self), .integer("quantityLots", Int64.self), .integer("expiryTimeNs", Int64.self),
      .record("causeRecord"), .integer("originTsc", UInt64.self),
    ])

  /// `ForecastRecord`.
  private static let forecast = PayloadLayout(
    "forecast",
    [
      .integer("instrument", UInt16.self), .integer("strategy", UInt8.self), .code("action", PolicyAction.self),
      .reserved(4), .integer("sampleTimeNs", Int64.self), .float("down"), .float("flat"), .float("up"),
      .float("confidence"),
    ])

  /// `OrderStateRecord`.
  private static let orderState = PayloadLayout(
    "orderState",
    [
      .clientOrder("clientOrder"), .integer("intent", UInt64.self), .integer("cumulativeLots", Int64.self),
      .integer("remainingLots", Int64.self), .integer("positionLots", Int64.self),
      .integer("instrument", UInt16.self), .enumeration("from", OrderState.self), .enumeration("to", OrderState.self),
      .enumeration("event", OrderEvent.self), .integer("verdict", UInt8.self), .integer("reason", UInt16.self),
      .integer("venueCode", Int32.self), .reserved(4),
    ])

  /// `BalanceRecord`.
  private static let balance = PayloadLayout(
    "balance",
    [
      .name("asset"), .integer("computedUnits", Int64.self), .integer("venueFreeUnits", Int64.self),
      .integer("venueLockedUnits", Int64.self), .integer("reservedUnits", Int64.self), .integer("venue", UInt8.self),
      .flag("isMismatch"), .reserved(14),
    ])
}
