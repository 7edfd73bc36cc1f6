// One feed as a strategy stage reads it. Strategy thread only.

import Market
import Pipeline

/// The market data of one feed: its events, and the buffers its snapshots travel in.
struct FeedInput: ~Copyable {
  var events: RingConsumer<MarketEvent>
  /// Unmanaged, because handing a class reference on counts references; `owner` keeps it alive.
  let snapshots: Unmanaged<SnapshotPool>
  private let owner: SnapshotPool
  /// Events that this step takes, and those taken so far.
  var count = 0
  var taken = 0

  init(events: consuming RingConsumer<MarketEvent>, snapshots: SnapshotPool) {
    self.events = events
    self.snapshots = .passUnretained(snapshots)
    owner = snapshots
  }

  func apply(_ event: UnsafePointer<MarketEvent>, to market: UnsafeMutablePointer<TradedMarket>) {
    let change = snapshots._withUnsafeGuaranteedRef { market.pointee.book.apply(event, snapshots: $0) }
    market.pointee.follow(event, change)
  }
}
