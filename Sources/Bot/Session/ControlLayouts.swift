// How commands and their outcomes are printed.

import Journal
import Risk

extension RecordLayouts {
  /// `Command`; who gave it and why stands in the frame record that is its cause.
  static let command = PayloadLayout(
    "command",
    [
      .enumeration("kind", CommandKind.self), .enumeration("scope", CommandScope.self),
      .enumeration("origin", CommandOrigin.self), .enumeration("limit", CommandLimit.self),
      .integer("instrument", UInt16.self), .integer("venue", UInt8.self), .integer("strategy", UInt8.self),
      .integer("haltEpoch", UInt32.self), .integer("user", UInt32.self), .integer("number", UInt64.self),
      .integer("value", Int64.self), .integer("timeNs", Int64.self), .record("causeRecord"), .reserved(16),
    ])

  /// `CommandOutcome`.
  static let commandOutcome = PayloadLayout(
    "commandOutcome",
    [
      .enumeration("result", CommandResult.self), .enumeration("refusal", CommandRefusal.self),
      .enumeration("kind", CommandKind.self), .enumeration("scope", CommandScope.self),
      .integer("openOrders", UInt32.self), .integer("number", UInt64.self), .integer("durationNs", Int64.self),
      .integer("timeNs", Int64.self),
    ])
}
