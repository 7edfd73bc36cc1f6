// What the bot answers: one line of JSON for each thing that became of a request.

import Risk

/// What became of a request.
public enum ControlResult: String, Codable, Sendable {
  /// On its way to execution; `accepted` or `refused` follows.
  case sent
  case accepted
  case refused
  /// Behind `accepted`: what was set going has ended.
  case completed
  /// Behind `accepted`: it did not come to its end and is not tried any more.
  case abandoned
  /// A looser limit that waits for another user.
  case pending
  /// The session is ending.
  case stopping
}

/// One line of reply. What does not apply is left out.
public struct ControlReply: Codable, Equatable, Sendable {
  public var result: ControlResult
  /// Of the command, or of the pending change.
  public var number: UInt64?
  public var command: String?
  /// Of what was refused or abandoned.
  public var reason: String?
  /// Of a halt that was sent: everything approved under an older word is void already.
  public var haltEpoch: UInt32?
  /// Of a completed halt or flatten: how many orders were open when it was given.
  public var orders: UInt32?
  /// Of a completed halt or flatten: from the decision to the last confirmation.
  public var durationNs: Int64?
  /// Of a pending change: until when it can be confirmed, in seconds from now.
  public var secondsLeft: Int64?

  public init(_ result: ControlResult) { self.result = result }

  /// The line, without its end.
  var text: String {
    var line = JSONLine()
    line.add("result", result.rawValue)
    if let command { line.add("command", command) }
    if let number { line.add("number", number) }
    if let reason { line.add("reason", reason) }
    if let haltEpoch { line.add("haltEpoch", haltEpoch) }
    if let orders { line.add("orders", orders) }
    if let durationNs { line.add("durationNs", durationNs) }
    if let secondsLeft { line.add("secondsLeft", secondsLeft) }
    return line.text
  }
}

extension ControlReply {
  static func refused(_ refusal: ControlRefusal) -> ControlReply {
    var reply = ControlReply(.refused)
    reply.reason = refusal.description
    return reply
  }

  static func sent(_ command: Command, verb: ControlVerb) -> ControlReply {
    var reply = ControlReply(.sent)
    reply.number = command.number
    reply.command = verb.rawValue
    if command.kind == .halt { reply.haltEpoch = command.haltEpoch }
    return reply
  }

  static func pending(_ change: PendingChange) -> ControlReply {
    var reply = ControlReply(.pending)
    reply.number = change.number
    reply.command = ControlVerb.setLimit.rawValue
    reply.secondsLeft = LimitTable.confirmationNs / 1_000_000_000
    return reply
  }

  static func outcome(_ outcome: CommandOutcome, verb: ControlVerb) -> ControlReply {
    var reply: ControlReply
    switch outcome.result {
    case .accepted: reply = ControlReply(.accepted)
    case .refused: reply = refused(ControlRefusal(outcome.refusal.text))
    case .abandoned:
      reply = ControlReply(.abandoned)
      reply.reason = outcome.refusal.text
    case .completed:
      reply = ControlReply(.completed)
      reply.orders = outcome.openOrders
      reply.durationNs = outcome.durationNs
    }
    reply.number = outcome.number
    reply.command = verb.rawValue
    return reply
  }
}

extension CommandRefusal {
  /// In words for the user.
  var text: String {
    switch self {
    case .none: "refused without a reason"
    case .notReconciled: "reconciliation is not green: \"apus ctl status\" tells what it waits for"
    case .newerHalt: "the bot was halted after this was decided"
    case .unknownScope: "execution knows no such instrument, venue or strategy"
    case .badValue: "the limit cannot have this value"
    case .nothingToEnd: "there is nothing that this could end"
    case .stopping: "the session is ending"
    case .dailyLoss: "the daily loss limit is used up"
    case .notTrading: "nothing may be sent: the session is not armed, or the scope is halted"
    case .notFlat: "the venue did not take what would close the position"
    }
  }
}
