// One feed as a strategy stage reads it. Strategy thread only.

import Market
import Pipeline

/// The market data of one feed: its events, the buffers its snapshots travel in, and the way back for faults.
struct FeedInput: ~Copyable {
  var events: RingConsumer<MarketEvent>
  var faults: RingProducer<BookFault>
  /// Unmanaged, because handing a class reference on counts references; `owner` keeps it alive.
  let snapshots: Unmanaged<SnapshotPool>
  private let owner: SnapshotPool
  /// Events that this step takes, and those taken so far.
  var count = 0
  var taken = 0

  init(
    events: consuming RingConsumer<MarketEvent>, faults: consuming RingProducer<BookFault>, snapshots: SnapshotPool
  ) {
    self.events = events
    self.faults = faults
    self.snapshots = .passUnretained(snapshots)
    owner = snapshots
  }

  /// Applies an event to its market's book; a book that crosses is reported to the feed.
  ///
  /// - Returns: whether the book crossed and is void now.
  mutating func apply(_ event: UnsafePointer<MarketEvent>, to market: UnsafeMutablePointer<TradedMarket>) -> Bool {
    let sequence = max(market.pointee.book.sequence, event.pointee.sequence)
    let change = snapshots._withUnsafeGuaranteedRef { market.pointee.book.apply(event, snapshots: $0) }
    market.pointee.follow(event, change)
    guard change.contains(.crossed) else { return false }
    // There is room: see `StrategyLimits.faultRingCapacity`.
    _ = faults.tryPush(BookFault(instrument: event.pointee.instrument, sequence: sequence))
    return true
  }
}
