// The proof of sequence: snapshot plus diffs without a hole, and what follows from a hole.
//
// Rule (web-socket-streams.md, "How to manage a local order book correctly"): keep diffs while the snapshot is fetched;
// drop those with u <= lastUpdateId; the first applied one must cover lastUpdateId + 1, each later one must continue the
// one before. The document's own words ("lastUpdateId within [U;u]") are one off: real data has U = lastUpdateId + 1.

internal import Market
public import Pipeline

extension BinanceFeed {
  mutating func handleDepth(_ stamp: ReceiveStamp) {
    let message = decoder.message
    let position = message.instrument
    let head = DiffHead(
      firstUpdate: message.firstSequence, lastUpdate: message.lastSequence, eventTimeNs: message.eventTimeNs,
      receiveTimeNs: stamp.timeNs, receiveTsc: stamp.tsc, cause: stamp.cause, bidCount: decoder.bidCount,
      askCount: decoder.askCount)
    switch streams[position].phase {
    case .live:
      if head.firstUpdate > streams[position].lastUpdate &+ 1 {
        counters.gaps.add()
        breakStream(position, .gap, stamp.timeNs, cause: stamp.cause, received: head.firstUpdate)
        keep(position, head)
      } else {
        _ = apply(position, head, decoder.levels)
      }
    case .void: keep(position, head)
    case .halted: counters.withheld.add()
    }
  }

  mutating func handleTicker(_ stamp: ReceiveStamp) {
    let position = decoder.message.instrument
    guard streams[position].phase == .live else { return counters.withheld.add() }
    _ = publishTouch(position, decoder.message, stamp)
  }

  mutating func handleTrade(_ stamp: ReceiveStamp) {
    let position = decoder.message.instrument
    let trade = decoder.message.lastSequence
    let last = streams[position].lastTrade
    if last > 0, trade != last &+ 1 { counters.tradeGaps.add() }
    streams[position].lastTrade = trade
    guard streams[position].phase == .live else { return counters.withheld.add() }
    _ = publishTrade(position, decoder.message, stamp)
  }

  /// A message that could not be read. A lost diff shows as a gap when the next one comes; an off-grid number means
  /// that every number read so far may be wrong.
  mutating func refuse(_ error: BinanceDecodeError, _ stamp: ReceiveStamp) {
    switch error {
    case .unknownSymbol: counters.unknownSymbols.add()
    case .offGrid: halt(decoder.message.instrument, stamp.timeNs, cause: stamp.cause)
    default: counters.decodeErrors.add()
    }
  }

  /// Publishes a diff that covers the next update id, or drops a stale one.
  ///
  /// - Returns: false when the ring was full.
  private mutating func apply(_ position: Int, _ head: DiffHead, _ levels: UnsafePointer<BookLevel>) -> Bool {
    guard head.lastUpdate > streams[position].lastUpdate else {
      counters.staleDiffs.add()
      return true
    }
    guard publishDiff(position, head, levels) else { return false }
    streams[position].lastUpdate = head.lastUpdate
    return true
  }

  /// Keeps a diff for the snapshot to come, and asks for that snapshot if nobody did.
  private mutating func keep(_ position: Int, _ head: DiffHead) {
    if !streams[position].pending.continues(head) {
      counters.gaps.add()
      streams[position].pending.removeAll()
    }
    if !streams[position].pending.append(head, decoder.levels) {
      counters.pendingOverflows.add()
      streams[position].pending.removeAll()
      _ = streams[position].pending.append(head, decoder.levels)  // Fits: a diff is smaller than the empty buffer.
    }
    if streams[position].snapshotDueNs == .max, requested != position {
      schedule(position, at: head.receiveTimeNs)
    }
  }
}

// MARK: - Breaks

extension BinanceFeed {
  /// Makes a live stream void: tells its consumer, and has a snapshot fetched if there is a connection.
  mutating func breakStream(
    _ position: Int, _ reason: StreamReason, _ nowNs: Int64, cause: UInt64, received: UInt64 = 0
  ) {
    guard streams[position].phase == .live else { return }
    streams[position].phase = .void
    streams[position].pending.removeAll()
    streams[position].attempts = 0
    streams[position].owed = .streamBroken
    recordState(position, .void, reason, nowNs, cause: cause, received: received)
    payOwed(position, nowNs, cause: cause)
    schedule(position, at: isConnected ? nowNs : .max)
  }

  mutating func breakAll(_ reason: StreamReason, _ nowNs: Int64, cause: UInt64) {
    for position in 0..<instrumentCount { breakStream(position, reason, nowNs, cause: cause) }
  }

  private mutating func halt(_ position: Int, _ nowNs: Int64, cause: UInt64) {
    guard streams[position].phase != .halted else { return }
    counters.halts.add()
    streams[position].phase = .halted
    streams[position].pending.removeAll()
    streams[position].owed = .instrumentHalted
    recordState(position, .halted, .offGrid, nowNs, cause: cause)
    payOwed(position, nowNs, cause: cause)
    schedule(position, at: .max)
  }

  private mutating func schedule(_ position: Int, at timeNs: Int64) {
    streams[position].snapshotDueNs = timeNs
    updateDue()
  }

  /// The earliest moment at which `runTimers` has something to do.
  mutating func updateDue() {
    var earliest = Int64.max
    for position in 0..<instrumentCount {
      let snapshot = requested < 0 && streams[position].owed == nil ? streams[position].snapshotDueNs : .max
      earliest = min(earliest, min(snapshot, streams[position].ringRetryNs))
    }
    dueNs = earliest
  }
}

// MARK: - Snapshots

extension BinanceFeed {
  /// The subscription stands: every void stream needs a snapshot.
  mutating func requestSnapshots(_ nowNs: Int64) {
    for position in 0..<instrumentCount where streams[position].phase == .void && requested != position {
      schedule(position, at: nowNs)
    }
  }

  /// The target of a snapshot request to send now, if one is due and none is under way; `requestStarted` follows.
  @_noLocks @inline(never)
  public mutating func requestToSend(nowNs: Int64) -> UnsafeRawBufferPointer? {
    guard isConnected, dueNs <= nowNs, let position = duePosition(nowNs) else { return nil }
    return streams[position].snapshotTarget
  }

  /// The stage handed that target to the request channel.
  @_noLocks @inline(never)
  public mutating func requestStarted(accepted: Bool, nowNs: Int64) {
    guard let position = duePosition(nowNs) else { return }
    guard accepted else {
      recordRefusal(BinanceFeed.requestChannel, nowNs)
      return retrySnapshot(position, after: configuration.snapshotRetryNs, nowNs)
    }
    recordSent(BinanceFeed.requestChannel, streams[position].snapshotTarget, nowNs)
    requested = position
    requestIsObsolete = false
    schedule(position, at: .max)
  }

  /// The answer to the request under way.
  ///
  /// - Precondition: not larger than `frameLimitBytes`.
  @_noLocks @inline(never)
  public mutating func responded(status: Int, _ body: UnsafeRawBufferPointer, nowNs: Int64) {
    let frame = FrameRecord(
      channel: BinanceFeed.requestChannel, status: UInt16(truncatingIfNeeded: status),
      byteCount: UInt32(truncatingIfNeeded: body.count), receiveTsc: 0)
    let record = records.append(type: RecordType.response.rawValue, cause: 0, timeNs: nowNs, frame, raw: body)
    guard let position = finishRequest(nowNs) else { return }
    guard status == 200 else {
      counters.failedSnapshots.add()
      let isLimited = status == 429 || status == 418
      let delayNs = isLimited ? configuration.rateLimitedRetryNs : configuration.snapshotRetryNs
      return retrySnapshot(position, after: delayNs, nowNs)
    }
    let stamp = ReceiveStamp(timeNs: nowNs, tsc: 0, cause: record?.rawValue ?? 0)
    useSnapshot(position, body, stamp)
  }

  /// No answer will come.
  @_noLocks @inline(never)
  public mutating func requestFailed(_ reason: CloseReason, nowNs: Int64) {
    _ = recordChannel(BinanceFeed.requestChannel, RequestEvent.failed.rawValue, reason, nowNs)
    counters.closed.count(reason)
    guard let position = finishRequest(nowNs) else { return }
    counters.failedSnapshots.add()
    retrySnapshot(position, after: configuration.snapshotRetryNs, nowNs)
  }

  /// The void stream whose snapshot is due first in the order of positions.
  private func duePosition(_ nowNs: Int64) -> Int? {
    guard requested < 0 else { return nil }
    for position in 0..<instrumentCount
    where streams[position].snapshotDueNs <= nowNs && streams[position].owed == nil {
      return position
    }
    return nil
  }

  /// - Returns: the stream that waits for the answer; nil when it came too late to be of use.
  private mutating func finishRequest(_ nowNs: Int64) -> Int? {
    let position = requested
    requested = -1
    updateDue()
    guard position >= 0, streams[position].phase == .void, isConnected else { return nil }
    guard requestIsObsolete else { return position }
    requestIsObsolete = false
    schedule(position, at: nowNs)
    return nil
  }

  private mutating func useSnapshot(_ position: Int, _ body: UnsafeRawBufferPointer, _ stamp: ReceiveStamp) {
    let held = heldSnapshot
    let bids = snapshots._withUnsafeGuaranteedRef { $0.bids(held) }
    let asks = snapshots._withUnsafeGuaranteedRef { $0.asks(held) }
    bids.removeAll()
    asks.removeAll()
    var snapshot = BinanceSnapshot()
    let error = snapshot.decode(body, streams[position].instrument, bids: bids, asks: asks)
    if error == .offGrid { return halt(position, stamp.timeNs, cause: stamp.cause) }
    guard error == .none else {
      counters.failedSnapshots.add()
      return retrySnapshot(position, after: configuration.snapshotRetryNs, stamp.timeNs)
    }
    let first = streams[position].pending.firstUpdate
    guard first <= snapshot.lastUpdate &+ 1 else {
      counters.oldSnapshots.add()
      return retrySnapshot(position, after: configuration.snapshotRetryNs, stamp.timeNs)
    }
    guard publishSnapshot(position, snapshot.lastUpdate, stamp) else {
      recordRingFull(streams[position].shard, stamp.timeNs, cause: stamp.cause)
      return retrySnapshot(position, after: configuration.ringRetryNs, stamp.timeNs)
    }
    goLive(position, snapshot.lastUpdate, stamp)
  }

  /// The snapshot is published: the diffs kept for it follow.
  private mutating func goLive(_ position: Int, _ lastUpdate: UInt64, _ stamp: ReceiveStamp) {
    if streams[position].wasLive { counters.resyncs.add() }
    let reason = streams[position].wasLive ? StreamReason.resynchronised : .synchronised
    streams[position].lastUpdate = lastUpdate
    streams[position].phase = .live
    streams[position].wasLive = true
    recordState(position, .live, reason, stamp.timeNs, cause: stamp.cause)
    var offset = 0
    for i in 0..<streams[position].pending.count {
      let head = streams[position].pending.head(i)
      guard apply(position, head, streams[position].pending.levels(from: offset)) else { return }
      offset &+= head.bidCount &+ head.askCount
    }
    streams[position].pending.removeAll()
  }

  /// Asks again after a delay that doubles with each attempt.
  private mutating func retrySnapshot(_ position: Int, after delayNs: Int64, _ nowNs: Int64) {
    let doublings = min(streams[position].attempts, 16)
    streams[position].attempts &+= 1
    let limit = max(configuration.snapshotRetryLimitNs, delayNs)
    schedule(position, at: nowNs &+ min(delayNs << Int64(doublings), limit))
  }
}
