// A request as it is said: verb, scope, limit and reason, before anybody looked whether it makes sense here.

import Risk

/// What can be asked for; the raw value is the word in a request and of `apus ctl`.
public enum ControlVerb: String, CaseIterable, Sendable {
  case status
  case arm
  case disarm
  case pause
  case resume
  case reduceOnly = "reduce-only"
  case cancel
  case flatten
  case halt
  case setLimit = "set-limit"
  case confirm
  /// The orderly end of the session.
  case stop

  /// Any one of these roles is enough. Whoever may do anything may stop; starting again is the traders' alone.
  var roles: ControlRole {
    switch self {
    case .status: [.view, .trade, .risk]
    case .arm, .resume: .trade
    case .disarm, .pause, .reduceOnly, .cancel, .flatten, .halt, .stop, .setLimit: [.trade, .risk]
    case .confirm: .risk
    }
  }

  /// The command that execution is sent; nil for what the control stage does itself.
  var command: CommandKind? {
    switch self {
    case .arm: .arm
    case .disarm: .disarm
    case .pause: .pause
    case .resume: .resume
    case .reduceOnly: .reduceOnly
    case .cancel: .cancel
    case .flatten: .flatten
    case .halt: .halt
    case .status, .setLimit, .confirm, .stop: nil
    }
  }

  package var takesScope: Bool {
    switch self {
    case .pause, .resume, .reduceOnly, .cancel, .flatten, .halt: true
    default: false
    }
  }

  /// Whether what it sets going takes time, and its end is told too.
  public var completesLater: Bool { self == .halt || self == .flatten }

  fileprivate var fields: Set<String> {
    var fields: Set = ["command", "reason"]
    if takesScope { fields.formUnion(["instrument", "venue", "strategy"]) }
    if self == .setLimit { fields.formUnion(["limit", "value", "instrument"]) }
    if self == .confirm { fields.insert("number") }
    return fields
  }
}

/// Why a request is not carried out, in words for the one who sent it.
public struct ControlRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// One request of one user: a line of JSON (docs/control.md).
public struct ControlRequest: Equatable, Sendable {
  public var verb: ControlVerb
  /// The instrument's symbol, the venue's name or the strategy's number; at most one of them.
  public var instrument: String?
  public var venue: String?
  public var strategy: String?
  /// Of `setLimit`: name and decimal value.
  public var limit: String?
  public var value: String?
  /// Of `confirm`: the number of the pending change.
  public var number: UInt64?
  /// Required of all but `status`.
  public var reason: String?

  public static var reasonLimit: Int { 500 }

  public init(_ verb: ControlVerb, reason: String? = nil) {
    self.verb = verb
    self.reason = reason
  }

  /// - Throws: `ControlRefusal` for what is no request, names something unknown or lacks what the verb needs. A name
  ///   that the verb has no use for is refused too: a misspelt scope must not become a wider one.
  package init(_ line: [UInt8]) throws(ControlRefusal) {
    let fields: RequestFields
    do throws(RequestProblem) { fields = try RequestFields(line) } catch { throw ControlRefusal(error.text) }
    guard let word = fields["command"] else { throw ControlRefusal("\"command\" is missing") }
    guard let verb = ControlVerb(rawValue: word) else { throw ControlRefusal("there is no command \"\(word)\"") }
    self.verb = verb
    if let name = fields.names.first(where: { !verb.fields.contains($0) }) {
      throw ControlRefusal("\(word) takes no \"\(name)\"")
    }
    instrument = fields["instrument"]
    venue = fields["venue"]
    strategy = fields["strategy"]
    limit = fields["limit"]
    value = fields["value"]
    reason = fields["reason"]
    if verb == .confirm {
      number = fields["number"].flatMap { UInt64($0) }
      guard number != nil else { throw ControlRefusal("confirm needs the number of a pending change") }
    }
    if verb != .status { try checkReason() }
    guard [instrument, venue, strategy].count(where: { $0 != nil }) <= 1 else {
      throw ControlRefusal("one of instrument, venue and strategy at most")
    }
  }

  private func checkReason() throws(ControlRefusal) {
    guard let reason, reason.contains(where: { !$0.isWhitespace }) else {
      throw ControlRefusal("a reason is missing: it stands in the journal")
    }
    guard reason.utf8.count <= Self.reasonLimit else {
      throw ControlRefusal("a reason has at most \(Self.reasonLimit) bytes")
    }
  }

  /// The line that a client sends, without its end.
  public var text: String {
    var line = JSONLine()
    line.add("command", verb.rawValue)
    for (name, value) in [
      ("instrument", instrument), ("venue", venue), ("strategy", strategy), ("limit", limit), ("value", value),
      ("number", number.map { String($0) }), ("reason", reason),
    ] {
      if let value { line.add(name, value) }
    }
    return line.text
  }
}
