// A slow, obvious venue for tests: queues are lists of single lots, books are dictionaries, and money is added up anew.

import Market
import Simulation

/// Follows the same stated rules as `MatchingEngine` by other means: one instrument, depth messages and trades.
struct ReferenceVenue {
  enum Lot: Equatable {
    case market
    case own(UInt64)
  }
  struct Fill: Equatable {
    var order: UInt64
    var price: Int64
    var lots: Int64
    var isMaker: Bool
  }
  struct Order {
    var request: PlaceOrder
    var left: Int64
    var status = OrderStatus.new
  }
  struct Place: Hashable {
    var side: Side
    var price: Int64
  }

  var displayed: [Place: Int64] = [:]
  var taken: [Place: Int64] = [:]
  var queues: [Place: [Lot]] = [:]
  var orders: [Order] = []
  var fills: [Fill] = []
  let quote: Int64
  let base: Int64
  /// Units of the quote asset in a tick times a lot, and of the base asset in a lot.
  let tickLot: Int64
  let lot: Int64
  let rates: FeeTier

  // MARK: Market

  mutating func depth(_ changes: [(Place, Int64)]) {
    for (place, lots) in changes {
      if displayed[place, default: 0] != lots { taken[place] = 0 }
      displayed[place] = lots
    }
    for place in queues.keys { shorten(place) }
    for id in byPriority(.buy) + byPriority(.sell) { crossed(id) }
  }

  mutating func trade(price: Int64, lots: Int64, takerSide: Side) {
    let side = takerSide.opposite
    var left = lots
    let prices = Set(byPriority(side).map { orders[Int($0) - 1].request.price.ticks })
    for own in prices.sorted(by: { $0 * side.sign > $1 * side.sign }) where own * side.sign >= price * side.sign {
      let place = Place(side: side, price: own)
      if own != price { queues[place]?.removeAll { $0 == .market } }
      var filled: [UInt64: Int64] = [:]
      while left > 0, let first = queues[place]?.first {
        queues[place]?.removeFirst()
        left -= 1
        if case .own(let id) = first { filled[id, default: 0] += 1 }
      }
      for (id, lots) in filled.sorted(by: { $0.key < $1.key }) { fill(id, own, lots, isMaker: true) }
    }
  }

  // MARK: Orders

  /// - Returns: whether it was accepted.
  mutating func place(_ request: PlaceOrder) -> Bool {
    let side = request.side
    let opposite = side.opposite
    let ownBest = byPriority(opposite).first.map { orders[Int($0) - 1].request.price.ticks }
    func reaches(_ price: Int64) -> Bool {
      request.type == .market || price * side.sign <= request.price.ticks * side.sign
    }
    var takes: [(Place, Int64)] = []
    var left = request.quantity.lots
    let levels = displayed.filter { $0.key.side == opposite && $0.value > 0 && reaches($0.key.price) }
    for place in levels.keys.sorted(by: { $0.price * side.sign < $1.price * side.sign }) {
      if let ownBest, place.price * side.sign >= ownBest * side.sign { break }
      let lots = min(left, displayed[place]! - taken[place, default: 0])
      if lots > 0 { takes.append((place, lots)) }
      left -= max(0, lots)
    }
    let meetsOwn = left > 0 && ownBest.map(reaches) == true
    if request.type == .limitMaker, !takes.isEmpty || meetsOwn { return false }
    let cost = takes.reduce(0) { $0 + $1.0.price * $1.1 * tickLot }
    let needed =
      side == .sell
      ? request.quantity.lots * lot
      : request.type == .market ? cost : request.price.ticks * request.quantity.lots * tickLot
    let (quoteFree, baseFree) = free
    guard needed <= (side == .buy ? quoteFree : baseFree) else { return false }

    orders.append(Order(request: request, left: request.quantity.lots))
    let id = UInt64(orders.count)
    if request.timeInForce == .fillOrKill, left > 0 {
      orders[Int(id) - 1].status = meetsOwn ? .expiredInMatch : .expired
      return true
    }
    for (place, lots) in takes {
      taken[place, default: 0] += lots
      fill(id, place.price, lots, isMaker: false)
    }
    guard left > 0 else { return true }
    if meetsOwn {
      orders[Int(id) - 1].status = .expiredInMatch
    } else if request.type == .market || request.timeInForce != .goodTilCanceled {
      orders[Int(id) - 1].status = .expired
    } else {
      let place = Place(side: side, price: request.price.ticks)
      let standing = Int64(queues[place, default: []].count { $0 == .market })
      let ahead = max(0, displayed[place, default: 0] - standing)
      queues[place, default: []] +=
        Array(repeating: .market, count: Int(ahead)) + Array(repeating: .own(id), count: Int(left))
    }
    return true
  }

  mutating func cancel(_ id: UInt64) -> Bool {
    guard id >= 1, id <= orders.count, orders[Int(id) - 1].status.isOpen else { return false }
    orders[Int(id) - 1].status = .canceled
    dropFromQueue(id)
    return true
  }

  // MARK: Money

  /// The free quote and base amounts: what there was at first, every fill, and every open order's reserve.
  var free: (quote: Int64, base: Int64) {
    var (quote, base) = (quote, base)
    for fill in fills {
      let side = orders[Int(fill.order) - 1].request.side
      let notional = fill.price * fill.lots * tickLot
      quote -= side.sign * notional
      base += side.sign * fill.lots * lot
      if side == .buy {
        base -= Commission.units(fill.lots * lot, rate: fill.isMaker ? rates.maker : rates.taker)
      } else {
        quote -= Commission.units(notional, rate: fill.isMaker ? rates.maker : rates.taker)
      }
    }
    for order in orders where order.status.isOpen {
      if order.request.side == .buy {
        quote -= order.request.price.ticks * order.left * tickLot
      } else {
        base -= order.left * lot
      }
    }
    return (quote, base)
  }

  // MARK: Parts

  private func byPriority(_ side: Side) -> [UInt64] {
    orders.indices.filter { orders[$0].status.isOpen && orders[$0].request.side == side }
      .sorted {
        let (a, b) = (orders[$0].request.price.ticks * side.sign, orders[$1].request.price.ticks * side.sign)
        return a == b ? $0 < $1 : a > b
      }.map { UInt64($0) + 1 }
  }

  private mutating func shorten(_ place: Place) {
    while let last = queues[place]?.lastIndex(of: .market) {
      let standing = Int64(queues[place]!.count { $0 == .market })
      guard standing > displayed[place, default: 0] else { return }
      queues[place]?.remove(at: last)
    }
  }

  private mutating func crossed(_ id: UInt64) {
    let request = orders[Int(id) - 1].request
    let side = request.side
    let crossing = displayed.keys.filter {
      $0.side == side.opposite && displayed[$0]! > 0 && $0.price * side.sign <= request.price.ticks * side.sign
    }
    for place in crossing.sorted(by: { $0.price * side.sign < $1.price * side.sign }) {
      let lots = min(orders[Int(id) - 1].left, displayed[place]! - taken[place, default: 0])
      guard lots > 0 else { continue }
      taken[place, default: 0] += lots
      fill(id, request.price.ticks, lots, isMaker: true)
      var gone = lots
      queues[Place(side: side, price: request.price.ticks)]?.removeAll {
        guard gone > 0, $0 == .own(id) else { return false }
        gone -= 1
        return true
      }
    }
  }

  private mutating func fill(_ id: UInt64, _ price: Int64, _ lots: Int64, isMaker: Bool) {
    fills.append(Fill(order: id, price: price, lots: lots, isMaker: isMaker))
    orders[Int(id) - 1].left -= lots
    orders[Int(id) - 1].status = orders[Int(id) - 1].left == 0 ? .filled : .partiallyFilled
    if orders[Int(id) - 1].left == 0 { dropFromQueue(id) }
  }

  /// Takes an order's lots out, and the displayed lots behind which nobody of ours waits any more.
  private mutating func dropFromQueue(_ id: UInt64) {
    let request = orders[Int(id) - 1].request
    let place = Place(side: request.side, price: request.price.ticks)
    queues[place]?.removeAll { $0 == .own(id) }
    while queues[place]?.last == .market { queues[place]?.removeLast() }
  }
}
