// The control stage: requests of people become commands for execution, its answers become replies. One cold thread.

public import Market
public import Pipeline
public import Risk

/// Joins a control socket (or its replay) to execution's command rings.
///
/// A step follows from its input, the outcomes in the ring and the channel's next message alone. A halt raises the
/// shared word before anything else; the new word is an input and is recorded before the request that raised it. A
/// permitted status request is answered beside all that: what it shows comes from outside (`status`), so neither the
/// request nor the reply is recorded, and it changes nothing.
public struct ControlStage<Channel: MessageChannel & ~Copyable>: ~Copyable {
  var desk: ControlDesk
  public var channel: Channel
  var commands: RingProducer<Command>
  var outcomes: RingConsumer<CommandOutcome>
  public var records: RecordProducer
  let hand: ControlSwitch
  let counters: ControlCounters
  let status: () -> BotStatus
  /// The halt word that execution knows of, through a command or from the start.
  var haltEpoch: UInt32
  /// Recorded sends on the channel so far.
  var sends: UInt32 = 0
  /// Signals to halt that became commands. As long as it differs from the number that the process received, whoever
  /// makes the step's input sets `StepFlags.haltSignal`.
  public private(set) var haltSignalsTaken: UInt64 = 0

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
    var work = observe(input.flags.contains(.haltSignal) ? raised(input, .haltSignal) : input)
    work += takeOutcomes(input)
    work += pollChannel(input)
    if work > 0 { records.publish() }
    return work
  }

  /// The input with the halt word raised, and why.
  private func raised(_ input: StepInput, _ why: StepFlags) -> StepInput {
    StepInput(nowNs: input.nowNs, haltEpoch: hand.raise(input), flags: input.flags.union(why))
  }

  /// Notes a new halt word. One that this stage did not raise for a request is a halt of everything: it becomes a
  /// command too, so that the journal has it and no later, smaller halt can hide it.
  private mutating func observe(_ input: StepInput) -> Int {
    guard input.haltEpoch != haltEpoch else { return 0 }
    let cause = recordStep(input, outcomes: 0)
    let isOwn = input.flags.contains(.haltRequest)
    let foreign = isOwn ? input.haltEpoch &- 1 : input.haltEpoch
    if foreign != haltEpoch {
      let isSignal = input.flags.contains(.haltSignal)
      if isSignal { haltSignalsTaken += 1 }
      send(
        Command(
          .halt, origin: isSignal ? .signal : .guardProcess, haltEpoch: foreign, number: desk.takeNumber(),
          timeNs: input.nowNs, cause: cause))
    }
    haltEpoch = input.haltEpoch
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
      if case .command(.halt, _) = action { _ = observe(raised(input, .haltRequest)) }
      carryOut(request, action, context(peer, input.nowNs))
    } catch {
      refuse(error, context(peer, input.nowNs))
    }
    return 1
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
  /// A foreign halt before a request's own command, and once more for the word raised between both.
  static var commands: Int { 3 }
  static var outcomes: Int { 16 }
  /// A request of the longest line, a reply to it and to each outcome: a reply is below 1 KiB (a refusal names the
  /// instruments at most).
  static var recordBytes: Int { 64 * 1024 }
}
