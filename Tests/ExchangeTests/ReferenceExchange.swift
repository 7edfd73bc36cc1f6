// The slow and obvious exchange: one array of orders, sorted whenever somebody looks. Written apart from the engine, for
// one spot instrument whose money is not its business, or one contract with the positions in it.

import Market
import Simulation

/// One thing that happened, in terms that both engines share: orders by the ordinal of their acceptance.
struct Happening: Equatable, CustomStringConvertible {
  var kind: ExchangeEventKind
  var order: UInt64
  var price: Int64 = 0
  var lots: Int64 = 0
  var remaining: Int64 = 0
  var counter: UInt64 = 0
  var isMaker = false
  var keptPriority = false
  var refusal: ExchangeRefusal?
  var expiry: ExchangeExpiry?

  var description: String {
    "\(kind) #\(order) price \(price) lots \(lots) left \(remaining) counter \(counter) \(isMaker ? "maker " : "")"
      + "\(refusal.map { "\($0)" } ?? "") \(expiry.map { "\($0)" } ?? "")"
  }
}

struct ReferenceExchange {
  struct Order {
    var ordinal: UInt64
    var entry: OrderEntry
    var remaining: Int64
    var shown: Int64
    /// Its turn at its price: a later one stands behind.
    var turn: Int
    var waits: Bool
    /// Whether it stands in the book or waits as a stop.
    var isThere = false
    var buys: Bool { entry.side == .buy }
  }

  var orders: [Order] = []
  var state = InstrumentState.trading
  var last: Int64 = 0
  private var accepted: UInt64 = 0
  private var turns = 0
  private var traded: [Int64] = []
  private(set) var log: [Happening] = []
  let prices: ClosedRange<Int64> = 1...100_000
  let band: ClosedRange<Int64>
  let maximumOpenOrders: Int
  /// The trade group of each account, -1 for none.
  let groups: [Int32]
  /// Nil for spot.
  var contract: ReferenceContract?

  init(
    band: ClosedRange<Int64>, maximumOpenOrders: Int, groups: [Int32], contract: ReferenceContract? = nil
  ) {
    self.groups = groups
    self.contract = contract
    self.band = band
    self.maximumOpenOrders = maximumOpenOrders
  }

  mutating func takeLog() -> [Happening] {
    defer { log = [] }
    return log
  }

  // MARK: Requests

  mutating func pass(to timeNs: Int64) {
    let due = orders.filter { $0.entry.lifetime == .goodTilDate && $0.entry.expiryNs <= timeNs }
      .sorted { ($0.entry.expiryNs, $0.ordinal) < ($1.entry.expiryNs, $1.ordinal) }
    for order in due { expire(order.ordinal, .goodTilDate) }
  }

  mutating func place(_ entry: OrderEntry, timeNs: Int64) {
    pass(to: timeNs)
    if let reason = refusal(of: entry, timeNs: timeNs) {
      log.append(Happening(kind: .refused, order: 0, refusal: reason))
      return
    }
    accepted += 1
    orders.append(
      Order(
        ordinal: accepted, entry: entry, remaining: entry.quantity.lots, shown: 0, turn: nextTurn(),
        waits: entry.type == .stop || entry.type == .stopLimit, isThere: false))
    log.append(
      Happening(
        kind: .accepted, order: accepted, price: entry.price.ticks, lots: entry.quantity.lots,
        remaining: entry.quantity.lots))
    if orders[orders.count - 1].waits { orders[orders.count - 1].isThere = true } else { run(accepted) }
    runStops()
  }

  mutating func cancel(_ ordinal: UInt64, account: AccountIndex, timeNs: Int64) {
    pass(to: timeNs)
    guard let i = index(ordinal), orders[i].entry.account == account else { return refuse(.unknownOrder) }
    guard state != .halted else { return refuse(.marketClosed) }
    log.append(
      Happening(kind: .canceled, order: ordinal, price: orders[i].entry.price.ticks, remaining: orders[i].remaining))
    orders.remove(at: i)
  }

  mutating func amend(_ ordinal: UInt64, account: AccountIndex, price: Int64, lots: Int64, timeNs: Int64) {
    pass(to: timeNs)
    guard let i = index(ordinal), orders[i].entry.account == account, !orders[i].waits else {
      return refuse(.unknownOrder)
    }
    let old = orders[i]
    guard state == .trading || (state == .postOnly && old.entry.postOnly) else { return refuse(.marketClosed) }
    let remaining = lots - (old.entry.quantity.lots - old.remaining)
    guard remaining > 0, price != old.entry.price.ticks || lots != old.entry.quantity.lots else {
      return refuse(.amendChangesNothing)
    }
    var entry = old.entry
    entry.price = Price(ticks: price)
    entry.quantity = Quantity(lots: lots)
    if entry.displayed.lots >= lots { entry.displayed = .zero }
    if let reason = filters(entry) { return refuse(reason) }
    let keeps = price == old.entry.price.ticks && lots < old.entry.quantity.lots
    if !keeps, entry.postOnly, meets(entry) { return refuse(.wouldTake) }
    orders[i].entry = entry
    orders[i].remaining = remaining
    orders[i].shown = min(orders[i].shown, remaining)
    log.append(
      Happening(
        kind: .amended, order: ordinal, price: price, lots: lots, remaining: remaining, keptPriority: keeps))
    guard !keeps else { return }
    orders[i].turn = nextTurn()
    orders[i].isThere = false
    run(ordinal)
    runStops()
  }

  // MARK: Matching

  /// The orders in the book of one side, by price, then turn.
  func book(_ side: Side) -> [Order] {
    orders.filter { $0.isThere && !$0.waits && $0.entry.side == side }.sorted {
      let (a, b) = ($0.entry.price.ticks, $1.entry.price.ticks)
      return a != b ? (side == .buy ? a > b : a < b) : $0.turn < $1.turn
    }
  }

  private mutating func run(_ ordinal: UInt64) {
    if let i = index(ordinal), orders[i].entry.lifetime == .fillOrKill, !couldFill(orders[i]) {
      return expire(ordinal, .notFillable)
    }
    while let i = index(ordinal) {
      let taker = orders[i]
      guard let maker = book(taker.entry.side.opposite).first, crosses(taker.entry, maker.entry.price.ticks) else {
        break
      }
      let mode = prevention(taker, maker)
      if let mode, mode != .transfer {
        prevent(taker, maker, mode, min(taker.remaining, maker.shown))
        continue
      }
      let lots = min(taker.remaining, maker.shown, reducible(maker), reducible(taker))
      if reducible(maker) == 0 {
        expire(maker.ordinal, .reduceOnly)
      } else if reducible(taker) == 0 {
        return expire(ordinal, .reduceOnly)
      } else if let mode {
        prevent(taker, maker, mode, lots)
      } else {
        trade(taker, maker, lots)
      }
    }
    guard let i = index(ordinal) else { return }
    let entry = orders[i].entry
    if entry.type == .market || entry.type == .stop || entry.lifetime == .immediateOrCancel {
      return expire(ordinal, .noLiquidity)
    }
    orders[i].shown = part(orders[i])
    orders[i].isThere = true
  }

  /// How much a reduce-only order may still trade; no bound for others.
  private func reducible(_ order: Order) -> Int64 {
    guard order.entry.reduceOnly, let contract else { return .max }
    return contract.reducible(order.entry.account, order.entry.side)
  }

  private mutating func exchange(_ order: Order, _ price: Int64, _ lots: Int64) {
    contract?.trade(order.entry.account, order.entry.side, price: price, lots: lots)
  }

  private mutating func trade(_ taker: Order, _ maker: Order, _ lots: Int64) {
    let price = maker.entry.price.ticks
    for (order, isMaker) in [(maker, true), (taker, false)] {
      log.append(
        Happening(
          kind: .filled, order: order.ordinal, price: price, lots: lots, remaining: order.remaining - lots,
          isMaker: isMaker))
      exchange(order, price, lots)
    }
    take(lots, from: taker.ordinal)
    take(lots, from: maker.ordinal)
    last = price
    traded.append(price)
  }

  /// Takes lots off an order; a resting iceberg whose part is gone goes to the back with the next.
  private mutating func take(_ lots: Int64, from ordinal: UInt64) {
    guard let i = index(ordinal) else { return }
    orders[i].remaining -= lots
    if orders[i].remaining == 0 {
      orders.remove(at: i)
    } else if orders[i].isThere {
      orders[i].shown -= lots
      guard orders[i].shown == 0 else { return }
      orders[i].shown = part(orders[i])
      orders[i].turn = nextTurn()
      log.append(
        Happening(
          kind: .replenished, order: ordinal, price: orders[i].entry.price.ticks, lots: orders[i].shown,
          remaining: orders[i].remaining))
    }
  }

  /// The mode in effect by the table of stp_faq.md; nil where the orders trade.
  private func prevention(_ taker: Order, _ maker: Order) -> SelfTradePrevention? {
    let isOneAccount = taker.entry.account == maker.entry.account
    let (group, other) = (groups[Int(taker.entry.account.rawValue)], groups[Int(maker.entry.account.rawValue)])
    guard isOneAccount || (group != -1 && group == other) else { return nil }
    switch (taker.entry.selfTradePrevention, maker.entry.selfTradePrevention) {
    case (.none, _): return nil
    case (.transfer, .transfer): return isOneAccount ? .decrement : .transfer
    case (.transfer, _): return .decrement
    case (let mode, _): return mode
    }
  }

  /// - Parameter match: the lots that would have traded.
  private mutating func prevent(_ taker: Order, _ maker: Order, _ mode: SelfTradePrevention, _ match: Int64) {
    let price = maker.entry.price.ticks
    func tell(_ kind: ExchangeEventKind, _ order: Order, _ counter: Order, _ lots: Int64) {
      log.append(
        Happening(
          kind: kind, order: order.ordinal, price: price, lots: lots, remaining: order.remaining - lots,
          counter: counter.ordinal))
    }
    func drop(_ order: Order, _ lots: Int64) {
      if lots == order.remaining {
        log.append(
          Happening(
            kind: .expired, order: order.ordinal, price: order.entry.price.ticks, expiry: .selfTrade))
      }
      take(lots, from: order.ordinal)
    }
    func lose(_ order: Order, _ counter: Order, _ lots: Int64) {
      tell(.prevented, order, counter, lots)
      drop(order, lots)
    }
    switch mode {
    case .none: break
    case .expireTaker: lose(taker, maker, taker.remaining)
    case .expireMaker: lose(maker, taker, maker.remaining)
    case .expireBoth:
      lose(maker, taker, maker.remaining)
      lose(taker, maker, taker.remaining)
    case .decrement:
      lose(maker, taker, match)
      lose(taker, maker, match)
    case .transfer:
      tell(.transferred, maker, taker, match)
      tell(.transferred, taker, maker, match)
      exchange(maker, price, match)
      exchange(taker, price, match)
      drop(maker, match)
      drop(taker, match)
    }
  }

  /// Plays the order on a copy whose hidden parts are queued as they would be shown.
  private func couldFill(_ taker: Order) -> Bool {
    guard reducible(taker) >= taker.remaining else { return false }
    var copy = self
    var missing = taker.remaining
    while missing > 0 {
      guard let maker = copy.book(taker.entry.side.opposite).first, crosses(taker.entry, maker.entry.price.ticks) else {
        return false
      }
      if let mode = prevention(taker, maker) {
        guard mode == .expireMaker else { return false }
        copy.take(maker.remaining, from: maker.ordinal)
      } else if maker.entry.reduceOnly {
        copy.take(maker.remaining, from: maker.ordinal)  // it counts for nothing
      } else {
        missing -= maker.shown
        copy.take(maker.shown, from: maker.ordinal)
      }
    }
    return true
  }

  // MARK: Stops

  private mutating func runStops() {
    while let stop = reachedStop(), let i = index(stop.ordinal) {
      orders[i].waits = false
      orders[i].isThere = false
      orders[i].turn = nextTurn()
      log.append(
        Happening(
          kind: .triggered, order: stop.ordinal, price: stop.entry.stopPrice.ticks, remaining: stop.remaining))
      run(stop.ordinal)
    }
    traded = []
  }

  private func reachedStop() -> Order? {
    guard let high = traded.max(), let low = traded.min() else { return nil }
    let waiting = orders.filter { $0.waits }
    let buys = waiting.filter { $0.buys && $0.entry.stopPrice.ticks <= high }
      .sorted { ($0.entry.stopPrice.ticks, $0.ordinal) < ($1.entry.stopPrice.ticks, $1.ordinal) }
    let sells = waiting.filter { !$0.buys && $0.entry.stopPrice.ticks >= low }
      .sorted { (-$0.entry.stopPrice.ticks, $0.ordinal) < (-$1.entry.stopPrice.ticks, $1.ordinal) }
    return buys.first ?? sells.first
  }

  // MARK: Small things

  private mutating func nextTurn() -> Int {
    turns += 1
    return turns
  }

  private func part(_ order: Order) -> Int64 {
    order.entry.displayed.lots > 0 ? min(order.entry.displayed.lots, order.remaining) : order.remaining
  }

  private func index(_ ordinal: UInt64) -> Int? { orders.firstIndex { $0.ordinal == ordinal } }

  private mutating func expire(_ ordinal: UInt64, _ reason: ExchangeExpiry) {
    guard let i = index(ordinal) else { return }
    log.append(
      Happening(
        kind: .expired, order: ordinal, price: orders[i].entry.price.ticks, remaining: orders[i].remaining,
        expiry: reason))
    orders.remove(at: i)
  }

  private mutating func refuse(_ reason: ExchangeRefusal) {
    log.append(Happening(kind: .refused, order: 0, refusal: reason))
  }
}
