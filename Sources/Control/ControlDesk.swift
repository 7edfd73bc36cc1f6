// Decides requests: who may, whether it makes sense, and which command follows. A value; no input or output of its own.

import Market
import Risk

/// What a permitted request asks for, in the session's own terms.
package enum ControlAction: Equatable {
  case status
  case stop
  case command(CommandKind, CommandTarget)
  /// The limit's place in the table, and the value in its steps.
  case setLimit(Int, value: Int64)
  case confirm(UInt64)
}

/// How far a command reaches.
package struct CommandTarget: Equatable {
  var scope = CommandScope.all
  var instrument = InstrumentIndex(0)
  var venue = VenueIndex(0)
  var strategy: UInt8 = 0
}

/// Who asks, and when and under which halt word.
package struct RequestContext {
  var peer: ControlPeer
  var nowNs: Int64
  var haltEpoch: UInt32
  /// The request's record.
  var cause: UInt64

  package init(peer: ControlPeer, nowNs: Int64, haltEpoch: UInt32, cause: UInt64) {
    self.peer = peer
    self.nowNs = nowNs
    self.haltEpoch = haltEpoch
    self.cause = cause
  }
}

/// What follows from a permitted request.
package enum ControlDecision {
  case send(Command)
  case hold(PendingChange)
  case stop
}

/// The state of the control plane: roles, limits, and the commands that somebody waits for.
package struct ControlDesk {
  let names: SessionNames
  package var roles = ControlRoles()
  package private(set) var limits: LimitTable
  private var lastNumber: UInt64 = 0
  private var waiting: [UInt64: Waiting] = [:]

  private struct Waiting {
    var peer: ControlPeer
    var verb: ControlVerb
  }

  /// Commands whose end somebody may still be told; beyond it the oldest is forgotten.
  package static var waitingLimit: Int { 64 }

  package init(names: SessionNames, limits: ControlLimits) {
    self.names = names
    self.limits = LimitTable(limits, instruments: names.instruments)
  }

  /// Reads a request and holds it against the user's roles and the session's names. Changes nothing.
  package func check(_ line: [UInt8], _ peer: ControlPeer) throws(ControlRefusal) -> (ControlRequest, ControlAction) {
    let request = try ControlRequest(line)
    guard !roles.roles(of: peer.user).isDisjoint(with: request.verb.roles) else {
      let needed = request.verb.roles.names.joined(separator: " or ")
      throw ControlRefusal("\(request.verb.rawValue) takes the role \(needed), which user \(peer.user) does not have")
    }
    return (request, try action(request))
  }

  private func action(_ request: ControlRequest) throws(ControlRefusal) -> ControlAction {
    if let kind = request.verb.command { return .command(kind, try names.target(request)) }
    switch request.verb {
    case .setLimit:
      let place = try limitPlace(request)
      return .setLimit(place, value: try limits.entries[place].value(request.value))
    case .confirm: return .confirm(request.number ?? 0)
    case .stop: return .stop
    default: return .status
    }
  }

  private func limitPlace(_ request: ControlRequest) throws(ControlRefusal) -> Int {
    let known = limits.entries.map(\.limit)
    guard let limit = known.first(where: { "\($0)" == request.limit }) else {
      let names = CommandLimit.allCases.filter { $0 != .none }.map { "\($0)" }.joined(separator: ", ")
      throw ControlRefusal("the limits are \(names)")
    }
    let instrument = try names.target(request)
    if let place = limits.place(of: limit, instrument: nil) {
      guard instrument.scope == .all else { throw ControlRefusal("\(limit) is of all instruments together") }
      return place
    }
    guard instrument.scope == .instrument else { throw ControlRefusal("\(limit) is of one instrument: name it") }
    return limits.place(of: limit, instrument: Int(instrument.instrument.rawValue)) ?? 0
  }

  /// Decides a request that `check` let through.
  package mutating func decide(
    _ request: ControlRequest, _ action: ControlAction, _ context: RequestContext
  ) throws(ControlRefusal) -> ControlDecision {
    limits.expire(nowNs: context.nowNs)
    switch action {
    case .status, .stop: return .stop
    case .command(let kind, let target):
      // A halt names the word that it is going to raise; every other command the one that it was given under.
      let haltEpoch = kind == .halt ? context.haltEpoch &+ 1 : context.haltEpoch
      return .send(
        expect(
          Command(
            kind, scope: target.scope, origin: .user, instrument: target.instrument, venue: target.venue,
            strategy: target.strategy, haltEpoch: haltEpoch, user: context.peer.user, number: takeNumber(),
            timeNs: context.nowNs, cause: context.cause), request.verb, context))
    case .setLimit(let place, let value):
      guard limits.entries[place].isLoosened(by: value) else { return .send(change(place, value, request, context)) }
      return .hold(try loosen(place, value, request, context))
    case .confirm(let number): return .send(try confirm(number, request, context))
    }
  }

  private mutating func loosen(
    _ place: Int, _ value: Int64, _ request: ControlRequest, _ context: RequestContext
  ) throws(ControlRefusal) -> PendingChange {
    guard roles.roles(of: context.peer.user).contains(.risk) else {
      throw ControlRefusal("this loosens the limit, which takes the role risk")
    }
    let change = PendingChange(
      number: takeNumber(), value: value, user: context.peer.user, reason: request.reason ?? "",
      expiresNs: context.nowNs + LimitTable.confirmationNs)
    limits.hold(change, at: place)
    return change
  }

  private mutating func confirm(
    _ number: UInt64, _ request: ControlRequest, _ context: RequestContext
  ) throws(ControlRefusal) -> Command {
    guard let place = limits.pendingPlace(of: number), let pending = limits.entries[place].pending else {
      throw ControlRefusal("no change \(number) is pending: a change ends after 10 minutes, or with a later one")
    }
    guard pending.user != context.peer.user else {
      throw ControlRefusal("another user than the one who asked must confirm")
    }
    return change(place, pending.value, request, context)
  }

  private mutating func change(
    _ place: Int, _ value: Int64, _ request: ControlRequest, _ context: RequestContext
  ) -> Command {
    let entry = limits.entries[place]
    let number = takeNumber()
    limits.sent(number, value, at: place)
    return expect(
      Command(
        .setLimit, scope: entry.instrument == nil ? .all : .instrument, origin: .user, limit: entry.limit,
        instrument: InstrumentIndex(UInt16(entry.instrument ?? 0)), haltEpoch: context.haltEpoch,
        user: context.peer.user, number: number, value: value, timeNs: context.nowNs, cause: context.cause),
      request.verb, context)
  }

  /// The next command's number.
  mutating func takeNumber() -> UInt64 {
    lastNumber += 1
    return lastNumber
  }

  /// Remembers who is to be told what becomes of the command.
  private mutating func expect(_ command: Command, _ verb: ControlVerb, _ context: RequestContext) -> Command {
    waiting[command.number] = Waiting(peer: context.peer, verb: verb)
    if waiting.count > Self.waitingLimit, let oldest = waiting.keys.min() { waiting[oldest] = nil }
    return command
  }

  /// Takes execution's answer; what to tell whom, if somebody waits for it.
  package mutating func settle(_ outcome: CommandOutcome) -> (ControlPeer, ControlReply)? {
    if outcome.kind == .setLimit { limits.settle(outcome.number, isAccepted: outcome.result == .accepted) }
    guard let entry = waiting[outcome.number] else { return nil }
    if outcome.result != .accepted || !entry.verb.completesLater { waiting[outcome.number] = nil }
    return (entry.peer, .outcome(outcome, verb: entry.verb))
  }
}

extension LimitEntry {
  /// Decimal text as a whole number of steps.
  fileprivate func value(_ text: String?) throws(ControlRefusal) -> Int64 {
    guard let text, let value = DecimalText.parse(text, step: step) else {
      throw ControlRefusal(
        "the value of \(limit) is a decimal, a multiple of \(DecimalText.string(1, step: step) ?? "1")")
    }
    guard value > 0 else { throw ControlRefusal("a limit is positive: to stop there are pause and halt") }
    return value
  }
}
