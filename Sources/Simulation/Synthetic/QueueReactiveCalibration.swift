// From the rows of a recorded market to the rates of a queue-reactive one.

import Market

extension QueueReactiveParameters {
  /// Estimates the rates by counting, as the paper does: events of a kind at a queue of n units, over the time that it had n.
  /// A change of several units, or of part of one, counts as so many events.
  ///
  /// The unit is the mean change of a best quantity. `follows` is how often the order that closed an opened spread came on the
  /// side that was not depleted; `redraws` is not estimated and stays 0. The same rows give the same parameters.
  ///
  /// - Parameters:
  ///   - rows: levels and trades at least; with `touch` rows these alone tell of the touch.
  ///   - source: what the parameters' text names as their origin.
  /// - Throws: what the rows lack.
  public static func calibrated(to rows: [TapeRow], source: String) throws -> QueueReactiveParameters {
    let unit = QueueObserver(rows, unitLots: 1).meanChangeLots
    guard unit >= 1 else { throw CalibrationError(reason: "no best quantity ever changes") }
    let seen = QueueObserver(rows, unitLots: Int64(unit.rounded()))
    guard rows.count(where: { $0.kind == .trade }) >= 100 else {
      throw CalibrationError(reason: "fewer than 100 trades")
    }
    var parameters = QueueReactiveParameters(
      source: source, unitLots: Int64(unit.rounded()),
      limitPerSecond: seen.limits.indices.map { queue in
        var rates = seen.rates(seen.limits[queue], queue)
        rates[rates.count - 1] = 0
        return rates
      },
      cancelPerSecond: seen.cancels.indices.map { queue in
        var rates = seen.rates(seen.cancels[queue], queue)
        rates[0] = 0
        return rates
      },
      marketPerSecond: seen.marketRates, follows: OrderFlowReader(rows).follows.value, redraws: 0)
    if let start = seen.startTicks { parameters.startTicks = start }
    try parameters.validate()
    return parameters
  }
}

/// Counts what happens to the queues around the reference price, by their sizes. Both sides count alike.
private struct QueueObserver {
  private(set) var limits = table()
  private(set) var cancels = table()
  private(set) var markets = [Double](repeating: 0, count: sizes)
  private(set) var seconds = table()
  /// Time at each size of the best queue, which need not be the first.
  private(set) var bestSeconds = [Double](repeating: 0, count: sizes)
  private(set) var startTicks: Int64?
  var meanChangeLots: Double { changes == 0 ? 0 : changedLots / changes }

  private let unitLots: Int64
  private var reader = TouchReader()
  private var last: (timeNs: Int64, touch: Touch, lots: [Int64])?
  private var traded: Set<Side> = []
  private var changedLots = 0.0
  private var changes = 0.0

  private static let queues = 5
  private static let sizes = 41
  private static func table() -> [[Double]] {
    [[Double]](repeating: [Double](repeating: 0, count: sizes), count: queues)
  }

  init(_ rows: [TapeRow], unitLots: Int64) {
    self.unitLots = unitLots
    for row in rows { take(row) }
  }

  /// Events per second at each size; where a size was seen for less than a second in all, the rate of the size below.
  func rates(_ counts: [Double], _ queue: Int) -> [Double] { Self.rates(counts, seconds[queue], floor: 1e-6) }

  var marketRates: [Double] {
    var rates = Self.rates(markets, bestSeconds, floor: 0)
    rates[0] = 0
    return rates
  }

  private static func rates(_ counts: [Double], _ seconds: [Double], floor: Double) -> [Double] {
    var rates: [Double] = []
    for (count, time) in zip(counts, seconds) {
      rates.append(time < 1 ? rates.last ?? floor : max(floor, count / time))
    }
    return rates
  }

  private mutating func take(_ row: TapeRow) {
    if row.kind == .trade { traded.insert(row.side.opposite) }
    _ = reader.take(row)
    guard row.endsMessage, row.kind != .trade || !reader.hasTouchRows else { return }
    guard let touch = reader.touch else {
      last = nil
      return
    }
    if startTicks == nil { startTicks = touch.bid.price.ticks }
    let lots = queueLots(touch)
    if let last { compare(last.touch, last.lots, touch, lots, heldNs: row.localTimeNs - last.timeNs) }
    last = (row.localTimeNs, touch, lots)
    if row.kind == .touch || !reader.hasTouchRows { traded = [] }
  }

  /// The tick below the reference price.
  private func base(_ touch: Touch) -> Int64 { touch.bid.price.ticks + (touch.spreadTicks - 1) / 2 }

  /// Sizes of the queues around the reference price, bids first: none inside the spread, the touch's own at the touch, and
  /// behind it what the depth says.
  private func queueLots(_ touch: Touch) -> [Int64] {
    Side.allCases.flatMap { side in
      (0..<Self.queues).map { i in
        let price = Price(ticks: base(touch) + (side == .buy ? -Int64(i) : 1 + Int64(i)))
        let best = touch.level(side)
        let behind = side.sign * (best.price.ticks - price.ticks)
        if behind < 0 { return 0 }
        return behind == 0 ? best.quantity.lots : reader.book.level(side, price)?.displayed.lots ?? 0
      }
    }
  }

  /// Units in a queue, part ones counted whole.
  private func units(_ lots: Int64) -> Int { Int(min(Int64(Self.sizes - 1), (lots + unitLots - 1) / unitLots)) }

  private mutating func compare(_ before: Touch, _ old: [Int64], _ after: Touch, _ new: [Int64], heldNs: Int64) {
    let held = Double(heldNs) * 1e-9
    for (place, lots) in old.enumerated() { seconds[place % Self.queues][units(lots)] += held }
    for side in Side.allCases {
      let first = side == .buy ? 0 : Self.queues
      if let best = old[first..<first + Self.queues].first(where: { $0 > 0 }) { bestSeconds[units(best)] += held }
      let (was, now) = (before.level(side), after.level(side))
      if was.price == now.price, was.quantity != now.quantity {
        changedLots += Double(abs(was.quantity.lots - now.quantity.lots))
        changes += 1
      }
    }
    guard base(before) == base(after) else { return }
    for place in old.indices where old[place] != new[place] {
      let (queue, side) = (place % Self.queues, place < Self.queues ? Side.buy : .sell)
      let price = base(before) + (side == .buy ? -Int64(queue) : 1 + Int64(queue))
      let size = units(old[place])
      let count = Double(abs(new[place] - old[place])) / Double(unitLots)
      if new[place] > old[place] {
        limits[queue][size] += count
      } else if traded.contains(side), before.level(side).price.ticks == price {
        markets[size] += count
      } else {
        cancels[queue][size] += count
      }
    }
  }
}
