// The proof of sequence: snapshot plus diffs without a hole, and what follows from a hole.
//
// Rule (web-socket-streams.md, "How to manage a local order book correctly"): keep diffs while the snapshot is fetched;
// drop those with u <= lastUpdateId; the first applied one must cover lastUpdateId + 1, each later one must continue the
// one before. The document's own words ("lastUpdateId within [U;u]") are one off: real data has U = lastUpdateId + 1.

internal import Market
internal import Pipeline

extension BinanceFeed {
  /// Publishes a diff that continues the book.
  ///
  /// - Returns: false when the ring was full.
  mutating func apply(_ position: Int, _ head: DiffHead, _ levels: UnsafePointer<BookLevel>) -> Bool {
    guard publishDiff(position, head, levels) else { return false }
    streams[position].lastUpdate = head.lastUpdate
    return true
  }

  /// The snapshot is published: the diffs kept for it follow.
  mutating func goLive(_ position: Int, _ lastUpdate: UInt64, _ stamp: ReceiveStamp) {
    if streams[position].wasLive { counters.resyncs.add() }
    let reason = streams[position].wasLive ? StreamReason.resynchronised : .synchronised
    streams[position].lastUpdate = lastUpdate
    streams[position].snapshotUpdate = lastUpdate
    streams[position].phase = .live
    streams[position].wasLive = true
    recordState(position, .live, reason, stamp.timeNs, cause: stamp.cause)
    settle(position, stamp.timeNs, cause: stamp.cause)
  }

  /// Makes a live stream void: tells its consumer, and has a snapshot fetched if there is a connection. What is kept
  /// stays: the snapshot will find its place among it.
  mutating func breakStream(
    _ position: Int, _ reason: StreamReason, _ nowNs: Int64, cause: UInt64, received: UInt64 = 0
  ) {
    guard streams[position].phase == .live else { return }
    streams[position].phase = .void
    withholdTrades(position)
    // A book that crosses right after its snapshot is not to be fetched without a pause.
    if reason != .crossed { streams[position].attempts = 0 }
    streams[position].owed = .streamBroken
    recordState(position, .void, reason, nowNs, cause: cause, received: received)
    payOwed(position, nowNs, cause: cause)
    if !hasOpenConnection {
      schedule(position, at: .max)
    } else if reason == .crossed {
      retrySnapshot(position, after: configuration.snapshotRetryNs, nowNs)
    } else {
      schedule(position, at: nowNs)
    }
  }

  /// Books that their reader has given up. One that was made anew in the meantime is not meant.
  mutating func takeFaults(_ shard: Int, _ count: Int, _ nowNs: Int64, cause: UInt64) {
    let faults = outputs.faults(shard)
    for i in 0..<count {
      let fault = faults.pointee.peek(i).pointee
      for position in 0..<instrumentCount
      where streams[position].instrument.index.rawValue == fault.instrument.rawValue
        && fault.sequence >= streams[position].snapshotUpdate
      {
        breakStream(position, .crossed, nowNs, cause: cause)
      }
    }
    faults.pointee.release(count)
  }

  mutating func halt(_ position: Int, _ nowNs: Int64, cause: UInt64) {
    guard streams[position].phase != .halted else { return }
    counters.halts.add()
    streams[position].phase = .halted
    streams[position].pending.removeAll()
    withholdTrades(position)
    streams[position].owed = .instrumentHalted
    recordState(position, .halted, .offGrid, nowNs, cause: cause)
    payOwed(position, nowNs, cause: cause)
    schedule(position, at: .max)
  }

  /// Drops the trades that wait: of a void book none is published.
  mutating func withholdTrades(_ position: Int) {
    guard streams[position].trades.count > 0 else { return }
    counters.withheld.add(Int64(streams[position].trades.count))
    streams[position].lastTrade = streams[position].trades.last.trade
    streams[position].trades.removeAll()
  }

  mutating func schedule(_ position: Int, at timeNs: Int64) {
    streams[position].snapshotDueNs = timeNs
    updateDue()
  }

  /// The earliest moment at which `runTimers` has something to do.
  mutating func updateDue() {
    var earliest = Int64.max
    for position in 0..<instrumentCount {
      earliest = min(earliest, streams[position].ringRetryNs)
      if requested < 0, streams[position].owed == nil, streams[position].snapshotDueNs < .max {
        earliest = min(earliest, max(streams[position].snapshotDueNs, budget.opensNs))
      }
      guard streams[position].phase == .live else { continue }
      if streams[position].pending.count > 0 {
        earliest = min(earliest, streams[position].pending.head(0).receiveTimeNs &+ configuration.gapWaitNs)
      }
      if streams[position].trades.count > 0 {
        earliest = min(earliest, streams[position].trades.first.stamp.timeNs &+ configuration.gapWaitNs)
      }
    }
    for connection in 0..<BinanceFeed.connectionLimit {
      earliest = min(earliest, min(connections[connection].proofNs, connections[connection].retireNs))
    }
    dueNs = earliest
  }
}
