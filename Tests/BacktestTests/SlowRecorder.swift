// A slow obvious reference: keeps everything and computes each figure from its definition.

/// Everything that happened to one linear instrument whose tick times lot is a whole even number of units.
struct SlowRecorder {
  struct Touch {
    var timeNs: Int64
    var halfTicks: Int64
  }

  struct Fill {
    var timeNs: Int64
    var sign: Int64
    var ticks: Int64
    var lots: Int64
    var fee: Int64
    var maker: Bool
  }

  let unitsPerTickLot: Int64
  var touches: [Touch] = []
  var fills: [Fill] = []
  /// Equity after each event, with its time.
  var equity: [(timeNs: Int64, units: Int64)] = []

  init(unitsPerTickLot: Int64) { self.unitsPerTickLot = unitsPerTickLot }

  /// The mid in force at a time: of the last touch that is not later.
  func mid(at timeNs: Int64) -> Int64 { touches.last { $0.timeNs <= timeNs }!.halfTicks }

  /// Half-ticks times lots in units.
  private func units(_ halfTickLots: Int64) -> Int64 { halfTickLots * unitsPerTickLot / 2 }

  /// Cash of all fills so far, plus the position at the last mid, less fees.
  mutating func noteEquity(_ timeNs: Int64) {
    let mid = touches.last!.halfTicks
    let gross = fills.reduce(Int64(0)) { $0 + $1.sign * $1.lots * (mid - 2 * $1.ticks) }
    equity.append((timeNs, units(gross) - fills.reduce(0) { $0 + $1.fee }))
  }

  /// Spread capture, adverse selection, inventory and fees, in units.
  func terms(horizonNs: Int64, endNs: Int64) -> [Int64] {
    var (spread, adverse, inventory) = (Int64(0), Int64(0), Int64(0))
    for fill in fills {
      let signed = fill.sign * fill.lots
      let (now, later) = (mid(at: fill.timeNs), mid(at: min(fill.timeNs + horizonNs, endNs)))
      spread += signed * (now - 2 * fill.ticks)
      adverse += signed * (later - now)
      inventory += signed * (mid(at: endNs) - later)
    }
    return [units(spread), units(adverse), units(inventory), -fills.reduce(0) { $0 + $1.fee }]
  }

  /// Mean and cluster-robust error of the markouts of fills that lived to the horizon.
  func markout(horizonNs: Int64, maker: Bool, endNs: Int64) -> (count: Int64, mean: Double, error: Double?) {
    let chosen = fills.filter { $0.maker == maker && $0.timeNs + horizonNs <= endNs }
    let values = chosen.map { Double($0.sign * (mid(at: $0.timeNs + horizonNs) - 2 * $0.ticks)) / 2 }
    let mean = values.reduce(0, +) / Double(values.count)
    var clusters: [Int64: Double] = [:]
    for (fill, value) in zip(chosen, values) { clusters[fill.timeNs / 60_000_000_000, default: 0] += value - mean }
    let groups = Double(clusters.count)
    guard groups > 1 else { return (Int64(values.count), mean, nil) }
    let sum = clusters.keys.sorted().reduce(0.0) { $0 + clusters[$1]! * clusters[$1]! }
    return (Int64(values.count), mean, (groups / (groups - 1) * sum).squareRoot() / Double(values.count))
  }

  /// The deepest fall from any earlier equity (or the initial zero) to any later one.
  var maximumDrawdown: Int64 {
    var deepest: Int64 = 0
    let values = [0] + equity.map(\.units)
    for later in values.indices {
      deepest = max(deepest, values[...later].max()! - values[later])
    }
    return deepest
  }

  /// Average absolute value of the position at the mid, over the time.
  func averageExposure(endNs: Int64) -> Double {
    let times = Set(touches.map(\.timeNs) + fills.map(\.timeNs) + [endNs]).sorted()
    var area = 0.0
    for (from, to) in zip(times, times.dropFirst()) {
      let position = fills.filter { $0.timeNs <= from }.reduce(Int64(0)) { $0 + $1.sign * $1.lots }
      area += Double(units(position.magnitude64 * mid(at: from))) * Double(to - from)
    }
    return area / Double(endNs)
  }
}

extension Int64 {
  fileprivate var magnitude64: Int64 { self < 0 ? -self : self }
}
