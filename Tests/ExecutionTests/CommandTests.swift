// Every command in every state: what is answered, what may be traded after it, and what it does to open orders.

import Execution
import Market
import Pipeline
import Risk
import Testing

/// The states that commands meet, each reached by commands.
enum DeskState: CaseIterable {
  case trading, unarmed, halted, instrumentHalted, paused, reducing, stopping

  func desk() throws -> Desk {
    let desk = try Desk(instruments: [Desk.instrument, Desk.second]) { $0.startsArmed = self != .unarmed }
    desk.open()
    switch self {
    case .trading, .unarmed: break
    case .halted: desk.command(.halt)
    case .instrumentHalted: desk.command(.halt, scope: .instrument)
    case .paused: desk.command(.pause)
    case .reducing: desk.command(.reduceOnly)
    case .stopping: desk.flags = .stopping
    }
    desk.step()
    return desk
  }

  /// Why an order of instrument 0 is refused in it.
  var refusal: RefusalReason? {
    switch self {
    case .trading: nil
    case .unarmed: .notArmed
    case .halted, .instrumentHalted: .halted
    case .paused: .paused
    case .reducing: .notReducing
    case .stopping: .stopping
    }
  }
}

@Suite struct CommandTests {
  @Test(arguments: DeskState.allCases)
  func eachStateRefusesForItsOwnReason(_ state: DeskState) throws {
    let desk = try state.desk()
    #expect(desk.refusal() == state.refusal)
  }

  /// The table: the answer to each command of the whole session, in each state.
  @Test(arguments: DeskState.allCases)
  func theAnswerToEachCommand(_ state: DeskState) throws {
    func answer(_ kind: CommandKind) throws -> CommandRefusal? { try state.desk().refusal(of: kind) }
    for kind in [CommandKind.halt, .pause, .reduceOnly, .cancel] { #expect(try answer(kind) == CommandRefusal.none) }
    let isResumable = state == .paused || state == .reducing
    #expect(try answer(.resume) == (isResumable ? CommandRefusal.none : .nothingToEnd))
    let isArmable = state == .unarmed || state == .halted || state == .reducing
    #expect(try answer(.arm) == (isArmable ? CommandRefusal.none : .nothingToEnd))
    #expect(try answer(.disarm) == (state == .unarmed ? .nothingToEnd : CommandRefusal.none))
    switch state {
    case .unarmed, .halted, .instrumentHalted: #expect(try answer(.flatten) == .notTrading)
    case .stopping: #expect(try answer(.flatten) == .stopping)
    case .trading, .paused, .reducing: #expect(try answer(.flatten) == CommandRefusal.none)
    }
    let desk = try state.desk()
    #expect(desk.refusal(of: .setLimit, limit: .maximumPosition, value: 5) == CommandRefusal.none)
  }

  /// What an order is refused for after each command in each state; nil when it is sent.
  @Test(arguments: DeskState.allCases)
  func whatMayBeTradedAfterEachCommand(_ state: DeskState) throws {
    func after(_ kind: CommandKind) throws -> RefusalReason? {
      let desk = try state.desk()
      desk.command(kind)
      desk.step()
      return desk.refusal()
    }
    #expect(try after(.halt) == .halted)
    #expect(try after(.cancel) == state.refusal)
    #expect(try after(.disarm) == (state == .halted || state == .instrumentHalted ? .halted : .notArmed))
    switch state {
    case .halted, .instrumentHalted: #expect(try after(.pause) == .halted)
    case .unarmed: #expect(try after(.pause) == .notArmed)
    case .trading, .paused, .reducing, .stopping: #expect(try after(.pause) == .paused)
    }
    #expect(try after(.reduceOnly) == (state == .trading ? .notReducing : state.refusal))
    #expect(try after(.resume) == (state == .paused || state == .reducing ? nil : state.refusal))
    let isEndedByArm = state == .unarmed || state == .halted || state == .reducing
    #expect(try after(.arm) == (isEndedByArm ? nil : state.refusal))
  }

  @Test func commandsAreTakenBeforeAnythingElseAndCounted() throws {
    let desk = try Desk()
    desk.open()
    desk.journal = []
    desk.place(.buy, 5_999_000, 10)
    desk.command(.pause)
    desk.step()
    #expect(desk.sent.isEmpty && desk.news.last?.reasonCode == RefusalReason.paused.rawValue)
    #expect(desk.records(.step, StepRecord.self).last?.consumed == SIMD4(0, 1, 1, 0))
    let outcome = try #require(desk.records(.commandOutcome, CommandOutcome.self).last)
    #expect(outcome.result == .accepted && outcome.number == 1 && outcome.kind == .pause)
    #expect(desk.records(.tradingState, TradingState.self).last?.paused.isEverything == true)
    #expect(desk.count("commands.accepted") == 1 && desk.count("trading.paused") == 1)
    for _ in 0..<9 { desk.command(.cancel) }
    desk.step()
    #expect(desk.told.count == 9)  // the batch limit
    desk.step()
    #expect(desk.told.count == 10)
  }

  /// Each scope in the gauge of its kind and of its state, beside the other's, and gone when it is resumed.
  @Test(
    arguments: [
      (CommandKind.halt, "halted"), (.pause, "paused"), (.reduceOnly, "reduce_only"),
    ], CommandScope.allCases.filter { $0 != .all })
  func gaugesTellEachScopeByNumber(_ state: (kind: CommandKind, gauge: String), _ scope: CommandScope) throws {
    let desk = try Desk(instruments: [Desk.instrument, Desk.second])
    desk.open()
    func give(_ kind: CommandKind, _ scope: CommandScope) {
      if kind == .halt { desk.haltEpoch += 1 }
      desk.command(kind, scope: scope, instrument: 1, strategy: 63, epoch: desk.haltEpoch)
      desk.step()
    }
    func expected(_ isAll: Bool, _ isScoped: Bool) -> ScopeSet {
      let bit: UInt64 = isScoped ? 1 : 0
      return ScopeSet(
        isEverything: isAll, venues: scope == .venue ? UInt32(bit) : 0,
        instruments: scope == .instrument ? bit << 1 : 0,
        strategies: scope == .strategy ? bit << 63 : 0)
    }
    give(state.kind, scope)
    #expect(desk.scopes(state.gauge) == expected(false, true))
    give(state.kind, .all)
    #expect(desk.scopes(state.gauge) == expected(true, true))
    give(.resume, scope)
    #expect(desk.scopes(state.gauge) == expected(true, false))
    for other in ["halted", "paused", "reduce_only"] where other != state.gauge {
      #expect(desk.scopes(other).isEmpty)
    }
  }

  @Test func whatIsNotThereIsUnknown() throws {
    let desk = try Desk()
    desk.open()
    for kind in [CommandKind.halt, .pause, .resume, .reduceOnly, .cancel, .flatten] {
      #expect(desk.refusal(of: kind, scope: .instrument, instrument: 1) == .unknownScope)
      #expect(desk.refusal(of: kind, scope: .strategy, strategy: 64) == .unknownScope)
      desk.command(kind, scope: .venue, venue: 1)
      desk.step()
      #expect(desk.told.last?.refusal == .unknownScope)
    }
    for kind in [CommandKind.arm, .disarm] { #expect(desk.refusal(of: kind, scope: .instrument) == .unknownScope) }
    #expect(desk.refusal(of: .flatten, scope: .strategy, strategy: 1) == .unknownScope)
    #expect(desk.refusal() == nil)
    #expect(desk.count("commands.refused") == 21)
  }

  /// Scoped commands reach what they name and nothing beside it.
  @Test(arguments: [CommandKind.halt, .pause, .reduceOnly])
  func aScopeIsNoWiderThanItSays(_ kind: CommandKind) throws {
    for scope in [CommandScope.instrument, .strategy] {
      let desk = try Desk(instruments: [Desk.instrument, Desk.second])
      desk.open()
      desk.touch(of: 1)
      let inside = try desk.placed(.buy, 5_999_000, 10, strategy: 1)
      let otherInstrument = try desk.placed(.buy, 5_999_000, 10, strategy: 2, of: 1)
      let otherStrategy = try desk.placed(.buy, 5_998_000, 10, strategy: 3)
      desk.asked = []
      desk.command(kind, scope: scope, instrument: 0, strategy: 1)
      desk.step()
      if scope == .instrument {
        #expect(desk.asked.map(\.kind) == [.cancelAll] && desk.asked.map(\.instrument) == [inside.instrument])
      } else {
        #expect(desk.asked.map(\.clientOrder) == [inside.clientOrder])
      }
      #expect(desk.urgent.count == (kind == .halt ? 1 : 0))
      #expect(desk.refusal(strategy: 1) != nil)
      #expect((desk.refusal(strategy: 3) == nil) == (scope == .strategy))
      #expect(try desk.placed(.buy, 5_999_000, 10, strategy: 2, of: 1).instrument == otherInstrument.instrument)
      #expect(
        desk.refusal(of: .resume, scope: scope, instrument: 0, strategy: 2)
          == (scope == .strategy ? .nothingToEnd : CommandRefusal.none))
      #expect(
        desk.refusal(of: .resume, scope: scope, instrument: 0, strategy: 1)
          == (scope == .strategy ? CommandRefusal.none : .nothingToEnd))
      #expect(desk.refusal(strategy: 1) == nil)
      _ = otherStrategy
    }
  }

  @Test func cancelIsOnceAndByTheUsualLane() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 10)
    desk.asked = []
    #expect(desk.refusal(of: .cancel) == CommandRefusal.none)
    #expect(desk.asked.map(\.kind) == [.cancelAll] && desk.urgent.isEmpty)
    desk.report(.canceled, order.clientOrder)
    desk.step()
    #expect(desk.refusal() == nil)
  }

  @Test func withoutRoomForOutcomesAStepWaits() throws {
    let desk = try Desk()
    desk.open()
    var steps = 0
    while steps < 1000 {
      desk.command(.cancel)
      guard desk.stage.step(StepInput(nowNs: desk.nowNs)) > 0 else { break }
      steps += 1
    }
    #expect(steps == 128 - ExecutionPorts.outcomesPerStep + 1)
    desk.drain()
    desk.step()
    #expect(desk.told.count == steps + 1)
  }

  @Test func aStageWithoutControlTrades() throws {
    let intents = Ring<OrderIntent>(capacity: 64)
    let updates = Ring<OrderUpdate>(capacity: 512)
    let reports = Ring<ExecutionReport>(capacity: 64)
    let orders = ApprovedOrderRing(capacity: 64)
    let amends = ApprovedOrderRing(capacity: 64)
    let requests = Ring<GatewayRequest>(capacity: 64)
    let emergency = Ring<GatewayRequest>(capacity: 64)
    let records = RecordRing(stage: 4, capacityBytes: ExecutionStage.minimumRecordBytes)
    let file = try CounterFile()
    var ports = ExecutionPorts()
    ports.attachGateway(
      reports: reports.consumer, orders: orders.sender, requests: requests.producer, emergency: emergency.producer,
      amends: amends.sender)
    ports.attachShard(intents: intents.consumer, updates: updates.producer)
    var stage = ExecutionStage(
      ExecutionConfiguration(
        instruments: [Desk.instrument], limits: [Desk.limits],
        rate: OrderRateLimits(perSecond: 1, perTenSeconds: 1), shards: [0], bootEpoch: 5),
      ports: ports, records: records.producer,
      counters: ExecutionCounters(instruments: [Desk.instrument], file.counter, histogram: file.histogram))
    let work = stage.step(StepInput(nowNs: Desk.startNs))
    #expect(work == 1 && file.counter("execution.trading.armed").value == 1)
    let halted = stage.step(StepInput(nowNs: Desk.startNs, haltEpoch: 1))
    #expect(halted == 1 && file.counter("execution.trading.halted").value == 1)
  }
}
