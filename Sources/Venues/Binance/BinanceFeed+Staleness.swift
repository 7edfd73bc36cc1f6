// Staleness: what a connection still brings may be old. Judged by what it implies and by its lag over the best path,
// never by the venue's time alone.

internal import Market
internal import Pipeline

extension BinanceFeed {
  /// A diff came: it answers the tickers and trades before it.
  mutating func noteDiff(_ connection: Int, _ position: Int, _ lastUpdate: UInt64, _ nowNs: Int64) {
    let isFirst = connections[connection].arrivals[position].lastUpdate == 0
    connections[connection].arrivals[position].lastUpdate = lastUpdate
    connections[connection].arrivals[position].diffNs = nowNs
    connections[connection].arrivals[position].impliedDiffNs = .max
    if isFirst { noteDelivery(connection) }
  }

  /// A ticker or trade changes the book, so a diff must follow: a connection on which none does has a dead stream.
  ///
  /// One that comes within half the bound after a diff may be late and answered by it; after a quiet time the first one
  /// gives the diff the other half.
  mutating func judgeDepth(_ connection: Int, _ position: Int, _ stamp: ReceiveStamp) {
    let arrivals = connections[connection].arrivals[position]
    let halfNs = configuration.depthSilenceLimitNs / 2
    if arrivals.impliedDiffNs == .max {
      guard stamp.timeNs &- arrivals.diffNs > halfNs else { return }
      connections[connection].arrivals[position].impliedDiffNs = stamp.timeNs
    } else if stamp.timeNs &- arrivals.impliedDiffNs > halfNs, streams[position].phase != .halted {
      markStale(connection, stamp)
    }
  }

  /// The lag of a diff over the smallest of the last minute: path and clock offset are in both. A venue that stamps a
  /// time far ahead makes what follows look late for that minute: the book is void then, rather than trusted too long.
  mutating func judgeLag(_ connection: Int, _ eventTimeNs: Int64, _ stamp: ReceiveStamp) {
    let (offset, overflow) = stamp.timeNs.subtractingReportingOverflow(eventTimeNs)
    guard !overflow else { return }  // a time that no clock shows
    let (lag, isFar) = offset.subtractingReportingOverflow(lagFloor.insert(offset, atNs: stamp.timeNs))
    let lagNs = isFar ? .max : lag
    counters.connection(connection).lagNs.set(lagNs)
    guard lagNs > configuration.lagLimitNs else {
      connections[connection].lateMessages = 0
      return
    }
    connections[connection].lateMessages &+= 1
    if connections[connection].lateMessages >= configuration.lateMessageLimit { markStale(connection, stamp) }
  }

  private mutating func markStale(_ connection: Int, _ stamp: ReceiveStamp) {
    guard connections[connection].isOpen else { return }
    counters.connection(connection).stale.add()
    abandon(connection, .stale, stamp.timeNs, cause: stamp.cause)
  }
}
