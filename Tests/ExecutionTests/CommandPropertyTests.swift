// Random commands over random trading: what is halted sends nothing, every halt ends, no limit is passed.

import Execution
import Market
import Pipeline
import Risk
import Support
import Testing

@Suite struct CommandPropertyTests {
  #if DEBUG
    static let turns = 2_000
  #else
    static let turns = 30_000
  #endif

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func commandsHoldWhateverHappens(_ seed: UInt64) throws {
    let session = try CommandedSession(seed: seed)
    session.run(turns: Self.turns)
    #expect(session.violations.isEmpty, "seed \(seed): \(session.violations.prefix(5))")
    // The run did what it is for.
    let desk = session.desk
    #expect(desk.sent.count > Self.turns / 20 && session.haltsEnded > 5, "seed \(seed)")
    #expect(desk.count("refused.halted") > 10 && desk.count("refused.ramp") > 0, "seed \(seed)")
    #expect(desk.stage.openOrders == 0 && session.haltsUnderWay.isEmpty, "seed \(seed)")
    #expect(desk.count("reports.contradiction") == 0, "seed \(seed)")
  }

  @Test func theSameCommandsWriteTheSameRecords() throws {
    let first = try CommandedSession(seed: 5)
    let second = try CommandedSession(seed: 5)
    for session in [first, second] { session.run(turns: 500) }
    #expect(first.desk.journal == second.desk.journal && first.desk.journal.count > 1000)
  }
}

/// Two instruments, three strategies, and an operator who commands at random. Its book of what is halted is kept by the
/// answers, in sets of texts: nothing of the bot's own representation.
final class CommandedSession {
  let desk: Desk
  private(set) var violations: [String] = []
  private(set) var haltsUnderWay: [UInt64: Command] = [:]
  private(set) var haltsEnded = 0

  private var random: SeededRandom
  private var venue = VenueModel()
  private var underWay: [ExecutionReport] = []
  private var commands: [UInt64: Command] = [:]
  private var answered = 0
  private var halted: Set<String> = []
  private var paused: Set<String> = []
  private var isArmed = true
  private var armedEpoch: UInt32 = 0
  private var armedNs = Desk.startNs
  private var largestLots: [Int64] = [1_000, 1_000]
  private var open: [ClientOrderIdentifier: OpenOrder] = [:]
  private var position: [Int64] = [0, 0]
  private var lastCommand: UInt64 = 0
  private static let ramp = LimitRamp(initialPercent: 20, durationNs: 50_000_000)
  private static let mostOrders: Int64 = 30
  private static let furthest: Int64 = 20_000

  init(seed: UInt64) throws {
    random = SeededRandom(seed)
    var limits = Desk.limits
    limits.maximumOrderQuantity.lots = 1_000
    limits.maximumPosition.lots = Self.furthest
    limits.maximumOpenOrders = Self.mostOrders
    desk = try Desk(instruments: [Desk.instrument, Desk.second]) {
      $0.limits = [limits, limits]
      $0.ramp = Self.ramp
    }
    desk.tellsBalances = true
    desk.report(.sessionUp)
    for asset in ["BTC", "ETH"] { desk.report(balanceOf: asset, free: 1_000_000 * Amount.unitsPerCoin) }
    desk.report(balanceOf: "USDT", free: 90_000_000 * Amount.unitsPerCoin)
    desk.reconcile()
  }

  func run(turns: Int) {
    for _ in 0..<turns {
      desk.nowNs += 1_000_000
      for i in 0..<2 { desk.touch(of: i) }
      for _ in 0..<Int.random(in: 0...2, using: &random) { place() }
      if Int.random(in: 0..<8, using: &random) == 0 { command() }
      deliver(.random(in: 2...8, using: &random))
      turn()
    }
    command(.halt, .all)
    repeat {
      desk.nowNs += 20_000_000
      deliver(8)
      turn()
    } while desk.stage.openOrders > 0 || !underWay.isEmpty
  }

  private func place() {
    let side: Side = Bool.random(using: &random) ? .buy : .sell
    desk.place(
      side, 6_000_000 - side.sign * .random(in: 1000...20_000, using: &random), .random(in: 1...1_200, using: &random),
      strategy: .random(in: 1...3, using: &random), of: .random(in: 0...1, using: &random))
  }

  private func command() {
    // Much is ended for each thing that is begun, so that most of the time something may be traded.
    let kinds: [CommandKind] =
      [.halt, .pause, .disarm, .cancel, .setLimit] + Array(repeating: .resume, count: 12)
      + Array(repeating: .arm, count: 5)
    command(kinds.randomElement(using: &random)!, CommandScope.allCases.randomElement(using: &random)!)
  }

  private func command(_ kind: CommandKind, _ wanted: CommandScope) {
    let scope = kind == .arm || kind == .disarm ? CommandScope.all : wanted
    let instrument = UInt16.random(in: 0...1, using: &random)
    let strategy = UInt8.random(in: 1...3, using: &random)
    let value = Int64.random(in: 100...1_000, using: &random)
    // A halt raises the word, as the control stage does; now and then somebody else does, without a word.
    if kind == .halt { desk.haltEpoch &+= 1 }
    lastCommand = desk.command(
      kind, scope: scope, instrument: instrument, strategy: strategy,
      limit: kind == .setLimit ? .maximumOrderQuantity : .none, value: value)
    commands[lastCommand] = Command(
      kind, scope: scope, origin: .user, instrument: InstrumentIndex(instrument), strategy: strategy,
      haltEpoch: desk.haltEpoch, number: lastCommand, value: value, timeNs: desk.nowNs, cause: 0)
    if kind == .cancel && Int.random(in: 0..<4, using: &random) == 0 { desk.haltEpoch &+= 1 }
  }

  private func deliver(_ count: Int) {
    for _ in 0..<min(count, underWay.count) {
      desk.push(underWay.remove(at: .random(in: 0..<min(underWay.count, 32), using: &random)))
    }
  }

  private func turn() {
    let (sentBefore, askedBefore, newsBefore) = (desk.sent.count, desk.asked.count, desk.news.count)
    let recordsBefore = desk.journal.count
    desk.step()
    let decisions = desk.records(.riskDecision, RiskDecisionRecord.self, since: recordsBefore)
    let answers = desk.told[answered...]
    answered = desk.told.count
    // In the order of the step: commands, then what was reported, then the ends of halts and the orders sent.
    for answer in answers where answer.result == .accepted { commands[answer.number].map { apply($0) } }
    if desk.haltEpoch > armedEpoch { halted.insert("all") }
    follow(desk.news[newsBefore...])
    for answer in answers where answer.result == .completed && answer.number > 0 { checkEnd(answer.number) }
    for order in desk.sent[sentBefore...] {
      let strategy = decisions.first { $0.clientOrder == order.clientOrder && $0.reason == 0 }?.strategy ?? 0
      check(order, strategy)
      open[order.clientOrder] = OpenOrder(
        instrument: Int(order.instrument.rawValue), strategy: strategy, side: order.side,
        lots: order.quantity.lots, lastCommand: lastCommand)
      underWay += venue.accept(order, random: &random)
      if Int.random(in: 0..<10, using: &random) == 0, venue.lives[order.clientOrder]?.ending != .notSent {
        underWay.append(Desk.message(.unknown, order.clientOrder, reason: .replyTimeout))
      }
    }
    for request in desk.asked[askedBefore...] { answer(request) }
  }

  private func answer(_ request: GatewayRequest) {
    switch request.kind {
    case .cancel: underWay.append(venue.cancel(request.clientOrder))
    case .cancelAll:
      let resting = open.keys.filter {
        open[$0]?.instrument == Int(request.instrument.rawValue) && venue.lives[$0]?.ending == .resting
      }
      for order in resting.sorted(by: { $0.rawValue < $1.rawValue }) { underWay.append(venue.cancel(order)) }
    case .queryStatus: underWay.append(venue.status(request.clientOrder))
    case .queryBalances, .queryOpenOrders, .queryTrades: break
    }
  }

  private func key(_ command: Command) -> String {
    switch command.scope {
    case .all: "all"
    case .venue: "venue 0"
    case .instrument: "instrument \(command.instrument.rawValue)"
    case .strategy: "strategy \(command.strategy)"
    }
  }

  private func keys(_ instrument: Int, _ strategy: UInt8) -> Set<String> {
    ["all", "venue 0", "instrument \(instrument)", "strategy \(strategy)"]
  }

  private func apply(_ command: Command) {
    switch command.kind {
    case .halt:
      halted.insert(key(command))
      haltsUnderWay[command.number] = command
      if command.scope != .all && command.haltEpoch == armedEpoch + 1 { armedEpoch += 1 }
    case .pause: paused.insert(key(command))
    case .resume:
      paused.remove(key(command))
      if command.scope != .all { halted.remove(key(command)) }
    case .arm:
      (isArmed, armedEpoch, armedNs) = (true, command.haltEpoch, desk.nowNs)
      halted.remove("all")
    case .disarm: isArmed = false
    case .setLimit: largestLots[Int(command.instrument.rawValue)] = command.value
    case .reduceOnly, .cancel, .flatten: break
    }
  }

  private func follow(_ news: ArraySlice<OrderUpdate>) {
    for update in news {
      position[Int(update.instrument.rawValue)] = update.positionLots
      switch update.kind {
      case .filled, .canceled, .rejected: open[update.clientOrder] = nil
      case .working, .partiallyFilled, .unknown: open[update.clientOrder]?.lots = update.remainingQuantity.lots
      case .refused, .position: break
      }
    }
  }

  /// A halt has ended: nothing of its scope that was sent before it may be open.
  private func checkEnd(_ number: UInt64) {
    guard let command = haltsUnderWay.removeValue(forKey: number) else { return }
    haltsEnded += 1
    let left = open.values.filter {
      $0.lastCommand < number && keys($0.instrument, $0.strategy).contains(key(command))
    }
    if !left.isEmpty { violations.append("halt \(number) ended with \(left.count) orders open") }
  }

  private func check(_ order: ApprovedOrderRecord, _ strategy: UInt8) {
    let instrument = Int(order.instrument.rawValue)
    let scopes = keys(instrument, strategy)
    if !halted.isDisjoint(with: scopes) { violations.append("an order in what is halted: \(halted)") }
    if !paused.isDisjoint(with: scopes) { violations.append("an order in what is paused: \(paused)") }
    if !isArmed || order.haltEpoch != armedEpoch { violations.append("an order that nobody armed") }
    let percent = min(100, 20 + 80 * (desk.nowNs - armedNs) / Self.ramp.durationNs)
    let others = open.values.filter { $0.instrument == instrument }
    let working = others.filter { $0.side == order.side }.reduce(order.quantity.lots) { $0 + $1.lots }
    if order.quantity.lots > max(1, largestLots[instrument] * percent / 100) { violations.append("order too large") }
    if Int64(others.count) + 1 > Self.mostOrders * percent / 100 { violations.append("too many orders") }
    if order.side.sign * position[instrument] + working > Self.furthest * percent / 100 {
      violations.append("position too far")
    }
  }
}

private struct OpenOrder {
  var instrument: Int
  var strategy: UInt8
  var side: Side
  var lots: Int64
  /// The command that was given last before it was sent.
  var lastCommand: UInt64
}
