// The state of one instrument's streams within a feed.

internal import Market

/// Where the book of one instrument stands.
enum BinanceStreamPhase: UInt8 {
  /// No book: diffs are kept until a snapshot connects to them.
  case void
  /// Every diff continues the last one.
  case live
  /// Nothing is published any more: the definition is wrong.
  case halted
}

/// One instrument of a feed: its place, its proof of sequence, and what waits.
struct BinanceStream: ~Copyable {
  let instrument: Instrument
  /// The strategy shard whose ring takes its events.
  let shard: Int
  /// `/api/v3/depth?symbol=…`: made once, so that nothing is printed on the hot path.
  let snapshotTarget: UnsafeRawBufferPointer
  var phase = BinanceStreamPhase.void
  /// The last update id in the book.
  var lastUpdate: UInt64 = 0
  /// The last snapshot's update id.
  var snapshotUpdate: UInt64 = 0
  /// The last trade id, 0 before the first.
  var lastTrade: UInt64 = 0
  /// The last ticker's update id, 0 before the first.
  var lastTicker: UInt64 = 0
  /// Diffs that wait for a snapshot, or for one that is missing before them.
  var pending = PendingDiffs()
  /// Trades that wait for one that is missing before them.
  var trades = PendingTrades()
  var firstArrivals = FirstArrivals()
  /// A snapshot was applied before: the next one is a resynchronisation.
  var wasLive = false
  /// An event that the full ring did not take; nothing else is published before it.
  var owed: MarketEventKind?
  /// When the full ring is tried again.
  var ringRetryNs = Int64.max
  /// When a snapshot is to be asked for; `.max`: none is needed or one is under way.
  var snapshotDueNs = Int64.max
  /// Attempts since the book became void: each doubles the delay.
  var attempts = 0

  init(_ instrument: Instrument, shard: Int) {
    self.instrument = instrument
    self.shard = shard
    snapshotTarget = RawText.make(
      "/api/v3/depth?symbol=\(instrument.symbol.text)&limit=\(BinanceLimits.levelsPerSnapshotSide)")
  }

  deinit { snapshotTarget.deallocate() }
}

/// Text made at start for use on the hot path.
enum RawText {
  /// Bytes that the caller deallocates.
  static func make(_ text: String) -> UnsafeRawBufferPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    buffer.copyBytes(from: text.utf8)
    return UnsafeRawBufferPointer(buffer)
  }
}
