import Foundation
import Market
import Simulation

/// Returns of a market over windows that follow each other, with what was known at the beginning of each.
struct Sample {
  #if DEBUG
    static let size = 1_500
  #else
    static let size = 6_000
  #endif

  /// Changes of the mid-price, in ticks.
  private(set) var returns: [Double] = []
  private(set) var best: [Double] = []
  private(set) var filters: [Double] = []
  private(set) var states: [Double] = []
  /// The live features, and a constant.
  private(set) var features: [[Double]] = []

  init(_ parameters: HawkesParameters, seed: UInt64, seconds: Double, count: Int) throws {
    var market = try HawkesMarket(parameters, seed: seed)
    var sight = SyntheticSight()
    let buffer = RowBuffer()
    var vector = FeatureVector()
    let windowNs = Int64(seconds * 1e9)
    // The features' longest horizon is a minute.
    var nextNs = market.timeNs + 60_000_000_000
    var doubleMid: Int64?
    while returns.count < count {
      let rows = market.next(into: buffer.rows)
      sight.take(buffer.rows, count: rows)
      guard market.timeNs >= nextNs else { continue }
      // The window begins with the first message past its time, and so does the next: no time is counted twice.
      nextNs = market.timeNs + windowNs
      let now = sight.book.bestBid.price.ticks + sight.book.bestAsk.price.ticks
      if let doubleMid { returns.append(0.5 * Double(now - doubleMid)) }
      doubleMid = now
      guard returns.count < count else { break }
      _ = sight.features.fill(&vector, nowNs: sight.timeNs)
      features.append((0..<FeatureVector.count).map { Double(vector[$0]) } + [1])
      best.append(market.bestForecast(seconds: seconds))
      filters.append(market.filteredState)
      states.append(market.hiddenState)
    }
  }

  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
  static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  /// 1 - (mean squared error) / (mean squared return): the share that a forecast explains; nothing when it says 0.
  func skill(of forecast: [Double], in range: Range<Int>? = nil) -> Double {
    let range = range ?? returns.indices
    var errors = 0.0
    var squares = 0.0
    for i in range {
      errors += (returns[i] - forecast[i]) * (returns[i] - forecast[i])
      squares += returns[i] * returns[i]
    }
    return 1 - errors / squares
  }

  /// The standard error of a measured skill R: 2 sqrt(R / n) (1 - R), the delta method for a correlation's square.
  func skillError(_ skill: Double) -> Double { 2 * (skill / Double(returns.count)).squareRoot() * (1 - skill) }

  /// The forecasts of a linear regression of the first `count` returns on columns.
  func fitted(_ columns: [[Double]], upTo count: Int) -> [Double] {
    let width = columns[0].count
    var normal = [[Double]](repeating: [Double](repeating: 0, count: width + 1), count: width)
    for i in 0..<count {
      let row = columns[i]
      for a in 0..<width where row[a] != 0 {
        for b in 0..<width { normal[a][b] += row[a] * row[b] }
        normal[a][width] += row[a] * returns[i]
      }
    }
    // A feature that is constant here (the spread is) has no coefficient of its own.
    for a in 0..<width { normal[a][a] += 1e-9 * Double(count) }
    let weights = Self.solved(normal)
    return columns.map { Self.dot($0, weights) }
  }

  /// Gauss-Jordan with pivots by rows.
  private static func solved(_ system: [[Double]]) -> [Double] {
    var system = system
    let width = system.count
    for column in 0..<width {
      let pivot = (column..<width).max { abs(system[$0][column]) < abs(system[$1][column]) } ?? column
      system.swapAt(column, pivot)
      let lead = system[column]
      for row in 0..<width where row != column {
        let factor = system[row][column] / lead[column]
        if factor != 0 { for k in column...width { system[row][k] -= factor * lead[k] } }
      }
    }
    return (0..<width).map { system[$0][width] / system[$0][$0] }
  }
}

/// The stationary law of the filter where events come at a constant rate, each a fair draw tilted by the hidden state.
struct FilterGrid {
  let meanSquare: Double

  /// Iterates m -> fade by an exponential time -> up with probability (1 + a m) / 2 to (m + a) / (1 + a m), else to
  /// (m - a) / (1 - a m), on a grid of [-1, 1] with linear weights, until the law stands; then averages over the fading.
  init(signal: SignalParameters, eventsPerSecond rate: Double) {
    let cells = 400
    let a = signal.strength
    var law = [Double](repeating: 0, count: cells + 1)
    law[cells / 2] = 1
    // The fading between events, by its quantiles.
    let fades = (0..<40).map { exp(2 * signal.flipsPerSecond * log((Double($0) + 0.5) / 40) / rate) }
    for _ in 0..<300 {
      var next = [Double](repeating: 0, count: cells + 1)
      func put(_ m: Double, _ weight: Double) {
        let place = (m + 1) * 0.5 * Double(cells)
        let cell = min(cells - 1, Int(place))
        next[cell] += weight * (1 - (place - Double(cell)))
        next[cell + 1] += weight * (place - Double(cell))
      }
      for (cell, weight) in law.enumerated() where weight > 1e-12 {
        let m = 2 * Double(cell) / Double(cells) - 1
        for fade in fades {
          let faded = m * fade
          let up = 0.5 * (1 + a * faded)
          put((faded + a) / (1 + a * faded), weight * up / 40)
          put((faded - a) / (1 - a * faded), weight * (1 - up) / 40)
        }
      }
      law = next
    }
    // Seen at any time rather than after an event: faded by the age of the last event, exponential too.
    var sum = 0.0
    for (cell, weight) in law.enumerated() {
      let m = 2 * Double(cell) / Double(cells) - 1
      for fade in fades { sum += weight * m * m * fade * fade / 40 }
    }
    meanSquare = sum
  }
}
