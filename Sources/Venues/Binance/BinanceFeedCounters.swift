// What a Binance feed counts, readable from outside the process.

public import Pipeline

/// The counters of one feed; every loss and every unusual message has its own.
public struct BinanceFeedCounters: Sendable {
  /// Messages of any kind, as they came.
  public let messages: Counter
  /// Diffs published to the book.
  public let diffs: Counter
  public let tickers: Counter
  public let trades: Counter
  /// Diffs that a snapshot or a later diff already covers.
  public let staleDiffs: Counter
  /// Update ids that were skipped.
  public let gaps: Counter
  /// Trade ids that were skipped: trades that this bot never saw.
  public let tradeGaps: Counter
  public let snapshots: Counter
  /// Snapshots after a break.
  public let resyncs: Counter
  /// Snapshots older than the first diff kept: fetched again.
  public let oldSnapshots: Counter
  /// Snapshot requests that failed or brought no snapshot.
  public let failedSnapshots: Counter
  /// Times the diffs kept for a snapshot exceeded their bound and were dropped.
  public let pendingOverflows: Counter
  public let decodeErrors: Counter
  public let unknownSymbols: Counter
  /// Instruments halted for a price between their ticks.
  public let halts: Counter
  /// Tickers and trades that were not published because their book is void.
  public let withheld: Counter
  public let ringFull: Counter
  public let connects: Counter
  public let disconnects: Counter
  /// Connections that closed or never opened, and requests that failed, by reason.
  public let closed: CloseCounters
  public let silences: Counter
  public let serverShutdowns: Counter
  /// Control messages that the venue refused.
  public let controlErrors: Counter
  /// Polls that took nothing in, because the journal's ring or the snapshot buffers had no room.
  public let stalls: Counter
  /// Messages larger than a record may be.
  public let oversized: Counter

  /// - Parameter name: the prefix, "feed.binance".
  public init(_ file: CounterFile, name: String) {
    messages = file.counter(name + ".messages")
    diffs = file.counter(name + ".diffs")
    tickers = file.counter(name + ".tickers")
    trades = file.counter(name + ".trades")
    staleDiffs = file.counter(name + ".stale_diffs")
    gaps = file.counter(name + ".gaps")
    tradeGaps = file.counter(name + ".trade_gaps")
    snapshots = file.counter(name + ".snapshots")
    resyncs = file.counter(name + ".resyncs")
    oldSnapshots = file.counter(name + ".old_snapshots")
    failedSnapshots = file.counter(name + ".failed_snapshots")
    pendingOverflows = file.counter(name + ".pending_overflows")
    decodeErrors = file.counter(name + ".decode_errors")
    unknownSymbols = file.counter(name + ".unknown_symbols")
    halts = file.counter(name + ".halts")
    withheld = file.counter(name + ".withheld")
    ringFull = file.counter(name + ".ring_full")
    connects = file.counter(name + ".connects")
    disconnects = file.counter(name + ".disconnects")
    closed = CloseCounters(file, name: name + ".closed")
    silences = file.counter(name + ".silences")
    serverShutdowns = file.counter(name + ".server_shutdowns")
    controlErrors = file.counter(name + ".control_errors")
    stalls = file.counter(name + ".stalls")
    oversized = file.counter(name + ".oversized")
  }
}
