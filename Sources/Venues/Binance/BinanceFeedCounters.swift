// What a Binance feed counts, readable from outside the process.

public import Pipeline

/// The counters of one feed; every loss and every unusual message has its own.
public struct BinanceFeedCounters: Sendable {
  /// Messages of any kind, as they came on any connection.
  public let messages: Counter
  /// Diffs published to the book.
  public let diffs: Counter
  public let tickers: Counter
  public let trades: Counter
  /// Diffs kept for a snapshot that covers them.
  public let staleDiffs: Counter
  /// Update ids that were skipped and that no connection could bring: each one is a break.
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
  /// Messages of a kind that was not asked for: a template of SBE that is not known, an event of another stream.
  public let otherMessages: Counter
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
  /// Holes in a connection's diffs that the other one closed.
  public let arbitrated: Counter
  /// Connections replaced before they ended, the other one carrying.
  public let handovers: Counter
  /// Connections given up because a stream did not deliver within its bound.
  public let undelivered: Counter
  /// Snapshot requests answered with 429.
  public let rateLimited: Counter
  /// Snapshot requests answered with 418: this address is banned.
  public let bans: Counter
  /// Gauge: until when (session time, ns since 1970) the venue wants no request; 0 before the first time.
  public let closedUntilNs: Counter
  /// Gauge: weight of the snapshot requests of a minute, as of the last one.
  public let snapshotWeight: Counter
  public let connection0: FeedConnectionCounters
  public let connection1: FeedConnectionCounters

  /// What one of the two connections counts.
  func connection(_ number: Int) -> FeedConnectionCounters { number == 0 ? connection0 : connection1 }

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
    otherMessages = file.counter(name + ".other_messages")
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
    arbitrated = file.counter(name + ".arbitrated")
    handovers = file.counter(name + ".handovers")
    undelivered = file.counter(name + ".undelivered")
    rateLimited = file.counter(name + ".rate_limited")
    bans = file.counter(name + ".bans")
    closedUntilNs = file.counter(name + ".closed_until_ns")
    snapshotWeight = file.counter(name + ".snapshot_weight")
    connection0 = FeedConnectionCounters(file, name: name + ".connection0")
    connection1 = FeedConnectionCounters(file, name: name + ".connection1")
  }
}

/// The counters of one of a feed's connections.
public struct FeedConnectionCounters: Sendable {
  /// Diffs, tickers and trades that this connection brought first.
  public let first: Counter
  /// Those that had been brought before, by the other connection or by a snapshot.
  public let duplicates: Counter
  /// Diffs that both connections brought, this one first.
  public let wins: Counter
  /// How much later than the other's copy its copy of a diff came, in nanoseconds of the session's clock.
  public let behind: LatencyHistogram
  /// Times it was given up as stale: lagging, or without the diffs that its tickers and trades imply.
  public let stale: Counter
  /// Gauge: lag of its last diff over the best path of the last minute.
  public let lagNs: Counter

  /// - Parameter name: the prefix, "feed.binance.connection0".
  init(_ file: CounterFile, name: String) {
    first = file.counter(name + ".first")
    duplicates = file.counter(name + ".duplicates")
    wins = file.counter(name + ".wins")
    behind = file.histogram(name + ".behind")
    stale = file.counter(name + ".stale")
    lagNs = file.counter(name + ".lag_ns")
  }
}
