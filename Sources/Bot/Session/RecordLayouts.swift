// How the records that Risk, Execution and Strategy define are printed; Journal itself knows only Market's.

import Brain
import Control
import Execution
import Journal
import Market
import Pipeline
import Risk

/// Layouts for `JournalText`, besides those that come with it.
enum RecordLayouts {
  static let trading: [RecordType: PayloadLayout] = [
    .riskDecision: riskDecision, .order: order, .forecast: forecast, .orderState: orderState, .balance: balance,
    .fill: fill, .position: position, .reconciliation: reconciliation, .guardEvent: guardEvent,
    .tradingState: tradingState, .limit: limit, .command: command, .commandOutcome: commandOutcome,
  ]

  /// `TradingState`: each set of scopes as bits.
  private static let tradingState = PayloadLayout(
    "tradingState",
    [
      .flag("isArmed"), .enumeration("origin", CommandOrigin.self), .reserved(2), .integer("armedEpoch", UInt32.self),
      .integer("haltedAll", UInt32.self), .integer("haltedVenues", UInt32.self),
      .integer("haltedInstruments", UInt64.self), .integer("haltedStrategies", UInt64.self),
      .integer("pausedAll", UInt32.self), .integer("pausedVenues", UInt32.self),
      .integer("pausedInstruments", UInt64.self), .integer("pausedStrategies", UInt64.self),
      .integer("reducingAll", UInt32.self), .integer("reducingVenues", UInt32.self),
      .integer("reducingInstruments", UInt64.self), .integer("reducingStrategies", UInt64.self),
      .integer("armedTimeNs", Int64.self), .integer("lossDay", Int64.self),
    ])

  /// `LimitRecord`.
  private static let limit = PayloadLayout(
    "limit",
    [
      .enumeration("limit", CommandLimit.self), .reserved(1), .integer("instrument", UInt16.self), .reserved(4),
      .integer("value", Int64.self),
    ])

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
      .integer("venueCode", Int32.self), .reserved(4), .integer("venueOrder", UInt64.self),
    ])

  /// `GuardRecord`.
  private static let guardEvent = PayloadLayout(
    "guard",
    [
      .enumeration("from", GuardState.self), .enumeration("to", GuardState.self),
      .enumeration("cause", GuardCause.self), .enumeration("condition", ProcessCondition.self),
      .integer("worker", UInt8.self), .flag("isHaltRaised"), .reserved(2), .integer("canceledOrders", UInt32.self),
      .integer("openOrders", UInt32.self), .integer("process", Int64.self), .integer("silenceNs", Int64.self),
      .integer("reactionNs", Int64.self),
    ])

  /// `BalanceRecord`.
  private static let balance = PayloadLayout(
    "balance",
    [
      .name("asset"), .integer("computedUnits", Int64.self), .integer("venueFreeUnits", Int64.self),
      .integer("venueLockedUnits", Int64.self), .integer("reservedUnits", Int64.self), .integer("venue", UInt8.self),
      .flag("isMismatch"), .reserved(6), .integer("feesUnits", Int64.self),
    ])

  /// `FillRecord`.
  private static let fill = PayloadLayout(
    "fill",
    [
      .name("feeAsset"), .integer("trade", UInt64.self), .clientOrder("clientOrder"),
      .integer("venueOrder", UInt64.self), .integer("priceTicks", Int64.self), .integer("lots", Int64.self),
      .integer("valueUnits", Int64.self), .integer("feeUnits", Int64.self), .integer("cumulativeLots", Int64.self),
      .integer("cumulativeUnits", Int64.self), .integer("inferredLots", Int64.self),
      .integer("inferredUnits", Int64.self), .integer("positionLots", Int64.self), .integer("costUnits", Int64.self),
      .integer("realisedUnits", Int64.self), .integer("feesUnits", Int64.self),
      .integer("baseComputedUnits", Int64.self), .integer("quoteComputedUnits", Int64.self),
      .integer("feeComputedUnits", Int64.self), .integer("feesPaidUnits", Int64.self),
      .integer("instrument", UInt16.self), .integer("venue", UInt8.self), .integer("account", UInt8.self),
      .enumeration("side", Side.self), .flag("isMaker"), .reserved(2),
    ])

  /// `PositionRecord`.
  private static let position = PayloadLayout(
    "position",
    [
      .integer("lots", Int64.self), .integer("costUnits", Int64.self), .integer("realisedUnits", Int64.self),
      .integer("feesUnits", Int64.self), .integer("day", Int64.self), .integer("dayRealisedUnits", Int64.self),
      .integer("dayFeesUnits", Int64.self), .integer("dayUnrealisedUnits", Int64.self),
      .integer("verifiedTrade", UInt64.self), .integer("instrument", UInt16.self), .integer("venue", UInt8.self),
      .reserved(5),
    ])

  /// `ReconciliationRecord`.
  private static let reconciliation = PayloadLayout(
    "reconciliation",
    [
      .name("asset"), .clientOrder("clientOrder"), .integer("number", UInt64.self), .integer("expected", Int64.self),
      .integer("found", Int64.self), .integer("bootEpoch", UInt32.self), .integer("instrument", UInt16.self),
      .integer("venue", UInt8.self), .enumeration("event", ReconciliationEvent.self),
      .enumeration("phase", ReconciliationPhase.self), .reserved(7),
    ])
}
