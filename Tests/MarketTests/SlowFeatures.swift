// The features of docs/features.md from the whole history in double precision: no recursion, no vectors.

import Foundation
import Market

struct SlowFeatures {
  private static let horizons = [0.1, 1, 10, 60]

  private var first: Int64 = 0
  /// When time last advanced: events closer than 0.25 ms to it happen then.
  private var stepNs: Int64 = 0
  private var bids: [BookLevel] = []
  private var asks: [BookLevel] = []
  private var isReady = false
  private var mid = 0.0
  private var orderFlows: [(timeNs: Int64, touch: Double, deep: Double)] = []
  private var returns: [(timeNs: Int64, bps: Double)] = []
  private var trades: [(timeNs: Int64, lots: Double, sign: Double, midMinusPriceBps: Double, returnBefore: Double)] = []
  private var held: [(timeNs: Int64, queue: Double, depth: Double, spread: Double)] = []
  private var totalReturn = 0.0
  private var lastTrade: (timeNs: Int64, lots: Double, offset: Double)?
  private var lastMoveNs: Int64 = 0

  private mutating func advance(_ nowNs: Int64) {
    if first == 0 {
      first = nowNs
      lastMoveNs = nowNs
    }
    if nowNs - stepNs >= 250_000 { stepNs = nowNs }
  }

  mutating func book(_ newBids: [BookLevel], _ newAsks: [BookLevel], nowNs: Int64) {
    advance(nowNs)
    let wasReady = isReady
    isReady = !newBids.isEmpty && !newAsks.isEmpty
    guard isReady else { return }
    if wasReady {
      let flows = (0..<8).map { orderFlow(newBids, newAsks, $0) }
      orderFlows.append((stepNs, flows[0], flows.reduce(0, +)))
    }
    bids = newBids
    asks = newAsks
    let newMid = Double(bids[0].price.ticks + asks[0].price.ticks) / 2
    if mid != 0, newMid != mid {
      returns.append((stepNs, 10_000 * (newMid - mid) / newMid))
      totalReturn += returns.last!.bps
      lastMoveNs = nowNs
    }
    mid = newMid
    held.append((stepNs, (lots(bids, 1) + lots(asks, 1)) / 2, (lots(bids, 8) + lots(asks, 8)) / 2, spread))
  }

  mutating func trade(_ event: MarketEvent) {
    advance(event.receiveTimeNs)
    guard mid > 0 else { return }
    let lots = Double(event.quantity.lots)
    let offset = Double(event.price.ticks) - mid
    trades.append((stepNs, lots, Double(event.side.sign), -10_000 * offset / mid, totalReturn))
    lastTrade = (event.receiveTimeNs, lots * Double(event.side.sign), offset)
  }

  /// All features by name, or nil while there is no reading.
  func read(nowNs: Int64) -> [String: Double]? {
    guard isReady else { return nil }
    var values: [String: Double] = [:]
    let now = max(nowNs, stepNs)
    let (queue, depth, meanSpread) = means(now)
    readBook(&values, queue, depth, meanSpread)
    for (i, name) in ["100ms", "1s", "10s", "60s"].enumerated() {
      let horizon = Self.horizons[i]
      func weight(_ timeNs: Int64) -> Double { exp(-Double(now - timeNs) * 1e-9 / horizon) }
      let volume = trades.reduce(0) { $0 + weight($1.timeNs) * $1.lots } + queue / 100
      let signed = trades.reduce(0) { $0 + weight($1.timeNs) * $1.lots * $1.sign }
      let distance = trades.reduce(0) {
        $0 + weight($1.timeNs) * $1.lots * ($1.midMinusPriceBps + totalReturn - $1.returnBefore)
      }
      let drift = returns.reduce(0) { $0 + weight($1.timeNs) * $1.bps }
      let variance = returns.reduce(0) { $0 + weight($1.timeNs) * $1.bps * $1.bps } / horizon
      values["ofi_1_\(name)"] = slog(orderFlows.reduce(0) { $0 + weight($1.timeNs) * $1.touch } / queue) / 2
      values["ofi_8_\(name)"] = slog(orderFlows.reduce(0) { $0 + weight($1.timeNs) * $1.deep } / depth) / 2
      values["trade_flow_\(name)"] = signed / volume
      values["trade_rate_\(name)"] = log(1 + trades.reduce(0) { $0 + weight($1.timeNs) } / horizon) / 4
      values["return_\(name)"] = slog(drift * (2 / horizon).squareRoot())
      values["vwap_distance_\(name)"] = slog(distance / volume * (2 / horizon).squareRoot())
      values["volatility_\(name)"] = log(variance + 1e-4) / 4
      let meanTrade = volume / (trades.reduce(0) { $0 + weight($1.timeNs) } + 0.01)
      values["last_trade_size"] = slog((lastTrade?.lots ?? 0) / meanTrade)  // that of the longest horizon stays
    }
    values["time_since_trade"] = log(1 + Double(nowNs - (lastTrade?.timeNs ?? first)) * 1e-8) / 4
    values["time_since_move"] = log(1 + Double(nowNs - lastMoveNs) * 1e-8) / 4
    values["last_trade_offset"] = slog(lastTrade?.offset ?? 0) / 2
    return values
  }

  private func readBook(_ values: inout [String: Double], _ queue: Double, _ depth: Double, _ meanSpread: Double) {
    values["spread"] = log(spread) / 4
    values["spread_to_mean"] = log(spread / meanSpread)
    for n in [1, 4, 8, 16] {
      values["imbalance_\(n)"] = (lots(bids, n) - lots(asks, n)) / (lots(bids, n) + lots(asks, n))
    }
    values["microprice_1"] = slog(values["imbalance_1"]! * spread / 2)
    let (bidDepth, askDepth) = (lots(bids, 8), lots(asks, 8))
    let deep = (vwap(asks) * bidDepth + vwap(bids) * askDepth) / (bidDepth + askDepth)
    values["microprice_8"] = slog(deep - mid) / 2
    for (name, side, total) in [("bid", bids, bidDepth), ("ask", asks, askDepth)] {
      func distance(_ level: Int) -> Double { Double(abs(side[level].price.ticks - side[0].price.ticks)) }
      values["\(name)_queue"] = log(lots(side, 1) / queue) / 4
      values["\(name)_depth_8"] = log(total / depth) / 4
      values["\(name)_span_8"] = log(1 + distance(min(side.count, 8) - 1)) / 4
      values["\(name)_gap"] = log(1 + distance(min(side.count, 2) - 1)) / 4
    }
  }

  private func orderFlow(_ newBids: [BookLevel], _ newAsks: [BookLevel], _ n: Int) -> Double {
    func level(_ side: [BookLevel], _ missing: Int64) -> (price: Int64, lots: Double) {
      n < side.count ? (side[n].price.ticks, Double(side[n].quantity.lots)) : (missing, 0)
    }
    let (bid, oldBid) = (level(newBids, .min), level(bids, .min))
    let (ask, oldAsk) = (level(newAsks, .max), level(asks, .max))
    var flow = 0.0
    if bid.price >= oldBid.price { flow += bid.lots }
    if bid.price <= oldBid.price { flow -= oldBid.lots }
    if ask.price <= oldAsk.price { flow -= ask.lots }
    if ask.price >= oldAsk.price { flow += oldAsk.lots }
    return flow
  }

  private func means(_ now: Int64) -> (queue: Double, depth: Double, spread: Double) {
    func weight(_ timeNs: Int64) -> Double { exp(-Double(now - timeNs) * 1e-9 / 60) }
    var sums = (queue: 0.0, depth: 0.0, spread: 0.0)
    for (i, value) in held.enumerated() {
      let until = i + 1 < held.count ? weight(held[i + 1].timeNs) : 1
      let share = until - (i == 0 ? 0 : weight(value.timeNs))
      sums.queue += share * value.queue
      sums.depth += share * value.depth
      sums.spread += share * value.spread
    }
    return sums
  }

  private var spread: Double { Double(max(asks[0].price.ticks - bids[0].price.ticks, 1)) }
  private func lots(_ side: [BookLevel], _ n: Int) -> Double {
    side.prefix(n).reduce(0) { $0 + Double($1.quantity.lots) }
  }
  private func vwap(_ side: [BookLevel]) -> Double {
    side.prefix(8).reduce(0) { $0 + Double($1.price.ticks) * Double($1.quantity.lots) } / lots(side, 8)
  }
  private func slog(_ x: Double) -> Double { x < 0 ? -log(1 - x) : log(1 + x) }
}
