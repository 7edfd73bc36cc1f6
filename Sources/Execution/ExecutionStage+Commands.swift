// Execution: what operators, signals and the session itself ask of it, and what it answers.

import Market
import Pipeline
import Risk

extension ExecutionStage {
  /// Takes the commands of this step, before anything else.
  mutating func handleCommands(_ consumed: SIMD4<UInt32>) {
    guard ports.hasControl else { return }
    let count = Int(consumed[ports.gatewayCount &+ ports.shardCount])
    for i in 0..<count { handle(ports.commands[0].peek(i).pointee) }
    ports.commands[0].release(count)
  }

  @_noLocks
  mutating func handle(_ command: Command) {
    let refusal = act(on: command)
    if refusal == .none { counters.trading.accepted.add() } else { counters.trading.refused.add() }
    answer(command, refusal == .none ? .accepted : .refused, refusal)
  }

  private mutating func act(on command: Command) -> CommandRefusal {
    if command.kind == .setLimit { return setLimit(command) }
    guard isKnown(command) else { return .unknownScope }
    switch command.kind {
    case .halt: halt(command)
    case .pause: pause(command)
    case .resume: return resume(command)
    case .arm: return arm(command)
    case .disarm: return disarm(command)
    case .reduceOnly: reduceOnly(command)
    case .cancel: cancel(command, isEmergency: false)
    case .flatten: return flatten(command)
    case .setLimit: break  // handled above: its instrument is the limit's
    }
    return .none
  }

  /// Whether the scope names something that is there. Arming is the whole session's.
  private func isKnown(_ command: Command) -> Bool {
    if command.kind == .arm || command.kind == .disarm { return command.scope == .all }
    switch command.scope {
    case .all: return true
    case .venue: return Int(command.venue.rawValue) < ports.gatewayCount
    case .instrument: return Int(command.instrument.rawValue) < instrumentCount
    case .strategy: return Int(command.strategy) < ScopeSet.strategyLimit
    }
  }

  mutating func pause(_ command: Command) {
    gate.trading.paused.set(command, true)
    tradingChanged(by: command)
    cancel(command, isEmergency: false)
  }

  /// Only reducing orders from now on; what is open may do more than reduce, so it is cancelled.
  mutating func reduceOnly(_ command: Command) {
    gate.trading.reducing.set(command, true)
    tradingChanged(by: command)
    cancel(command, isEmergency: false)
  }

  /// Ends what was begun for exactly this scope. A halt of everything is ended by `arm` only.
  private mutating func resume(_ command: Command) -> CommandRefusal {
    let isHalted = command.scope != .all && gate.trading.halted.contains(command)
    let isPaused = gate.trading.paused.contains(command)
    guard isHalted || isPaused || gate.trading.reducing.contains(command) else { return .nothingToEnd }
    if isHalted { gate.trading.halted.set(command, false) }
    gate.trading.paused.set(command, false)
    gate.trading.reducing.set(command, false)
    tradingChanged(by: command)
    if isPaused { endFlattening(in: command) }
    return .none
  }

  /// Allows trading: the one command that asks whether everything is as it should be.
  private mutating func arm(_ command: Command) -> CommandRefusal {
    let isForeign = input.haltEpoch != gate.trading.armedEpoch
    let isHeld = gate.trading.halted.isEverything || gate.trading.reducing.isEverything
    if gate.trading.isArmed && !isForeign && !isHeld { return .nothingToEnd }
    if input.flags.contains(.stopping) { return .stopping }
    if command.haltEpoch != input.haltEpoch { return .newerHalt }
    if !isReconciled { return .notReconciled }
    if gate.trading.isLossUsedUp { return .dailyLoss }
    gate.trading.isArmed = true
    gate.trading.armedEpoch = command.haltEpoch
    gate.trading.armedTimeNs = input.nowNs
    gate.trading.halted.isEverything = false
    gate.trading.reducing.isEverything = false
    tradingChanged(by: command)
    return .none
  }

  private mutating func disarm(_ command: Command) -> CommandRefusal {
    guard gate.trading.isArmed else { return .nothingToEnd }
    gate.trading.isArmed = false
    tradingChanged(by: command)
    cancel(command, isEmergency: false)
    return .none
  }

  /// Records what may be traded from now on.
  mutating func tradingChanged(by command: Command) {
    gate.trading.origin = command.origin
    _ = write(.tradingState, cause: command.cause, gate.trading)
  }

  /// Writes an outcome and tells it to whoever gives commands.
  mutating func answer(
    _ command: Command, _ result: CommandResult, _ refusal: CommandRefusal = .none, openOrders: UInt32 = 0,
    durationNs: Int64 = 0
  ) {
    let outcome = CommandOutcome(
      result, of: command, refusal: refusal, openOrders: openOrders, durationNs: durationNs, timeNs: input.nowNs)
    _ = write(.commandOutcome, cause: command.cause, outcome)
    ports.send(outcome)
  }

  /// A command that the session gives itself. It has no number, and nobody waits for its acceptance.
  func ownCommand(
    _ kind: CommandKind, scope: CommandScope = .all, instrument: Int = 0, origin: CommandOrigin = .session,
    value: Int64 = 0, cause: UInt64
  ) -> Command {
    Command(
      kind, scope: scope, origin: origin, instrument: InstrumentIndex(UInt16(truncatingIfNeeded: instrument)),
      haltEpoch: gate.trading.armedEpoch, number: 0, value: value, timeNs: input.nowNs, cause: cause)
  }
}
