// The facts by which a made-up market is compared with a recorded one, measured on the rows of either.

import Market

/// Measures spread, trade arrival, sign memory, response and volatility of one instrument. Times are local times.
///
/// The measures are those of Bouchaud, Bonart, Donier and Gould, "Trades, Quotes and Prices" (2018): trade signs (ch. 10),
/// response function (ch. 11), signature plot (ch. 2). Trades of one exchange time and side count as one order.
public struct StylisedFacts: Sendable {
  /// Shares of the time at a spread of 1, 2 to 5, 6 to 20 and more ticks, and the mean spread in ticks.
  public private(set) var spreadShares: [Double] = []
  public private(set) var meanSpreadTicks = 0.0
  /// Orders that traded, per second, and the times between them: deviation over mean, and the shares of the times below a
  /// hundredth, a tenth and one of their mean (0.010, 0.095 and 0.632 for a Poisson process).
  public private(set) var ordersPerSecond = 0.0
  public private(set) var gapVariation = 0.0
  public private(set) var gapShares: [Double] = []
  /// Autocorrelation of the trades' signs at `signLags`.
  public private(set) var signAutocorrelation: [Double] = []
  /// The mid-price's move in the direction of a trade, from just before it to just before the trade `responseLags` later, in
  /// hundredths of a percent.
  public private(set) var responseBps: [Double] = []
  /// Variance of the mid-price's return over `signatureSeconds`, per second, in square bps.
  public private(set) var variancePerSecond: [Double] = []
  /// Changes of the touch per second.
  public private(set) var touchesPerSecond = 0.0
  public private(set) var seconds = 0.0

  public static let signLags = [1, 2, 5, 10, 20, 50, 100]
  public static let responseLags = [1, 10, 100]
  public static let signatureSeconds = [0.1, 0.5, 1, 5, 10, 30]

  private var reader = TouchReader()
  private var orders: [Order] = []
  private var lastOrderExchangeNs: Int64 = 0
  private var mids: [Mid] = []
  private var spreadNs: [Int64] = [0, 0, 0, 0]
  private var spreadTickNs = 0.0
  private var lastNs: Int64 = 0
  private var firstNs: Int64 = 0
  private var touches = 0

  private struct Order {
    var timeNs: Int64
    var sign: Double
    var midBefore: Double
  }

  private struct Mid {
    var timeNs: Int64
    var ticks: Double
  }

  /// Measures a whole tape.
  public init(_ rows: some Sequence<TapeRow>) {
    for row in rows { take(row) }
    finish()
  }

  // MARK: Collecting

  private mutating func take(_ row: TapeRow) {
    let before = reader.touch
    if row.kind == .trade, let before { trade(row, midTicks: 0.5 * Double(before.doubleMidTicks)) }
    guard reader.take(row), reader.touch != before else { return }
    if let before { hold(before, until: row.localTimeNs) }
    lastNs = row.localTimeNs
    guard let touch = reader.touch else { return }
    touches += 1
    if firstNs == 0 { firstNs = row.localTimeNs }
    let mid = 0.5 * Double(touch.doubleMidTicks)
    if mids.last?.ticks != mid { mids.append(Mid(timeNs: row.localTimeNs, ticks: mid)) }
  }

  private mutating func trade(_ row: TapeRow, midTicks: Double) {
    let sign = Double(row.side.sign)
    defer { lastOrderExchangeNs = row.exchangeTimeNs }
    if row.exchangeTimeNs == lastOrderExchangeNs, orders.last?.sign == sign { return }
    orders.append(Order(timeNs: row.localTimeNs, sign: sign, midBefore: midTicks))
  }

  private mutating func hold(_ touch: Touch, until timeNs: Int64) {
    let ns = timeNs - lastNs
    let ticks = touch.spreadTicks
    spreadNs[ticks == 1 ? 0 : ticks <= 5 ? 1 : ticks <= 20 ? 2 : 3] += ns
    spreadTickNs += Double(ns) * Double(ticks)
  }

  // MARK: Measures

  private mutating func finish() {
    let totalNs = spreadNs.reduce(0, +)
    guard totalNs > 0, orders.count > 1 else { return }
    seconds = Double(lastNs - firstNs) * 1e-9
    spreadShares = spreadNs.map { Double($0) / Double(totalNs) }
    meanSpreadTicks = spreadTickNs / Double(totalNs)
    touchesPerSecond = Double(touches) / seconds
    measureGaps()
    signAutocorrelation = Self.signLags.map(autocorrelation)
    responseBps = Self.responseLags.map(response)
    variancePerSecond = Self.signatureSeconds.map(variance)
  }

  private mutating func measureGaps() {
    let gaps = zip(orders, orders.dropFirst()).map { Double($1.timeNs - $0.timeNs) * 1e-9 }
    let count = Double(gaps.count)
    let mean = gaps.reduce(0, +) / count
    guard mean > 0 else { return }
    ordersPerSecond = 1 / mean
    let squares = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    gapVariation = squares.squareRoot() / mean
    gapShares = [0.01, 0.1, 1].map { part in Double(gaps.count { $0 < part * mean }) / count }
  }

  /// Correlation of signs `lag` orders apart, around their mean.
  private func autocorrelation(_ lag: Int) -> Double {
    guard orders.count > lag else { return 0 }
    let mean = orders.reduce(0) { $0 + $1.sign } / Double(orders.count)
    var sum = 0.0
    for i in lag..<orders.count { sum += (orders[i].sign - mean) * (orders[i - lag].sign - mean) }
    let variance = 1 - mean * mean
    return variance > 0 ? sum / (Double(orders.count - lag) * variance) : 0
  }

  private func response(_ lag: Int) -> Double {
    guard orders.count > lag else { return 0 }
    var sum = 0.0
    for i in lag..<orders.count {
      let before = orders[i - lag]
      sum += before.sign * (orders[i].midBefore - before.midBefore) / before.midBefore
    }
    return 1e4 * sum / Double(orders.count - lag)
  }

  /// Mean squared return over windows that follow each other, divided by their length.
  private func variance(_ windowSeconds: Double) -> Double {
    let windowNs = Int64(windowSeconds * 1e9)
    var at = firstNs
    var i = 0
    var previous: Double?
    var sum = 0.0
    var count = 0
    while at <= lastNs {
      while i + 1 < mids.count, mids[i + 1].timeNs <= at { i += 1 }
      let mid = mids[i].ticks
      if let previous {
        let bps = 1e4 * (mid - previous) / previous
        sum += bps * bps
        count += 1
      }
      previous = mid
      at += windowNs
    }
    return count > 0 ? sum / (Double(count) * windowSeconds) : 0
  }
}
