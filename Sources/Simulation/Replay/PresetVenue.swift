// The exchange of the preset `hftbacktest-2.4`: the recorded book stays as it was recorded, whatever our orders do.

import Market

/// Whether an order that trades have only partly reached is filled in parts.
public enum PresetFills: Sendable {
  /// hftbacktest's `NoPartialFillExchange`: whole, as soon as it is reached at all; takers whole at the best price.
  case whole
  /// hftbacktest's `PartialFillExchange`: by what has reached it; takers by what each level displays.
  case partial
}

/// The rules, of hftbacktest 2.4 (`NoPartialFillExchange`, `PartialFillExchange`), from its documents and sources:
/// * A resting order fills whole at its own price when the opposite best price reaches or crosses it, and when a trade passes
///   through its price. At equal price the queue model says how far trades have reached into it.
/// * Own orders do not share a trade, are not displayed, and what they take is still there for the next.
/// * Levels apply one by one: the book may be crossed in between, and crossing fills.
///
/// A pure value of rows and requests; answers go to the outbox. Belongs to one replay.
struct PresetVenue<Queue: QueueModel>: ReplayVenue, ~Copyable {
  /// Answers, to be sent in this order.
  private var outbox = Fifo<ReplayOrder>()
  private(set) var fills: [ReplayFill] = []

  private var book: ReplayBook
  private var bids: OwnOrders<Queue.Place>
  private var asks: OwnOrders<Queue.Place>
  private let queue: Queue
  private let scale: ReplayScale
  private let mode: PresetFills
  private let lowestTicks: Int64
  private let tickCount: Int

  init(_ market: any ReplayMarket, queue: Queue, mode: PresetFills) {
    book = ReplayBook(market)
    bids = OwnOrders(ticks: market.tickCount)
    asks = OwnOrders(ticks: market.tickCount)
    self.queue = queue
    self.mode = mode
    scale = ReplayScale(market.instrument)
    lowestTicks = market.lowestTicks
    tickCount = market.tickCount
    fills.reserveCapacity(1 << 12)
  }

  /// A row by price always says something.
  var unusableRows: UInt64 { 0 }
  @inline(__always)
  var hasAnswer: Bool { outbox.count > 0 }
  mutating func takeAnswer() -> ReplayOrder { outbox.removeFirst() }

  // MARK: Market data

  @inline(__always)
  mutating func apply(_ row: ReplayRow) {
    let tick = Int(row.tick)
    switch row.code {
    case .bid:
      let before = book.bestBid
      let previous = book.setBid(tick, row.lots)
      if bids.has(tick) { bidQueueChanged(tick, previous, row.lots) }
      if book.bestBid > before, asks.lowest <= book.bestBid { fillAsks(upTo: book.bestBid, row.timeNs) }
    case .ask:
      let before = book.bestAsk
      let previous = book.setAsk(tick, row.lots)
      if asks.has(tick) { askQueueChanged(tick, previous, row.lots) }
      if book.bestAsk < before, bids.highest >= book.bestAsk { fillBids(downTo: book.bestAsk, row.timeNs) }
    case .buyTrade:
      if asks.lowest <= tick { tradeReachedAsks(tick, row.lots, row.timeNs) }
    case .sellTrade:
      if bids.highest >= tick { tradeReachedBids(tick, row.lots, row.timeNs) }
    case .clearBids: book.clearBids(downTo: row)
    case .clearAsks: book.clearAsks(upTo: row)
    case .nothing: break
    }
  }

  private mutating func bidQueueChanged(_ tick: Int, _ previous: Int64, _ lots: Int64) {
    let (from, to) = (scale.units(previous), scale.units(lots))
    for i in 0..<bids.count where bids[i].tick == tick { queue.changed(&bids[i].place, from: from, to: to) }
  }

  private mutating func askQueueChanged(_ tick: Int, _ previous: Int64, _ lots: Int64) {
    let (from, to) = (scale.units(previous), scale.units(lots))
    for i in 0..<asks.count where asks[i].tick == tick { queue.changed(&asks[i].place, from: from, to: to) }
  }

  private mutating func fillAsks(upTo tick: Int, _ timeNs: Int64) {
    var i = 0
    while i < asks.count {
      guard asks[i].tick <= tick else {
        i += 1
        continue
      }
      fillAsk(i, asks[i].order.leaves.lots, timeNs)
    }
  }

  private mutating func fillBids(downTo tick: Int, _ timeNs: Int64) {
    var i = 0
    while i < bids.count {
      guard bids[i].tick >= tick else {
        i += 1
        continue
      }
      fillBid(i, bids[i].order.leaves.lots, timeNs)
    }
  }

  private mutating func tradeReachedAsks(_ tick: Int, _ lots: Int64, _ timeNs: Int64) {
    let traded = scale.units(lots)
    var i = 0
    while i < asks.count {
      let leaves = asks[i].order.leaves.lots
      var reached = asks[i].tick < tick ? leaves : 0
      if asks[i].tick == tick {
        queue.traded(&asks[i].place, quantity: traded)
        reached = whatFills(queue.reached(&asks[i].place, lot: scale.lot), of: leaves)
      }
      if reached > 0 { fillAsk(i, reached, timeNs) }
      if reached < leaves { i += 1 }
    }
  }

  private mutating func tradeReachedBids(_ tick: Int, _ lots: Int64, _ timeNs: Int64) {
    let traded = scale.units(lots)
    var i = 0
    while i < bids.count {
      let leaves = bids[i].order.leaves.lots
      var reached = bids[i].tick > tick ? leaves : 0
      if bids[i].tick == tick {
        queue.traded(&bids[i].place, quantity: traded)
        reached = whatFills(queue.reached(&bids[i].place, lot: scale.lot), of: leaves)
      }
      if reached > 0 { fillBid(i, reached, timeNs) }
      if reached < leaves { i += 1 }
    }
  }

  private func whatFills(_ reached: Int64, of leaves: Int64) -> Int64 {
    reached > 0 && mode == .whole ? leaves : min(reached, leaves)
  }

  /// Fills a resting order; one that is filled whole leaves, and the last one takes its place.
  private mutating func fillAsk(_ i: Int, _ lots: Int64, _ timeNs: Int64) {
    var order = asks[i].order
    fill(&order, order.price, lots, timeNs, isMaker: true)
    if order.status == .filled { asks.remove(at: i) } else { asks[i].order = order }
  }

  private mutating func fillBid(_ i: Int, _ lots: Int64, _ timeNs: Int64) {
    var order = bids[i].order
    fill(&order, order.price, lots, timeNs, isMaker: true)
    if order.status == .filled { bids.remove(at: i) } else { bids[i].order = order }
  }

  private mutating func fill(
    _ order: inout ReplayOrder, _ price: Price, _ lots: Int64, _ timeNs: Int64, isMaker: Bool
  ) {
    order.fill(Quantity(lots: lots), at: price, timeNs: timeNs, isMaker: isMaker)
    fills.append(order.fill)
    outbox.append(order)
  }

  // MARK: Requests

  mutating func receive(_ request: ReplayOrder, timeNs: Int64) {
    var order = request
    order.exchangeTimeNs = timeNs
    switch request.request {
    case .new:
      order.request = .none
      if order.side == .buy { placeBid(&order, timeNs) } else { placeAsk(&order, timeNs) }
    case .cancel: cancel(&order, timeNs)
    case .none, .rejected: preconditionFailure("a request asks for something")
    }
  }

  private mutating func placeBid(_ order: inout ReplayOrder, _ timeNs: Int64) {
    let tick = Int(order.price.ticks - lowestTicks)
    guard tick < book.bestAsk else { return take(&order, timeNs, limit: tick) }
    guard order.timeInForce == .goodTillCancel || order.timeInForce == .postOnly else { return expire(&order) }
    let displayed = tick >= 0 && tick < tickCount ? book.bids.quantity(tick) : 0
    order.status = .open
    bids.append(
      order, tick: tick,
      place: queue.joined(displayed: scale.units(displayed), own: scale.units(order.quantity.lots)))
    outbox.append(order)
  }

  private mutating func placeAsk(_ order: inout ReplayOrder, _ timeNs: Int64) {
    let tick = Int(order.price.ticks - lowestTicks)
    guard tick > book.bestBid || book.bestBid == ReplayBook.noBid else { return take(&order, timeNs, limit: tick) }
    guard order.timeInForce == .goodTillCancel || order.timeInForce == .postOnly else { return expire(&order) }
    let displayed = tick >= 0 && tick < tickCount ? book.asks.quantity(tick) : 0
    order.status = .open
    asks.append(
      order, tick: tick,
      place: queue.joined(displayed: scale.units(displayed), own: scale.units(order.quantity.lots)))
    outbox.append(order)
  }

  /// An order whose price reaches the other side's best.
  private mutating func take(_ order: inout ReplayOrder, _ timeNs: Int64, limit: Int) {
    guard order.timeInForce != .postOnly else { return expire(&order) }
    if mode == .whole {
      let best = order.side == .buy ? book.bestAsk : book.bestBid
      return fill(&order, price(best), order.leaves.lots, timeNs, isMaker: false)
    }
    takeLevels(&order, timeNs, limit: limit)
  }

  /// Level by level up to the limit, each for what it displays; what is left rests, or expires with its order.
  private mutating func takeLevels(_ order: inout ReplayOrder, _ timeNs: Int64, limit: Int) {
    if order.timeInForce == .fillOrKill, displayed(order.side, limit: limit, atLeast: order.leaves.lots) == false {
      return expire(&order)
    }
    var tick = order.side == .buy ? book.bestAsk : book.bestBid
    while order.leaves.lots > 0, tick != TickSide.none, order.side == .buy ? tick <= limit : tick >= limit {
      let displayed = order.side == .buy ? book.asks.quantity(tick) : book.bids.quantity(tick)
      fill(&order, price(tick), min(displayed, order.leaves.lots), timeNs, isMaker: false)
      tick = order.side == .buy ? book.asks.above(tick) : book.bids.below(tick)
    }
    guard order.leaves.lots > 0 else { return }
    if order.timeInForce == .immediateOrCancel { return expire(&order) }
    // Nothing of the book is left at its price: it is the first there.
    let place = queue.joined(displayed: 0, own: scale.units(order.leaves.lots))
    if order.side == .buy {
      bids.append(order, tick: limit, place: place)
    } else {
      asks.append(order, tick: limit, place: place)
    }
  }

  private func displayed(_ side: Side, limit: Int, atLeast lots: Int64) -> Bool {
    var tick = side == .buy ? book.bestAsk : book.bestBid
    var sum: Int64 = 0
    while sum < lots, tick != TickSide.none, side == .buy ? tick <= limit : tick >= limit {
      sum += side == .buy ? book.asks.quantity(tick) : book.bids.quantity(tick)
      tick = side == .buy ? book.asks.above(tick) : book.bids.below(tick)
    }
    return sum >= lots
  }

  private mutating func cancel(_ order: inout ReplayOrder, _ timeNs: Int64) {
    if order.side == .buy, let i = bids.index(of: order.id) {
      order = bids[i].order
      bids.remove(at: i)
    } else if order.side == .sell, let i = asks.index(of: order.id) {
      order = asks[i].order
      asks.remove(at: i)
    } else {
      order.request = .rejected
      outbox.append(order)
      return
    }
    order.status = .canceled
    order.exchangeTimeNs = timeNs
    outbox.append(order)
  }

  private mutating func expire(_ order: inout ReplayOrder) {
    order.status = .expired
    outbox.append(order)
  }

  private func price(_ tick: Int) -> Price { Price(ticks: lowestTicks + Int64(tick)) }
}
