// Turns a recorded capture into training data with the code that trades: feed, book, features and sampling clock.

import Brain
import Market
import Pipeline
import Simulation
import Strategy
import Venues

/// Why there is no training data.
struct FeatureExportError: Error, CustomStringConvertible {
  let description: String
}

/// The features of a capture at every point of the sampling grid, as a tensor file.
///
/// The capture's frames go through `BinanceFeed` into a `StrategyStage` whose strategy only notes what it sees: the
/// model is trained on the numbers that it will be given when it trades.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `features` | points, features | in the order of the metadata's `features` |
/// | `mid_ticks` | points | the mid price, from the metadata's `origin_ticks` |
/// | `spread_ticks` | points | |
/// | `segment` | points | counts up where the grid began anew: no sequence may span two segments |
enum FeatureExport {
  static func run(captures: [String], intervalNs: Int64) throws -> TensorFile {
    let reader = try CaptureReader(paths: captures)
    let symbols = reader.summary.symbols
    guard symbols.count == 1, let instrument = DerivedRules.instruments(symbols: symbols)?.first else {
      throw FeatureExportError(description: "the captures must be of one known symbol, found \(symbols)")
    }
    var player = try Player(instrument, intervalNs: intervalNs)
    try player.play(reader)
    guard !player.notes.midTicks.isEmpty else {
      throw FeatureExportError(description: "the captures give no book: is the snapshot's file among them?")
    }
    return player.notes.file(symbol: symbols[0], intervalNs: intervalNs)
  }
}

/// What the noting strategy saw at the points of the grid.
private final class Notes {
  var features: [Float] = []
  var midTicks: [Double] = []
  var spreadTicks: [Float] = []
  var segments: [Float] = []
  var segment: Float = -1

  func file(symbol: String, intervalNs: Int64) -> TensorFile {
    let count = midTicks.count
    return TensorFile(
      metadata: [
        "symbol": symbol, "features": FeatureVector.names.joined(separator: ","),
        "clock_interval_ns": String(intervalNs), "origin_ticks": String(midTicks[0]),
      ],
      tensors: [
        "features": TensorFile.Tensor(shape: [count, FeatureVector.count], values: features),
        "mid_ticks": TensorFile.Tensor(shape: [count], values: midTicks.map { Float($0 - midTicks[0]) }),
        "spread_ticks": TensorFile.Tensor(shape: [count], values: spreadTicks),
        "segment": TensorFile.Tensor(shape: [count], values: segments),
      ])
  }
}

/// A strategy that notes and never trades. Not for the hot path: it allocates.
private struct NotingStrategy: TradingStrategy {
  static var usesFeatures: Bool { true }
  let sampleIntervalNs: Int64
  let notes: Notes

  mutating func onRestart(_ context: inout TradingContext) { notes.segment += 1 }

  mutating func onSample(_ context: inout TradingContext) {
    var vector = FeatureVector()
    guard context.readFeatures(&vector) else {
      notes.segment += 1
      return
    }
    for i in 0..<FeatureVector.count { notes.features.append(vector[i]) }
    notes.midTicks.append(context.midTicks)
    notes.spreadTicks.append(Float(context.spreadTicks))
    notes.segments.append(notes.segment)
  }
}

/// Feed and strategy stage in one thread, on the capture's clock.
private struct Player: ~Copyable {
  let notes = Notes()
  private var feed: BinanceFeed
  private var stage: StrategyStage<NotingStrategy>
  private var feedRecords: RecordConsumer
  private var stageRecords: RecordConsumer
  private var intents: RingConsumer<OrderIntent>
  private var updates: RingProducer<OrderUpdate>

  init(_ instrument: Instrument, intervalNs: Int64) throws {
    let counters = try CounterFile()
    let events = Ring<MarketEvent>(capacity: 32_768)
    let faults = Ring<BookFault>(capacity: StrategyLimits.faultRingCapacity)
    let updateRing = Ring<OrderUpdate>(capacity: 16)
    let intentRing = Ring<OrderIntent>(capacity: StrategyLimits.intentRingCapacity)
    let feedRing = RecordRing(stage: 1, capacityBytes: 16 << 20)
    let stageRing = RecordRing(stage: 2, capacityBytes: 1 << 20)
    let snapshots = SnapshotPool(buffers: 2, levelsPerSide: BinanceLimits.levelsPerSnapshotSide)
    feed = BinanceFeed(
      .capture(venue: instrument.venue), instruments: [(instrument, shard: 0)],
      outputs: MarketOutputs(events.producer, faults: faults.consumer), snapshots: snapshots,
      records: feedRing.producer,
      counters: BinanceFeedCounters(counters, name: "feed"))
    let notes = self.notes
    stage = StrategyStage(
      shard: 0, instruments: [instrument], updates: updateRing.consumer, intents: intentRing.producer,
      records: stageRing.producer, counters: counters
    ) { _ in NotingStrategy(sampleIntervalNs: intervalNs, notes: notes) }
    stage.addFeed(events: events.consumer, faults: faults.producer, snapshots: snapshots)
    feedRecords = feedRing.consumer
    stageRecords = stageRing.consumer
    intents = intentRing.consumer
    updates = updateRing.producer
  }

  mutating func play(_ capture: consuming CaptureReader) throws {
    connect(atNs: capture.summary.firstTimeNs)
    while let line = try capture.next() {
      guard feed.hasRoom() else { throw FeatureExportError(description: "the feed has no room for a message") }
      line.text.withUnsafeBytes { text in
        if line.stream != nil {
          feed.received(0, text, receiveTsc: 0, nowNs: line.timeNs)
        } else {
          feed.responded(status: 200, retryAfterSeconds: nil, text, nowNs: line.timeNs)
        }
      }
      while stage.step(StepInput(nowNs: line.timeNs)) > 0 {}
      discardOutputs()
    }
  }

  /// The handshake of a live session: subscribe, be acknowledged, ask for the snapshot.
  private mutating func connect(atNs timeNs: Int64) {
    _ = feed.hasRoom()
    feed.opened(0, nowNs: timeNs)
    feed.sent(0, accepted: true, nowNs: timeNs)
    Array(#"{"result":null,"id":1}"#.utf8).withUnsafeBytes { feed.received(0, $0, receiveTsc: 0, nowNs: timeNs) }
    if feed.requestToSend(nowNs: timeNs) != nil { feed.requestStarted(accepted: true, nowNs: timeNs) }
  }

  /// Nobody trades and nobody keeps a journal here.
  private mutating func discardOutputs() {
    feed.records.publish()
    _ = feedRecords.drain { _ in }
    _ = stageRecords.drain { _ in }
    while intents.tryPop() != nil {}
  }
}
