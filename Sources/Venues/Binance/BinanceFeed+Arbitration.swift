// First-arrival arbitration: of two connections that carry the same streams, the first copy of a message is used, the
// later one is dropped and counted. A message ahead of its sequence waits while the other connection can still bring
// what is missing; only what no connection can bring is a gap.

internal import Market
internal import Pipeline

// MARK: - Messages

extension BinanceFeed {
  mutating func handleDepth(_ connection: Int, _ stamp: ReceiveStamp) {
    let message = decoder.message
    let position = message.instrument
    let head = DiffHead(
      firstUpdate: message.firstSequence, lastUpdate: message.lastSequence, eventTimeNs: message.eventTimeNs,
      receiveTimeNs: stamp.timeNs, receiveTsc: stamp.tsc, cause: stamp.cause, bidCount: decoder.bidCount,
      askCount: decoder.askCount)
    noteDiff(connection, position, head.lastUpdate, stamp.timeNs)
    guard streams[position].phase != .halted else { return counters.withheld.add() }
    if streams[position].phase == .live, streams[position].pending.count == 0, isNext(position, head) {
      noteFirst(connection, position, head)
      _ = apply(position, head, decoder.levels)
    } else if streams[position].phase == .live, head.lastUpdate <= streams[position].lastUpdate {
      noteDuplicate(connection, position, head)
      settle(position, stamp.timeNs, cause: stamp.cause)
    } else {
      let wasHeld = streams[position].phase == .live && streams[position].pending.count > 0
      keep(connection, position, head)
      settle(position, stamp.timeNs, cause: stamp.cause)
      if wasHeld, streams[position].phase == .live, streams[position].pending.count == 0 { counters.arbitrated.add() }
    }
    judgeLag(connection, message.eventTimeNs, stamp)
  }

  /// Tickers have no sequence to prove: one that is not newer than the last says nothing new.
  mutating func handleTicker(_ connection: Int, _ stamp: ReceiveStamp) {
    let position = decoder.message.instrument
    let isFirst = connections[connection].arrivals[position].tickerNs == .min
    connections[connection].arrivals[position].tickerNs = stamp.timeNs
    if isFirst { noteDelivery(connection) }
    judgeDepth(connection, position, stamp)
    guard streams[position].phase == .live else { return counters.withheld.add() }
    guard decoder.message.lastSequence > streams[position].lastTicker else {
      return counters.connection(connection).duplicates.add()
    }
    counters.connection(connection).first.add()
    streams[position].lastTicker = decoder.message.lastSequence
    _ = publishTouch(position, decoder.message, stamp)
  }

  mutating func handleTrade(_ connection: Int, _ stamp: ReceiveStamp) {
    let message = decoder.message
    let position = message.instrument
    let isFirst = connections[connection].arrivals[position].tradeNs == .min
    connections[connection].arrivals[position].tradeNs = stamp.timeNs
    connections[connection].arrivals[position].lastTrade = message.lastSequence
    if isFirst { noteDelivery(connection) }
    judgeDepth(connection, position, stamp)
    guard message.lastSequence > streams[position].lastTrade else {
      counters.connection(connection).duplicates.add()
      return settleTrades(position, stamp.timeNs)
    }
    guard streams[position].phase == .live else {
      streams[position].lastTrade = message.lastSequence
      return counters.withheld.add()
    }
    let trade = PendingTrade(
      trade: message.lastSequence, eventTimeNs: message.eventTimeNs, stamp: stamp, level: message.bid,
      takerSide: message.takerSide)
    let last = streams[position].lastTrade
    if last == 0 || trade.trade == last &+ 1, streams[position].trades.count == 0 {
      counters.connection(connection).first.add()
      streams[position].lastTrade = trade.trade
      _ = publishTrade(position, trade)
    } else {
      keep(connection, position, trade)
      settleTrades(position, stamp.timeNs)
    }
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
}

// MARK: - Keeping

extension BinanceFeed {
  private mutating func keep(_ connection: Int, _ position: Int, _ head: DiffHead) {
    switch streams[position].pending.insert(head, decoder.levels) {
    case .kept: noteFirst(connection, position, head)
    case .known: noteDuplicate(connection, position, head)
    case .full:
      noteFirst(connection, position, head)
      counters.pendingOverflows.add()
      breakStream(position, .gap, head.receiveTimeNs, cause: head.cause, received: head.firstUpdate)
      streams[position].pending.removeAll()
      _ = streams[position].pending.insert(head, decoder.levels)  // Fits: a diff is smaller than the empty buffer.
    }
    if streams[position].phase == .void, streams[position].snapshotDueNs == .max, requested != position {
      schedule(position, at: head.receiveTimeNs)
    }
  }

  private mutating func keep(_ connection: Int, _ position: Int, _ trade: PendingTrade) {
    switch streams[position].trades.insert(trade) {
    case .kept: counters.connection(connection).first.add()
    case .known: counters.connection(connection).duplicates.add()
    case .full:
      // The trades that are missing before the kept ones are given up.
      counters.connection(connection).first.add()
      while streams[position].trades.count > 0 { publishFirstTrade(position) }
      _ = streams[position].trades.insert(trade)
    }
  }

  /// Whether the diff continues the book.
  @inline(always)
  func isNext(_ position: Int, _ head: DiffHead) -> Bool {
    head.firstUpdate <= streams[position].lastUpdate &+ 1 && head.lastUpdate > streams[position].lastUpdate
  }

  /// Publishes what has become continuous, and gives up what no connection can bring any more.
  mutating func settle(_ position: Int, _ nowNs: Int64, cause: UInt64) {
    settleDiffs(position, nowNs, cause: cause)
    settleTrades(position, nowNs)
  }

  mutating func settleDiffs(_ position: Int, _ nowNs: Int64, cause: UInt64) {
    guard streams[position].phase == .live, streams[position].pending.count > 0 else { return }
    while streams[position].phase == .live, streams[position].pending.count > 0 {
      let head = streams[position].pending.head(0)
      if head.lastUpdate > streams[position].lastUpdate {
        if head.firstUpdate > streams[position].lastUpdate &+ 1 {
          if isBridgeable(position, after: streams[position].lastUpdate, head.receiveTimeNs, nowNs) { break }
          counters.gaps.add()
          breakStream(position, .gap, nowNs, cause: cause, received: head.firstUpdate)
          break
        }
        guard apply(position, head, streams[position].pending.levels(of: head)) else { break }
      }
      streams[position].pending.removeFirst()
    }
    updateDue()
  }

  /// Whether a connection may still bring the diff that follows `lastUpdate`: it is open, has not passed it, and the
  /// wait is not over.
  func isBridgeable(_ position: Int, after lastUpdate: UInt64, _ heldSinceNs: Int64, _ nowNs: Int64) -> Bool {
    guard nowNs < heldSinceNs &+ configuration.gapWaitNs else { return false }
    for connection in 0..<BinanceFeed.connectionLimit
    where connections[connection].isOpen && connections[connection].arrivals[position].lastUpdate <= lastUpdate {
      return true
    }
    return false
  }

  mutating func settleTrades(_ position: Int, _ nowNs: Int64) {
    guard streams[position].trades.count > 0 else { return }
    guard streams[position].phase == .live else { return withholdTrades(position) }
    while streams[position].trades.count > 0 {
      let trade = streams[position].trades.first
      let isAhead = trade.trade > streams[position].lastTrade &+ 1
      if isAhead, isTradeBridgeable(position, trade.stamp.timeNs, nowNs) { return updateDue() }
      publishFirstTrade(position)
    }
  }

  private func isTradeBridgeable(_ position: Int, _ heldSinceNs: Int64, _ nowNs: Int64) -> Bool {
    guard nowNs < heldSinceNs &+ configuration.gapWaitNs else { return false }
    for connection in 0..<BinanceFeed.connectionLimit
    where connections[connection].isOpen
      && connections[connection].arrivals[position].lastTrade <= streams[position].lastTrade
    {
      return true
    }
    return false
  }

  /// Publishes the kept trade with the lowest id, whatever is missing before it; drops one that came too late.
  private mutating func publishFirstTrade(_ position: Int) {
    let trade = streams[position].trades.first
    let last = streams[position].lastTrade
    streams[position].trades.removeFirst()
    guard trade.trade > last else { return }
    if trade.trade > last &+ 1 { counters.tradeGaps.add() }
    streams[position].lastTrade = trade.trade
    _ = publishTrade(position, trade)
  }
}

// MARK: - Who was first

extension BinanceFeed {
  private mutating func noteFirst(_ connection: Int, _ position: Int, _ head: DiffHead) {
    counters.connection(connection).first.add()
    streams[position].firstArrivals.note(head.lastUpdate, connection, head.receiveTimeNs)
  }

  /// The later copy of a diff measures how far the connections lie apart.
  private mutating func noteDuplicate(_ connection: Int, _ position: Int, _ head: DiffHead) {
    counters.connection(connection).duplicates.add()
    let first = streams[position].firstArrivals.find(head.lastUpdate)
    guard first.connection == 1 &- connection else { return }
    counters.connection(first.connection).wins.add()
    counters.connection(connection).behind.record(head.receiveTimeNs &- first.timeNs)
  }
}
