// The strategy stage: order of work, one decision per changed book, broken streams, timers, full rings, determinism.

import Market
import Pipeline
import Strategy
import Support
import Testing

/// What a callback saw, in the order of the calls.
enum Seen: Equatable {
  case book(bid: Int64, ask: Int64)
  case trade(Int64)
  case sample(atNs: Int64, bid: Int64)
  case report(UInt64)
  case timer(atNs: Int64)
  case restart
}

/// Notes every call; places what the test's `onBook` asks for.
final class Log {
  var seen: [Seen] = []
  var idleCalls = 0
  var act: (inout TradingContext) -> Void = { _ in }
}

struct Probe: TradingStrategy {
  let log: Log
  var sampleIntervalNs: Int64 = 0

  mutating func onBook(_ context: inout TradingContext) {
    log.seen.append(.book(bid: context.bestBid.price.ticks, ask: context.bestAsk.price.ticks))
    log.act(&context)
  }
  mutating func onTrade(_ trade: MarketTrade, _ context: inout TradingContext) {
    log.seen.append(.trade(trade.price.ticks))
  }
  mutating func onSample(_ context: inout TradingContext) {
    log.seen.append(.sample(atNs: context.nowNs, bid: context.bestBid.price.ticks))
  }
  mutating func onReport(_ update: OrderUpdate, _ context: inout TradingContext) {
    log.seen.append(.report(update.intent.rawValue))
  }
  mutating func onTimer(_ context: inout TradingContext) { log.seen.append(.timer(atNs: context.nowNs)) }
  mutating func onRestart(_ context: inout TradingContext) { log.seen.append(.restart) }
  mutating func onIdle() { log.idleCalls += 1 }
}

/// A stage as the bot polls it: compiling this proves `step` free of locks and allocation for a shipped strategy.
struct QuotingStage: ~Copyable {
  var stage: StrategyStage<AvellanedaStoikov>
  @_noLocks @inline(never)
  mutating func poll(_ input: StepInput) -> Int { stage.step(input) }
}

struct CombinedStage: ~Copyable {
  var stage: StrategyStage<CombinedStrategy>
  @_noLocks @inline(never)
  mutating func poll(_ input: StepInput) -> Int { stage.step(input) }
}

@Suite struct StageTests {
  let log = Log()
  let bench: Bench<Probe>

  init() throws {
    let log = self.log
    bench = try Bench { _ in Probe(log: log) }
  }

  @Test func idleStepChangesNothing() {
    #expect(bench.step(atNs: 1) == 0)
    #expect(bench.drainRecords().isEmpty)
    #expect(log.seen.isEmpty)
  }

  @Test func idleTimeIsOfferedOnlyWhereThereIsNothingToDo() {
    bench.step(atNs: 1)
    bench.step(atNs: 2)
    #expect(log.idleCalls == 2)
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    #expect(bench.step(atNs: 20) > 0 && log.idleCalls == 2)
    #expect(bench.step(atNs: 21) == 0 && log.idleCalls == 3)
  }

  @Test func decidesOncePerStepOnTheNewestBook() {
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.pushDepth(.buy, price: 101, lots: 5, atNs: 11)
    bench.push(.trade, .sell, price: 101, lots: 1, atNs: 12)
    bench.pushDepth(.buy, price: 101, lots: 0, atNs: 13)
    #expect(bench.step(atNs: 20) == 6)
    #expect(log.seen == [.trade(101), .book(bid: 100, ask: 102)])
  }

  @Test func updatesComeBeforeMarketData() {
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.push(.position, 0, position: 3)
    bench.step(atNs: 20)
    #expect(log.seen == [.report(0), .book(bid: 100, ask: 102)])
  }

  @Test func touchIsPublishedBeforeOrders() {
    log.act = { $0.quote(.buy, at: Price(ticks: 100), Quantity(lots: 5)) }
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.step(atNs: 20)
    let intents = bench.drainIntents()
    #expect(intents.map(\.kind) == [.touch, .place])
    #expect(intents[0].price.ticks == 100 && intents[0].askPrice.ticks == 102 && intents[0].marketTimeNs == 10)
    #expect(intents[1].type == .limitMaker && intents[1].quantity.lots == 5 && intents[1].intent.rawValue == 1)
    #expect(intents[1].expiryTimeNs == 20 + 1_000_000_000 && intents[1].cause == 7 && intents[1].originTsc == 10)
    #expect(bench.stage.decisionOriginTsc == 10)
  }

  @Test func stepRecordStandsBeforeItsOutputs() {
    log.act = { $0.quote(.sell, at: Price(ticks: 103), Quantity(lots: 5)) }
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.push(.position, 0)
    bench.step(atNs: 20)
    let records = bench.drainRecords()
    #expect(
      records.map(\.recordType)
        == [RecordType.step.rawValue, RecordType.intent.rawValue, RecordType.intent.rawValue])
    #expect(records[0].payload(as: StepRecord.self).consumed == SIMD4(1, 1, 0, 0))
  }

  @Test func noDecisionInsideAMessage() {
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.step(atNs: 20)
    log.seen = []
    bench.push(.level, .buy, price: 101, lots: 5, atNs: 21)
    bench.step(atNs: 22)
    #expect(log.seen.isEmpty)
    bench.push(.depthEnd, atNs: 21)
    bench.step(atNs: 23)
    #expect(log.seen == [.book(bid: 101, ask: 102)])
  }

  @Test func brokenStreamCancelsOnceAndStopsDecisions() {
    log.act = { $0.quote(.buy, at: Price(ticks: 99), Quantity(lots: 5)) }
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.step(atNs: 20)
    _ = bench.drainIntents()
    log.seen = []
    bench.push(.streamBroken, atNs: 30)
    bench.push(.streamBroken, atNs: 31)
    bench.pushDepth(.buy, price: 101, lots: 5, atNs: 32)
    bench.step(atNs: 33)
    #expect(log.seen == [.restart])
    let intents = bench.drainIntents()
    #expect(intents.map(\.kind) == [.touch, .cancelAll])
    #expect(intents[0].quantity.lots == 0 && intents[0].askQuantity.lots == 0)

    bench.pushDepth(.buy, price: 101, lots: 5, atNs: 40)
    bench.step(atNs: 41)
    #expect(bench.drainIntents().isEmpty)

    bench.push(.canceled, 1)
    bench.pushSnapshot(bid: 90, ask: 92, atNs: 50)
    bench.step(atNs: 51)
    #expect(log.seen == [.restart, .report(1), .book(bid: 90, ask: 92)])
    #expect(bench.drainIntents().map(\.kind) == [.touch, .place])
  }

  @Test func aCrossedBookIsCancelledForAndReportedToItsFeed() {
    log.act = { $0.quote(.buy, at: Price(ticks: 100), Quantity(lots: 5)) }
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.step(atNs: 20)
    _ = bench.drainIntents()
    log.seen = []
    bench.pushDepth(.buy, price: 102, lots: 5, atNs: 30)
    bench.pushDepth(.buy, price: 103, lots: 5, atNs: 31)
    bench.step(atNs: 33)
    #expect(log.seen == [.restart])
    #expect(bench.drainIntents().map(\.kind) == [.touch, .cancelAll])
    let fault = bench.faults.tryPop()
    #expect(fault?.instrument == Instrument.example.index && fault?.sequence == 103)
    #expect(bench.faults.tryPop() == nil, "a void book does not cross again")
    // The feed's own word of it changes nothing more; its snapshot does.
    bench.push(.streamBroken, atNs: 40)
    bench.pushSnapshot(bid: 90, ask: 92, atNs: 50)
    bench.step(atNs: 51)
    #expect(log.seen == [.restart, .book(bid: 90, ask: 92)])
  }

  @Test func timersFireOnceWhenDue() {
    log.act = { $0.setTimer(atNs: 100) }
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.step(atNs: 20)
    log.seen = []
    #expect(bench.step(atNs: 99) == 0)
    #expect(bench.step(atNs: 105) == 1)
    #expect(bench.step(atNs: 106) == 0)
    #expect(log.seen == [.timer(atNs: 105)])
  }

  @Test func stoppingTakesNoOrders() {
    log.act = { context in
      #expect(context.quote(.buy, at: Price(ticks: 99), Quantity(lots: 5)) == nil)
    }
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.step(atNs: 20, flags: .stopping)
    #expect(bench.drainIntents().map(\.kind) == [.touch])
    #expect(log.seen == [.book(bid: 100, ask: 102)])
  }

  @Test func fullIntentRingStopsDecisionsAndIsRecorded() {
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.step(atNs: 20)
    // One touch a step, until less than a whole step's output is free.
    var steps = 1
    while StrategyLimits.intentRingCapacity - steps >= StrategyLimits.intentsPerStep {
      bench.pushDepth(.buy, price: 100, lots: Int64(steps), atNs: 20)
      bench.step(atNs: 21)
      steps += 1
    }
    _ = bench.drainRecords()
    log.seen = []
    bench.pushDepth(.buy, price: 101, lots: 5, atNs: 22)
    bench.push(.position, 0, position: 4)
    #expect(bench.step(atNs: 23) == 1)
    #expect(log.seen == [.report(0)])
    let record = bench.drainRecords()[0].payload(as: StepRecord.self)
    #expect(record.flags == StepFlags.intentsBlocked.rawValue && record.consumed == SIMD4(1, 0, 0, 0))
    #expect(bench.step(atNs: 24) == 0)

    _ = bench.drainIntents()
    #expect(bench.step(atNs: 25) == 2)
    #expect(log.seen == [.report(0), .book(bid: 101, ask: 102)])
  }

  @Test func ordersOfOneStepAndOfOneInstrumentAreBounded() {
    var placed = 0
    log.act = { context in
      while context.quote(.buy, at: Price(ticks: 99), Quantity(lots: 1)) != nil { placed += 1 }
    }
    bench.pushSnapshot(bid: 100, ask: 102, atNs: 10)
    bench.step(atNs: 20)
    #expect(placed == OwnOrders.capacity)
  }

  @Test func foreignInstrumentsAreSkipped() {
    for _ in 0..<4 {  // more than there are buffers: each must come back
      let handle = bench.snapshots.acquire()!
      _ = bench.events.tryPush(
        MarketEvent(
          kind: .snapshot, venue: VenueIndex(0), instrument: InstrumentIndex(9), definitionVersion: 1, sequence: 1,
          cause: 0, eventTimeNs: 0, receiveTimeNs: 5, receiveTsc: 0, price: Price(ticks: Int64(handle))))
      #expect(bench.step(atNs: 6) == 1)
    }
    #expect(log.seen.isEmpty && bench.drainIntents().isEmpty)
  }

  @Test func layouts() {
    #expect(MemoryLayout<ForecastRecord>.size == 32 && MemoryLayout<ForecastRecord>.stride == 32)
    // Sum of the fields: no implicit padding, so the bytes are determined.
    #expect(2 + 1 + 1 + 4 + 8 + 4 * 4 == MemoryLayout<ForecastRecord>.size)
  }
}
