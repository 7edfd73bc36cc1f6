// REST snapshots: asked for one at a time, within the venue's limits, and used where they connect to the kept diffs.

internal import Market
public import Pipeline

// MARK: - Requests

extension BinanceFeed {
  /// A subscription stands: every void stream needs a snapshot.
  mutating func requestSnapshots(_ nowNs: Int64) {
    for position in 0..<instrumentCount
    where streams[position].phase == .void && requested != position && streams[position].snapshotDueNs == .max {
      schedule(position, at: nowNs)
    }
  }

  /// The target of a snapshot request to send now, if one is due and none is under way; `requestStarted` follows.
  @_noLocks @inline(never)
  public mutating func requestToSend(nowNs: Int64) -> UnsafeRawBufferPointer? {
    guard dueNs <= nowNs, let position = duePosition(nowNs) else { return nil }
    return streams[position].snapshotTarget
  }

  /// The stage handed that target to the request channel.
  @_noLocks @inline(never)
  public mutating func requestStarted(accepted: Bool, nowNs: Int64) {
    guard let position = duePosition(nowNs) else { return }
    guard accepted else {
      _ = recordRefusal(BinanceFeed.requestChannel, nowNs)
      return retrySnapshot(position, after: configuration.snapshotRetryNs, nowNs)
    }
    recordSent(BinanceFeed.requestChannel, streams[position].snapshotTarget, nowNs)
    budget.count(nowNs)
    counters.snapshotWeight.set(budget.weight(nowNs))
    requested = position
    requestIsObsolete = false
    schedule(position, at: .max)
  }

  /// The void stream whose snapshot is due first in the order of positions.
  private func duePosition(_ nowNs: Int64) -> Int? {
    guard requested < 0, hasOpenConnection, budget.opensNs <= nowNs else { return nil }
    for position in 0..<instrumentCount
    where streams[position].snapshotDueNs <= nowNs && streams[position].owed == nil {
      return position
    }
    return nil
  }

  /// Asks again after a delay that doubles with each attempt.
  mutating func retrySnapshot(_ position: Int, after delayNs: Int64, _ nowNs: Int64) {
    let doublings = min(streams[position].attempts, 16)
    streams[position].attempts &+= 1
    let limit = max(configuration.snapshotRetryLimitNs, delayNs)
    schedule(position, at: nowNs &+ min(delayNs << Int64(doublings), limit))
  }
}

// MARK: - Responses

extension BinanceFeed {
  /// The answer to the request under way.
  ///
  /// - Parameter retryAfterSeconds: how long the venue wants no request, where it said so.
  /// - Precondition: not larger than `frameLimitBytes`.
  @_noLocks @inline(never)
  public mutating func responded(
    status: Int, retryAfterSeconds: Int?, _ body: UnsafeRawBufferPointer, nowNs: Int64
  ) {
    let frame = FrameRecord(
      channel: BinanceFeed.requestChannel, status: UInt16(truncatingIfNeeded: status),
      byteCount: UInt32(truncatingIfNeeded: body.count), receiveTsc: UInt64(max(0, retryAfterSeconds ?? 0)))
    let record = records.append(type: RecordType.response.rawValue, cause: 0, timeNs: nowNs, frame, raw: body)
    obey(status: status, retryAfterSeconds, nowNs)
    guard let position = finishRequest(nowNs) else { return }
    guard status == 200 else {
      counters.failedSnapshots.add()
      return retrySnapshot(position, after: configuration.snapshotRetryNs, nowNs)
    }
    useSnapshot(position, body, ReceiveStamp(timeNs: nowNs, tsc: 0, cause: record?.rawValue ?? 0))
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

  /// 429: the limit is exceeded. 418: the address is banned. Both keep every stream's requests back.
  private mutating func obey(status: Int, _ retryAfterSeconds: Int?, _ nowNs: Int64) {
    guard status == 429 || status == 418 else { return }
    if status == 418 { counters.bans.add() } else { counters.rateLimited.add() }
    let unspecifiedNs = status == 418 ? configuration.bannedRetryNs : configuration.rateLimitedRetryNs
    let seconds = Int64(retryAfterSeconds ?? 0)
    let waitNs = seconds > 0 ? seconds &* 1_000_000_000 : unspecifiedNs
    budget.close(untilNs: nowNs &+ waitNs)
    counters.closedUntilNs.set(budget.closedUntilNs)
  }

  /// - Returns: the stream that waits for the answer; nil when it came too late to be of use.
  private mutating func finishRequest(_ nowNs: Int64) -> Int? {
    let position = requested
    requested = -1
    budget.settle(nowNs)
    updateDue()
    guard position >= 0, streams[position].phase == .void, hasOpenConnection else { return nil }
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
    guard connects(position, snapshot.lastUpdate, stamp.timeNs) else {
      counters.oldSnapshots.add()
      return retrySnapshot(position, after: configuration.snapshotRetryNs, stamp.timeNs)
    }
    guard publishSnapshot(position, snapshot.lastUpdate, stamp) else {
      recordRingFull(streams[position].shard, stamp.timeNs, cause: stamp.cause)
      return retrySnapshot(position, after: configuration.ringRetryNs, stamp.timeNs)
    }
    goLive(position, snapshot.lastUpdate, stamp)
  }

  /// Whether the kept diffs continue the snapshot, or a connection can still bring what is missing between them. Those
  /// that the snapshot covers are dropped.
  private mutating func connects(_ position: Int, _ lastUpdate: UInt64, _ nowNs: Int64) -> Bool {
    while streams[position].pending.count > 0, streams[position].pending.head(0).lastUpdate <= lastUpdate {
      streams[position].pending.removeFirst()
      counters.staleDiffs.add()
    }
    var last = lastUpdate
    for i in 0..<streams[position].pending.count {
      let head = streams[position].pending.head(i)
      if head.firstUpdate > last &+ 1, !isBridgeable(position, after: last, head.receiveTimeNs, nowNs) { return false }
      last = max(last, head.lastUpdate)
    }
    return true
  }
}
