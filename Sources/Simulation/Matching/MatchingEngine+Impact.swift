// The recorded market, pushed by our own trades: the side that we take from retreats by whole ticks.

public import Market

/// How far a market's quotes have retreated from us.
struct MarketPush: Sendable {
  var model: any ImpactModel
  /// In force; positive when buying pushed the asks up, negative when selling pushed the bids down.
  var ticks: Int64 = 0

  /// What the prices of a side stand away from the recording.
  func offset(_ side: Side) -> Int64 { side == .buy ? min(0, ticks) : max(0, ticks) }
}

extension MatchingEngine {
  /// A message of the recording as it would be with our trades in the market. It is applied here, and it is what clients
  /// see: what they see is what they can take.
  ///
  /// * Those who quote against us retreat by the displacement of the model, rounded to whole ticks, halves away from
  ///   zero. They answer with the next depth message that continues the book and is not older than the ticker; it tells
  ///   all levels that moved. What we took of a level stays taken when it moves.
  /// * The other side does not follow us, trades of others are those recorded, and so are the queues that our resting
  ///   orders stand in: our push can cost us something and never brings anything. A market that followed us whole could
  ///   be pushed and sold to (Huberman and Stanzl, "Price manipulation and quasi-arbitrage", 2004).
  /// * No price falls below one tick: the best bid is pushed down to it at most, asks up by the best bid at most, and
  ///   deeper bids that would fall below one tick are gone until the recording tells them again.
  ///
  /// Without an impact model the message is returned as it is.
  public mutating func pushed(_ message: MarketMessage, of instrument: InstrumentIndex, timeNs: Int64) -> MarketMessage
  {
    let i = Int(instrument.rawValue)
    guard i < pushes.count, let push = pushes[i] else { return message }
    guard case .depth(let bids, let asks, let firstId, let id) = message,
      markets[i].isContinued(firstUpdateId: firstId, updateId: id), let next = nextPush(i, push, timeNs: timeNs)
    else { return message.moved(by: push) }
    let before = markets[i].depth
    for side in Side.allCases { markets[i].move(side, by: next.offset(side) - push.offset(side)) }
    pushes[i] = next
    func changes(_ side: Side, _ recorded: [PriceQuantity]) -> [PriceQuantity] {
      markets[i].depth.changes(side, since: before, stated: recorded.moved(by: next.offset(side)))
    }
    return .depth(
      bids: changes(.buy, bids), asks: changes(.sell, asks), firstUpdateId: firstId, updateId: id)
  }

  /// The push of that time; nil when it is the one in force.
  private func nextPush(_ i: Int, _ push: MarketPush, timeNs: Int64) -> MarketPush? {
    guard let bid = recordedTouch(InstrumentIndex(UInt16(i))).bid else { return nil }
    var next = push
    let ticks = push.model.displacementTicks(at: timeNs).rounded(.toNearestOrAwayFromZero)
    next.ticks = Int64(exactly: min(max(ticks, Double(1 - bid.ticks)), Double(bid.ticks))) ?? push.ticks
    return next.ticks == push.ticks ? nil : next
  }

  /// The best prices of the recording, wherever our trades have pushed what is shown.
  public func recordedTouch(_ instrument: InstrumentIndex) -> (bid: Price?, ask: Price?) {
    let i = Int(instrument.rawValue)
    func recorded(_ level: DisplayedLevel?, _ side: Side) -> Price? {
      level.map { Price(ticks: $0.price.ticks - offset(side, at: i)) }
    }
    return (recorded(markets[i].fused.bestBid, .buy), recorded(markets[i].fused.bestAsk, .sell))
  }

  /// What the recording displays at a price: the queue there.
  func recordedQuantity(_ side: Side, _ price: Price, at i: Int) -> Quantity {
    let shown = Price(ticks: price.ticks + offset(side, at: i))
    return markets[i].fused.level(side, shown)?.displayed ?? .zero
  }

  private func offset(_ side: Side, at i: Int) -> Int64 { pushes[i]?.offset(side) ?? 0 }
}

extension MarketMessage {
  fileprivate func moved(by push: MarketPush) -> MarketMessage {
    guard push.ticks != 0 else { return self }
    let (down, up) = (push.offset(.buy), push.offset(.sell))
    switch self {
    case .snapshot(let bids, let asks, let id):
      return .snapshot(bids: bids.moved(by: down), asks: asks.moved(by: up), updateId: id)
    case .depth(let bids, let asks, let firstId, let id):
      return .depth(bids: bids.moved(by: down), asks: asks.moved(by: up), firstUpdateId: firstId, updateId: id)
    case .touch(var bid, var ask, let id):
      bid.price.ticks = max(1, bid.price.ticks &+ down)
      ask.price.ticks = max(bid.price.ticks, ask.price.ticks &+ up)
      return .touch(bid: bid, ask: ask, updateId: id)
    case .trade: return self
    }
  }
}

extension [PriceQuantity] {
  /// The levels elsewhere, without those that fall below one tick.
  fileprivate func moved(by ticks: Int64) -> [PriceQuantity] {
    map { PriceQuantity(price: Price(ticks: $0.price.ticks &+ ticks), quantity: $0.quantity) }
      .filter { $0.price.ticks > 0 }
  }
}

extension DisplayedBook {
  /// What tells a client of `other` how a side moved to here and what was stated of it since: levels that moved, from the
  /// best on, then those stated. A level that is gone has no quantity.
  fileprivate func changes(_ side: Side, since other: DisplayedBook, stated: [PriceQuantity]) -> [PriceQuantity] {
    let prices = Set(stated.map(\.price.ticks))
    var (new, old) = (levels(side)[...], other.levels(side)[...])
    var changes: [PriceQuantity] = []
    while let price = Self.better(new.last?.price, old.last?.price, side) {
      let now = new.last?.price == price ? new.removeLast().displayed : .zero
      let then = old.last?.price == price ? old.removeLast().displayed : .zero
      if now != then, !prices.contains(price.ticks) { changes.append(PriceQuantity(price: price, quantity: now)) }
    }
    return changes + stated
  }

  private static func better(_ a: Price?, _ b: Price?, _ side: Side) -> Price? {
    guard let a, let b else { return a ?? b }
    return a.isBetter(than: b, for: side) ? a : b
  }
}
