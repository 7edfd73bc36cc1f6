// A strategy stage on a bench: rings whose other ends the test holds, and short ways to feed and read them.

import Market
import Pipeline
import Strategy

/// A stage with one instrument and one feed.
final class Bench<S: TradingStrategy & ~Copyable> {
  var stage: StrategyStage<S>
  var events: RingProducer<MarketEvent>
  var faults: RingConsumer<BookFault>
  var updates: RingProducer<OrderUpdate>
  var intents: RingConsumer<OrderIntent>
  var records: RecordConsumer
  let snapshots = SnapshotPool(buffers: 2, levelsPerSide: 16)
  let counters: CounterFile
  private var sequence: UInt64 = 100

  init(instrument: Instrument = .example, _ makeStrategy: (Instrument) -> S) throws {
    let eventRing = Ring<MarketEvent>(capacity: 4096)
    let faultRing = Ring<BookFault>(capacity: StrategyLimits.faultRingCapacity)
    let updateRing = Ring<OrderUpdate>(capacity: 256)
    let intentRing = Ring<OrderIntent>(capacity: StrategyLimits.intentRingCapacity)
    let recordRing = RecordRing(stage: 3, capacityBytes: 1 << 20)
    counters = try CounterFile()
    events = eventRing.producer
    faults = faultRing.consumer
    updates = updateRing.producer
    intents = intentRing.consumer
    records = recordRing.consumer
    stage = StrategyStage(
      shard: 0, instruments: [instrument], settings: StrategySettings(bookPagesPerSide: 64),
      updates: updateRing.consumer,
      intents: intentRing.producer, records: recordRing.producer, counters: counters, makeStrategy: makeStrategy)
    stage.addFeed(events: eventRing.consumer, faults: faultRing.producer, snapshots: snapshots)
  }

  // MARK: Market data

  func push(_ kind: MarketEventKind, _ side: Side = .buy, price: Int64 = 0, lots: Int64 = 0, atNs timeNs: Int64) {
    sequence += 1
    _ = events.tryPush(
      MarketEvent(
        kind: kind, side: side, venue: VenueIndex(0), instrument: Instrument.example.index, definitionVersion: 1,
        sequence: sequence, cause: 7, eventTimeNs: timeNs, receiveTimeNs: timeNs, receiveTsc: UInt64(timeNs),
        price: Price(ticks: price), quantity: Quantity(lots: lots)))
  }

  /// A snapshot with five levels a side, one tick apart.
  func pushSnapshot(bid: Int64, ask: Int64, atNs timeNs: Int64) {
    let handle = snapshots.acquire()!
    for i in 0..<5 {
      _ = snapshots.bids(handle).append(BookLevel(price: Price(ticks: bid - Int64(i)), quantity: Quantity(lots: 100)))
      _ = snapshots.asks(handle).append(BookLevel(price: Price(ticks: ask + Int64(i)), quantity: Quantity(lots: 100)))
    }
    push(.snapshot, price: Int64(handle), atNs: timeNs)
  }

  /// A depth message that changes one level.
  func pushDepth(_ side: Side, price: Int64, lots: Int64, atNs timeNs: Int64) {
    push(.level, side, price: price, lots: lots, atNs: timeNs)
    push(.depthEnd, atNs: timeNs)
  }

  // MARK: Own orders

  func push(_ kind: OrderUpdateKind, _ intent: UInt64, position: Int64 = 0, remaining: Int64 = 0, side: Side = .buy) {
    var update = OrderUpdate(
      kind: kind, strategy: 0, instrument: Instrument.example.index, intent: IntentIdentifier(intent),
      clientOrder: .none, timeNs: 0, cause: 9)
    update.positionLots = position
    update.remainingQuantity = Quantity(lots: remaining)
    update.side = side
    _ = updates.tryPush(update)
  }

  // MARK: Steps and what came of them

  @discardableResult
  func step(atNs nowNs: Int64, flags: StepFlags = []) -> Int { stage.step(StepInput(nowNs: nowNs, flags: flags)) }

  func drainIntents() -> [OrderIntent] {
    var result: [OrderIntent] = []
    while let intent = intents.tryPop() { result.append(intent) }
    return result
  }

  /// All records so far, byte for byte.
  func drainRecords() -> [[UInt8]] {
    var result: [[UInt8]] = []
    _ = records.drain { result.append(Array($0)) }
    return result
  }
}

extension Instrument {
  /// A coin at a tick of 0.01 and a lot of 0.00001.
  static var example: Instrument {
    Instrument(
      index: InstrumentIndex(0), venue: VenueIndex(0), symbol: ShortName("BTCUSDT")!, base: ShortName("BTC")!,
      quote: ShortName("USDT")!, settlement: ShortName("USDT")!, tick: DecimalStep(mantissa: 1, exponent: -2),
      lot: DecimalStep(mantissa: 1, exponent: -5), minimumPrice: Price(ticks: 1),
      maximumPrice: Price(ticks: 100_000_000), minimumQuantity: Quantity(lots: 1),
      maximumQuantity: Quantity(lots: 1_000_000_000), minimumNotional: Amount(units: 500_000_000),
      maximumNotional: Amount(units: 900_000_000_000_000))
  }
}

extension [UInt8] {
  var recordType: UInt16 { UInt16(self[4]) | UInt16(self[5]) << 8 }

  func payload<T: BitwiseCopyable>(as type: T.Type) -> T {
    withUnsafeBytes { $0.loadUnaligned(fromByteOffset: RecordHeader.byteCount, as: T.self) }
  }
}
