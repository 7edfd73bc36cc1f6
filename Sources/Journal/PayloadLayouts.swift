// The layouts of the record payloads that Market defines. Other modules' payloads are added by whoever wires them.

public import Market
import Pipeline

extension PayloadLayout {
  /// By `RecordType`.
  public static let shared: [RecordType: PayloadLayout] = [
    .step: step, .channel: channel("channel"), .frame: frame("frame"), .response: frame("response"),
    .sendRefused: channel("sendRefused"), .ringFull: channel("ringFull"), .sent: frame("sent"), .stream: stream,
    .intent: intent,
    .request: request, .report: report, .update: update,
  ]

  static let step = PayloadLayout(
    "step",
    [
      .integer("haltEpoch", UInt32.self), .integer("flags", UInt32.self), .reserved(8),
      .integer("consumed0", UInt32.self), .integer("consumed1", UInt32.self), .integer("consumed2", UInt32.self),
      .integer("consumed3", UInt32.self),
    ])

  static func channel(_ name: String) -> PayloadLayout {
    PayloadLayout(
      name,
      [
        .integer("channel", UInt8.self), .integer("event", UInt8.self), .code("reason", CloseReason.self),
        .reserved(1), .integer("detail", UInt32.self),
      ])
  }

  static func frame(_ name: String) -> PayloadLayout {
    PayloadLayout(
      name,
      [
        .integer("channel", UInt8.self), .reserved(1), .integer("status", UInt16.self),
        .integer("byteCount", UInt32.self), .integer("receiveTsc", UInt64.self),
      ], hasRaw: true)
  }

  static let stream = PayloadLayout(
    "stream",
    [
      .integer("instrument", UInt16.self), .integer("venue", UInt8.self), .enumeration("state", StreamState.self),
      .enumeration("reason", StreamReason.self), .reserved(3), .integer("lastUpdate", UInt64.self),
      .integer("received", UInt64.self),
    ])

  static let intent = PayloadLayout(
    "intent",
    [
      .enumeration("kind", IntentKind.self), .enumeration("side", Side.self), .enumeration("type", OrderType.self),
      .enumeration("timeInForce", TimeInForce.self), .integer("instrument", UInt16.self),
      .integer("definitionVersion", UInt16.self), .integer("strategy", UInt8.self), .integer("venue", UInt8.self),
      .flag("reduceOnly"), .reserved(5), .integer("intent", UInt64.self), .integer("priceTicks", Int64.self),
      .integer("quantityLots", Int64.self), .integer("askPriceTicks", Int64.self),
      .integer("askQuantityLots", Int64.self), .integer("decisionTimeNs", Int64.self),
      .integer("marketTimeNs", Int64.self), .integer("expiryTimeNs", Int64.self), .record("causeRecord"),
      .integer("originTsc", UInt64.self),
    ])

  static let request = PayloadLayout(
    "request",
    [
      .enumeration("kind", GatewayRequestKind.self), .reserved(1), .integer("instrument", UInt16.self), .reserved(4),
      .clientOrder("clientOrder"), .integer("fromTrade", UInt64.self), .record("causeRecord"),
      .integer("originTsc", UInt64.self),
    ])

  static let report = PayloadLayout(
    "report",
    [
      .enumeration("kind", ReportKind.self), .enumeration("side", Side.self), .flag("isMaker"),
      .enumeration("orderState", VenueOrderState.self), .integer("instrument", UInt16.self),
      .integer("definitionVersion", UInt16.self), .integer("venue", UInt8.self), .integer("account", UInt8.self),
      .enumeration("reason", ReportReason.self), .reserved(1), .integer("venueCode", Int32.self), .name("asset"),
      .clientOrder("clientOrder"), .integer("venueOrder", UInt64.self), .integer("trade", UInt64.self),
      .integer("priceTicks", Int64.self), .integer("quantityLots", Int64.self),
      .integer("cumulativeLots", Int64.self), .integer("quoteUnits", Int64.self), .integer("amountUnits", Int64.self),
      .integer("lockedUnits", Int64.self), .integer("venueTimeNs", Int64.self), .integer("receiveTimeNs", Int64.self),
      .integer("receiveTsc", UInt64.self), .record("causeRecord"),
      .integer("counterOrder", UInt64.self),
    ])

  static let update = PayloadLayout(
    "update",
    [
      .enumeration("kind", OrderUpdateKind.self), .enumeration("side", Side.self), .flag("isMaker"),
      .integer("strategy", UInt8.self), .integer("instrument", UInt16.self), .integer("reasonCode", UInt16.self),
      .integer("intent", UInt64.self), .clientOrder("clientOrder"), .integer("priceTicks", Int64.self),
      .integer("quantityLots", Int64.self), .integer("remainingLots", Int64.self),
      .integer("positionLots", Int64.self), .integer("realisedUnits", Int64.self), .integer("feesUnits", Int64.self),
      .integer("timeNs", Int64.self), .record("causeRecord"),
    ])
}
