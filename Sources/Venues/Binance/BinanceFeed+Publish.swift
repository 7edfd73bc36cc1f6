// How the feed publishes: all of a message or nothing of it, and what follows when a ring is full.

internal import Market
internal import Pipeline

extension BinanceFeed {
  /// Publishes a diff: its levels, then `depthEnd`, with one store.
  ///
  /// - Returns: false when the ring had no room; the stream is broken then.
  mutating func publishDiff(_ position: Int, _ head: DiffHead, _ levels: UnsafePointer<BookLevel>) -> Bool {
    let count = head.bidCount &+ head.askCount
    let ring = outputs.ring(streams[position].shard)
    let stamp = ReceiveStamp(timeNs: head.receiveTimeNs, tsc: head.receiveTsc, cause: head.cause)
    var event = template(position, .level, sequence: head.lastUpdate, head.eventTimeNs, stamp)
    guard ring.pointee.free > count else { return breakOnFullRing(position, stamp) }
    for i in 0..<count {
      guard let slot = ring.pointee.claim() else { return breakOnFullRing(position, stamp) }
      event.side = i < head.bidCount ? .buy : .sell
      event.price = levels[i].price
      event.quantity = levels[i].quantity
      slot.initialize(to: event)
    }
    guard let slot = ring.pointee.claim() else { return breakOnFullRing(position, stamp) }
    slot.initialize(to: template(position, .depthEnd, sequence: head.lastUpdate, head.eventTimeNs, stamp))
    ring.pointee.publish()
    counters.diffs.add()
    return true
  }

  /// Publishes a bookTicker: bid, then ask, with one store.
  mutating func publishTouch(_ position: Int, _ message: BinanceMarketMessage, _ stamp: ReceiveStamp) -> Bool {
    let ring = outputs.ring(streams[position].shard)
    guard ring.pointee.free >= 2, let bid = ring.pointee.claim(), let ask = ring.pointee.claim() else {
      return breakOnFullRing(position, stamp)
    }
    var event = template(position, .touch, sequence: message.lastSequence, message.eventTimeNs, stamp)
    event.price = message.bid.price
    event.quantity = message.bid.quantity
    bid.initialize(to: event)
    event.side = .sell
    event.price = message.ask.price
    event.quantity = message.ask.quantity
    ask.initialize(to: event)
    ring.pointee.publish()
    counters.tickers.add()
    return true
  }

  mutating func publishTrade(_ position: Int, _ trade: PendingTrade) -> Bool {
    var event = template(position, .trade, sequence: trade.trade, trade.eventTimeNs, trade.stamp)
    event.side = trade.takerSide
    event.price = trade.level.price
    event.quantity = trade.level.quantity
    guard publish(event, position) else { return breakOnFullRing(position, trade.stamp) }
    counters.trades.add()
    return true
  }

  /// Publishes the held snapshot buffer.
  mutating func publishSnapshot(_ position: Int, _ lastUpdate: UInt64, _ stamp: ReceiveStamp) -> Bool {
    var event = template(position, .snapshot, sequence: lastUpdate, 0, stamp)
    event.price = Price(ticks: Int64(heldSnapshot))
    guard publish(event, position) else { return false }
    heldSnapshot = -1
    counters.snapshots.add()
    return true
  }

  /// Publishes the event that the stream owes its consumer, if there is one and the ring takes it.
  mutating func payOwed(_ position: Int, _ nowNs: Int64, cause: UInt64) {
    guard let kind = streams[position].owed else { return }
    let stamp = ReceiveStamp(timeNs: nowNs, tsc: 0, cause: cause)
    if publish(template(position, kind, sequence: streams[position].lastUpdate, 0, stamp), position) {
      streams[position].owed = nil
      streams[position].ringRetryNs = .max
    } else {
      recordRingFull(streams[position].shard, nowNs, cause: cause)
      streams[position].ringRetryNs = nowNs &+ configuration.ringRetryNs
    }
  }

  private mutating func publish(_ event: MarketEvent, _ position: Int) -> Bool {
    outputs.ring(streams[position].shard).pointee.tryPush(event)
  }

  /// Overflow: what was claimed is given back, and the stream is void until a snapshot. Market events are never dropped
  /// one by one.
  private mutating func breakOnFullRing(_ position: Int, _ stamp: ReceiveStamp) -> Bool {
    outputs.ring(streams[position].shard).pointee.abandon()
    recordRingFull(streams[position].shard, stamp.timeNs, cause: stamp.cause)
    breakStream(position, .ringFull, stamp.timeNs, cause: stamp.cause)
    return false
  }

  @inline(always)
  private func template(
    _ position: Int, _ kind: MarketEventKind, sequence: UInt64, _ eventTimeNs: Int64, _ stamp: ReceiveStamp
  ) -> MarketEvent {
    let instrument = streams[position].instrument
    return MarketEvent(
      kind: kind, venue: instrument.venue, instrument: instrument.index,
      definitionVersion: instrument.definitionVersion, sequence: sequence, cause: stamp.cause,
      eventTimeNs: eventTimeNs, receiveTimeNs: stamp.timeNs, receiveTsc: stamp.tsc)
  }
}
