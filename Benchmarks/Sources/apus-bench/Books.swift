// The book against books as they are usually written, on recorded changes.

import Market
import Peers
import Suite

func bookUpdate(_ recording: Recording, _ scale: Scale) -> Benchmark {
  let changes = Array(recording.changes.prefix(scale.of(1_000_000, tiny: 5_000)))
  let book = BookReplay(changes)
  func ours() -> peer_book_result {
    var durationNs: Int64 = 0
    let digest = book.run { work in
      let start = peer_now_ns()
      work()
      durationNs = peer_now_ns() - start
    }
    return peer_book_result(duration_ns: durationNs, digest: digest)
  }
  let expected = peer_book_map(changes, changes.count).digest
  func figure(_ result: peer_book_result, _ name: String) throws -> Double {
    guard result.digest == expected else { throw BenchmarkError("book_update: \(name) came to another touch") }
    return Double(result.duration_ns) / Double(changes.count)
  }
  return Benchmark(
    row: "book_update", unit: "ns/change",
    topology: "\(changes.count) recorded changes in memory --> book, touch read after every message, one CPU",
    ours: BenchmarkSide("apus") { try figure(ours(), "apus") },
    peers: [
      BenchmarkSide("std::map") { try figure(peer_book_map(changes, changes.count), "std::map") },
      BenchmarkSide("sorted std::vector") { try figure(peer_book_vector(changes, changes.count), "std::vector") },
    ])
}

/// Our book and the events that bring it the changes.
final class BookReplay {
  private let events: [MarketEvent]
  private let snapshots = SnapshotPool(buffers: 1, levelsPerSide: 1)

  init(_ changes: [peer_change]) {
    var events: [MarketEvent] = []
    var sequence: UInt64 = 1
    func event(_ kind: MarketEventKind, _ side: Side = .buy) -> MarketEvent {
      MarketEvent(
        kind: kind, side: side, venue: VenueIndex(0), instrument: InstrumentIndex(0), definitionVersion: 1,
        sequence: sequence, cause: 0, eventTimeNs: 0, receiveTimeNs: 0, receiveTsc: 0)
    }
    for change in changes {
      var level = event(.level, change.is_ask == 0 ? .buy : .sell)
      level.price = Price(ticks: change.price_ticks)
      level.quantity = Quantity(lots: change.lots)
      events.append(level)
      if change.is_last != 0 {
        sequence += 1
        events.append(event(.depthEnd))
      }
    }
    self.events = events
  }

  /// Applies all events to a new book while the meter runs; the digest of the touch after every message.
  func run(_ meter: Meter) -> UInt64 {
    var book = OrderBook()
    book.begin(snapshots)
    var digest: UInt64 = 0
    meter { digest = apply(to: &book) }
    return digest
  }

  private func apply(to book: inout OrderBook) -> UInt64 {
    var digest = Digest()
    events.withUnsafeBufferPointer { events in
      for i in events.indices {
        _ = book.apply(events.baseAddress! + i, snapshots: snapshots)
        if events[i].kind == .depthEnd {
          digest.add(book.bestBid)
          digest.add(book.bestAsk)
        }
      }
    }
    return digest.value
  }
}

extension OrderBook {
  /// Makes a new book valid by an empty snapshot, for changes that were recorded without the one before them.
  mutating func begin(_ snapshots: SnapshotPool) {
    let handle = snapshots.acquire()!
    snapshots.bids(handle).removeAll()
    snapshots.asks(handle).removeAll()
    var snapshot = MarketEvent(
      kind: .snapshot, venue: VenueIndex(0), instrument: InstrumentIndex(0), definitionVersion: 1, sequence: 1,
      cause: 0, eventTimeNs: 0, receiveTimeNs: 0, receiveTsc: 0)
    snapshot.price = Price(ticks: Int64(handle))
    _ = apply(&snapshot, snapshots: snapshots)
  }
}
