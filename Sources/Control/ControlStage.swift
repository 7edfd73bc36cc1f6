// The control stage: requests of people become commands for execution, its answers become replies. One cold thread.

public import Market
public import Pipeline
public import Risk

/// Joins a control socket (or its replay) to execution's command rings.
///
/// A step follows from its input, the outcomes in the ring and the channel's next message alone. A permitted status
/// request is answered beside all that: what it shows comes from outside (`status`), so neither the request nor the
/// reply is recorded, and it changes nothing.
public struct ControlStage<Channel: MessageChannel & ~Copyable>: ~Copyable {
  var desk: ControlDesk
  public var channel: Channel
  var commands: RingProducer<Command>
  var outcomes: RingConsumer<CommandOutcome>
  public var records: RecordProducer
  let hand: ControlSwitch
  let counters: ControlCounters
  let status: () -> BotStatus
  /// The halt word as far as execution was told, at the start or by a command.
  var haltEpoch: UInt32
  /// Recorded sends on the channel so far.
  var sends: UInt32 = 0

  /// - Parameters:
  ///   - limits: in force at the start.
  ///   - haltEpoch: the word at the start.
  ///   - status: what the bot is doing, read from outside; never called in a replay.
  public init(
    names: SessionNames, limits: ControlLimits, channel: consuming Channel, commands: consuming RingProducer<Command>,
    outcomes: consuming RingConsumer<CommandOutcome>, records: consuming RecordProducer, hand: ControlSwitch,
    counters: ControlCounters, haltEpoch: UInt32 = 0, status: @escaping () -> BotStatus
  ) {
    desk = ControlDesk(names: names, limits: limits)
    self.channel = channel
    self.commands = commands
    self.outcomes = outcomes
    self.records = records
    self.hand = hand
    self.counters = counters
    self.haltEpoch = haltEpoch
    self.status = status
  }

  /// Does a bounded amount of work: what was raised, outcomes, then one request.
  ///
  /// - Returns: how many inputs were handled.
  public mutating func step(_ input: StepInput) -> Int {
    guard commands.hasRoom(ControlBatch.commands), records.hasRoom(payloadBytes: ControlBatch.recordBytes) else {
      counters.stalls.add()
      return 0
    }
    var work = observe(input)
    work += takeOutcomes(input)
    work += pollChannel(input)
    if work > 0 { records.publish() }
    return work
  }

  /// Notes a halt word that others raised: a halt of everything. It becomes a command too, so that the journal has it and
  /// no later, smaller halt can hide it. The word only grows, so a smaller one is merely old.
  private mutating func observe(_ input: StepInput) -> Int {
    guard Int32(bitPattern: input.haltEpoch &- haltEpoch) > 0 else { return 0 }
    let cause = recordStep(input, outcomes: 0)
    haltEpoch = input.haltEpoch
    send(
      Command(
        .halt, origin: input.flags.contains(.haltSignal) ? .signal : .guardProcess, haltEpoch: haltEpoch,
        number: desk.takeNumber(), timeNs: input.nowNs, cause: cause))
    return 1
  }

  private mutating func takeOutcomes(_ input: StepInput) -> Int {
    let waiting = min(outcomes.available(), ControlBatch.outcomes)
    guard waiting > 0 else { return 0 }
    let cause = recordStep(input, outcomes: waiting)
    for i in 0..<waiting {
      guard let (peer, reply) = desk.settle(outcomes.peek(i).pointee) else { continue }
      send(reply, to: peer, cause: cause, nowNs: input.nowNs)
    }
    outcomes.release(waiting)
    return waiting
  }

  private mutating func pollChannel(_ input: StepInput) -> Int {
    guard channel.poll(nowNs: input.nowNs) == .message, let (peer, text) = ControlPeer.split(channel.message) else {
      return 0
    }
    if peer.client == ControlPeer.session.client {
      _ = recordFrame(input.nowNs)
      desk.roles = ControlRoles(text: text) ?? ControlRoles()
      return 1
    }
    do throws(ControlRefusal) {
      let (request, action) = try desk.check(text, peer)
      if action == .status {
        answerStatus(peer, nowNs: input.nowNs)
        return 1
      }
      carryOut(request, action, context(peer, input.nowNs))
    } catch {
      refuse(error, context(peer, input.nowNs))
    }
    return 1
  }

  /// Makes everything approved and not yet sent void. The command that names the new word is in its ring before: who
  /// sees the word finds the command. When others raised it meanwhile, it now stands one higher than the command says,
  /// which is a halt of everything, and the next step notes it.
  private mutating func raise() {
    hand.raise()
    haltEpoch &+= 1
  }

  /// Records the request.
  private mutating func context(_ peer: ControlPeer, _ nowNs: Int64) -> RequestContext {
    counters.requests.add()
    return RequestContext(peer: peer, nowNs: nowNs, haltEpoch: haltEpoch, cause: recordFrame(nowNs))
  }

  private mutating func carryOut(_ request: ControlRequest, _ action: ControlAction, _ context: RequestContext) {
    do throws(ControlRefusal) {
      let reply: ControlReply
      switch try desk.decide(request, action, context) {
      case .send(let command):
        send(command)
        if command.kind == .halt { raise() }
        reply = .sent(command, verb: request.verb)
      case .hold(let change): reply = .pending(change)
      case .stop:
        hand.stop()
        reply = ControlReply(.stopping)
      }
      send(reply, to: context.peer, cause: context.cause, nowNs: context.nowNs)
    } catch {
      refuse(error, context)
    }
  }

  private mutating func refuse(_ refusal: ControlRefusal, _ context: RequestContext) {
    counters.refused.add()
    send(.refused(refusal), to: context.peer, cause: context.cause, nowNs: context.nowNs)
  }

  private mutating func answerStatus(_ peer: ControlPeer, nowNs: Int64) {
    counters.statuses.add()
    let report = StatusReport(
      bot: status(), limits: desk.limits, names: desk.names, haltEpoch: haltEpoch, nowNs: nowNs)
    let isSent = peer.message(report.line).withUnsafeBytes { channel.send($0) }
    if !isSent { counters.repliesLost.add() }
  }
}

/// Bounds of one step. Apart from the stage, because a generic type has no stored constants.
enum ControlBatch {
  /// A halt that others raised, and a request's own command.
  static var commands: Int { 2 }
  static var outcomes: Int { 16 }
  /// A request of the longest line, a reply to it and to each outcome: a reply is below 1 KiB (a refusal names the
  /// instruments at most).
  static var recordBytes: Int { 64 * 1024 }
}
