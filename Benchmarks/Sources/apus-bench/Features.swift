// The features against a scalar reference, on recorded messages: from the book or trade to all 48 numbers.

import Market
import Peers
import Suite

/// What a feature may be off, as a part of itself where it is above 1. Ours are sums in single precision that every step of a
/// minute rounds, some 20,000 of them, to 2^-24: 1e-5 where errors cancel, 2.4e-3 where they do not. The reference computes
/// in doubles. The largest seen over the recording was 1.2e-4: four times that leaves room for another.
private let featureBound = 5e-4

func features(_ recording: Recording, _ scale: Scale) -> Benchmark {
  let replay = FeatureReplay(recording.events)
  func figure(_ taker: some FeatureTaker) -> Double {
    timeNs { replay.play(taker, $0) } / Double(replay.messages)
  }
  return Benchmark(
    row: "features", unit: "ns/message",
    topology: """
      \(replay.messages) recorded messages in memory --> book (not timed) --> its 16 best levels a side, or the trade --> \
      features, all 48 read after every message; one CPU
      """,
    ours: BenchmarkSide("apus") {
      try replay.compare()
      return figure(OurFeatures())
    },
    peers: [BenchmarkSide("scalar reference") { figure(ScalarFeatures()) }])
}

/// One that keeps features.
protocol FeatureTaker: AnyObject {
  /// Takes what a message came to, and reads the features as of then.
  ///
  /// - Parameter isUpdate: the book is another one.
  func take(_ message: UnsafePointer<MarketEvent>, _ book: borrowing OrderBook, isUpdate: Bool)
}

/// Recorded messages that a book and features are made of.
final class FeatureReplay {
  private let events: [MarketEvent]
  let messages: Int

  init(_ events: [MarketEvent]) {
    self.events = events
    messages = events.count { Self.endsMessage($0) }
  }

  /// Applies the events to a new book; the meter runs for the features alone.
  @inline(always)
  func play(_ taker: some FeatureTaker, _ meter: Meter) {
    play { message, book, isUpdate in meter { taker.take(message, book, isUpdate: isUpdate) } }
  }

  @inline(always)
  private func play(_ body: (UnsafePointer<MarketEvent>, borrowing OrderBook, Bool) -> Void) {
    var book = OrderBook()
    let snapshots = SnapshotPool(buffers: 1, levelsPerSide: 1)
    book.begin(snapshots)
    events.withUnsafeBufferPointer { events in
      for i in events.indices {
        let change = book.apply(events.baseAddress! + i, snapshots: snapshots)
        if Self.endsMessage(events[i]) { body(events.baseAddress! + i, book, !change.isEmpty && book.isConsistent) }
      }
    }
  }

  private static func endsMessage(_ event: MarketEvent) -> Bool {
    event.kind == .depthEnd || event.kind == .trade || (event.kind == .touch && event.side == .sell)
  }

  /// Both must come to the same numbers, after every message, before anything is timed.
  func compare() throws {
    let (ours, reference) = (OurFeatures(), ScalarFeatures())
    var problem: String?
    var readings = 0
    play { message, book, isUpdate in
      ours.take(message, book, isUpdate: isUpdate)
      reference.take(message, book, isUpdate: isUpdate)
      problem = problem ?? Self.difference(ours, reference)
      if ours.isReady { readings += 1 }
    }
    if let problem { throw BenchmarkError("features: \(problem)") }
    guard readings > messages / 2 else { throw BenchmarkError("features: only \(readings) messages had a reading") }
  }

  private static func difference(_ ours: OurFeatures, _ reference: ScalarFeatures) -> String? {
    guard ours.isReady == reference.isReady else { return "one side has a reading, the other has none" }
    guard ours.isReady else { return nil }
    for i in 0..<FeatureVector.count {
      let (a, b) = (Double(ours.vector[i]), reference.values[i])
      // Written so that what is not a number is a difference.
      if !(abs(a - b) <= featureBound * max(1, abs(b))) {
        return "the reference comes to a \(FeatureVector.names[i]) of \(b) where we come to \(a)"
      }
    }
    return nil
  }
}

/// The engine as a strategy's thread uses it.
final class OurFeatures: FeatureTaker {
  // In memory of their own: as properties they would be checked for exclusive access at each use.
  private let engine = UnsafeMutablePointer<FeatureEngine>.allocate(capacity: 1)
  private let reading = UnsafeMutablePointer<FeatureVector>.allocate(capacity: 1)
  private(set) var isReady = false
  var vector: FeatureVector { reading.pointee }

  init() {
    engine.initialize(to: FeatureEngine())
    reading.initialize(to: FeatureVector())
  }

  deinit {
    engine.deinitialize(count: 1)
    engine.deallocate()
    reading.deallocate()
  }

  func take(_ message: UnsafePointer<MarketEvent>, _ book: borrowing OrderBook, isUpdate: Bool) {
    let nowNs = message.pointee.receiveTimeNs
    if message.pointee.kind == .trade {
      engine.pointee.onTrade(message)
    } else if isUpdate {
      engine.pointee.onBook(book, nowNs: nowNs)
    }
    isReady = engine.pointee.fill(&reading.pointee, nowNs: nowNs)
  }
}

/// The reference, which takes its levels out of the same book.
private final class ScalarFeatures: FeatureTaker {
  private let features = peer_features_new()
  private let bids = UnsafeMutableBufferPointer<BookLevel>.allocate(capacity: Int(PEER_DEPTH_LEVELS))
  private let asks = UnsafeMutableBufferPointer<BookLevel>.allocate(capacity: Int(PEER_DEPTH_LEVELS))
  let values = UnsafeMutablePointer<Double>.allocate(capacity: Int(PEER_FEATURES))
  private(set) var isReady = false

  init() {
    precondition(PEER_FEATURES == FeatureVector.count && MemoryLayout<peer_level>.size == MemoryLayout<BookLevel>.size)
  }

  deinit {
    peer_features_free(features)
    bids.deallocate()
    asks.deallocate()
    values.deallocate()
  }

  func take(_ message: UnsafePointer<MarketEvent>, _ book: borrowing OrderBook, isUpdate: Bool) {
    let event = message.pointee
    if event.kind == .trade {
      peer_features_trade(
        features, event.price.ticks, event.quantity.lots, event.side == .sell ? 1 : 0, event.receiveTimeNs)
    } else if isUpdate {
      peer_features_book(
        features, levels(bids), book.levels(.buy, into: bids), levels(asks), book.levels(.sell, into: asks),
        event.receiveTimeNs)
    }
    isReady = peer_features_read(features, event.receiveTimeNs, values) != 0
  }

  /// Safe: both are two 64-bit numbers, price before quantity.
  private func levels(_ buffer: UnsafeMutableBufferPointer<BookLevel>) -> UnsafePointer<peer_level> {
    UnsafeRawPointer(buffer.baseAddress!).assumingMemoryBound(to: peer_level.self)
  }
}
