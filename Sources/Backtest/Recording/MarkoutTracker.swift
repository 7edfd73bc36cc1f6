// Where the mid stood some time after each fill, measured while the run goes on.

import Market

/// The mean of observations that come in clusters, with a standard error that allows for dependence within a cluster.
///
/// Fills within a minute see the same moves of the mid, so they are no independent observations. The error is the
/// cluster-robust one (Liang and Zeger, Biometrika 1986; for a mean: Cameron and Miller, Journal of Human Resources
/// 2015, section II): √(G ÷ (G − 1) · Σ (S − n·mean)²) ÷ N, over G clusters of n observations with sum S, N in all.
struct ClusteredMean: Sendable {
  private(set) var count: Int64 = 0
  private var sum = 0.0
  private var clusters: Int64 = 0
  private var cluster: Int64 = .min
  private var clusterCount = 0.0
  private var clusterSum = 0.0
  private var squares = 0.0
  private var products = 0.0
  private var countSquares = 0.0

  /// Observations of one cluster follow each other.
  mutating func add(_ value: Double, cluster: Int64) {
    if cluster != self.cluster {
      close()
      self.cluster = cluster
    }
    count += 1
    sum += value
    clusterCount += 1
    clusterSum += value
  }

  private mutating func close() {
    guard clusterCount > 0 else { return }
    clusters += 1
    squares += clusterSum * clusterSum
    products += clusterSum * clusterCount
    countSquares += clusterCount * clusterCount
    (clusterSum, clusterCount, cluster) = (0, 0, .min)
  }

  /// Adds what another one counted, as clusters of its own.
  mutating func merge(_ other: ClusteredMean) {
    var other = other
    other.close()
    close()
    count += other.count
    sum += other.sum
    clusters += other.clusters
    squares += other.squares
    products += other.products
    countSquares += other.countSquares
  }

  var mean: Double? { count > 0 ? sum / Double(count) : nil }

  /// Nil below two clusters.
  var standardError: Double? {
    var closed = self
    closed.close()
    guard let mean, closed.clusters > 1 else { return nil }
    let squared = closed.squares - 2 * mean * closed.products + mean * mean * closed.countSquares
    let groups = Double(closed.clusters)
    // Cancellation may leave a residue below zero.
    return (groups / (groups - 1) * max(0, squared)).squareRoot() / Double(count)
  }
}

/// How fills of one kind fared at one horizon.
struct MarkoutCell: Sendable {
  var ticks = ClusteredMean()
  var bps = ClusteredMean()

  mutating func merge(_ other: MarkoutCell) {
    ticks.merge(other.ticks)
    bps.merge(other.bps)
  }
}

/// A fill on its way through the horizons.
struct PendingMarkout {
  var number: Int64
  var timeNs: Int64
  var signedLots: Int64
  var priceTicks: Int64
  var isMaker: Bool
  /// The worth of a lot at the mid of the fill, in grains.
  var worthAtFill: Int128
}

/// The markouts of one instrument. A fill's markout at τ is sign × (mid(t + τ) − price): positive is good for whoever
/// filled. The mid at t + τ is the one in force there, after all touches of that very time.
struct MarkoutTracker {
  /// One row for each horizon; maker, taker.
  private(set) var cells = Self.empty
  private(set) var unmarked: Int64 = 0
  /// Fills in order of time; `cursors` says for each horizon which are still to come.
  private var pending: [PendingMarkout] = []
  private var cursors = [Int](repeating: 0, count: MarkoutHorizon.allCases.count)
  private let capacity: Int
  private let divider: MarkoutHorizon

  static var empty: [[MarkoutCell]] {
    Array(repeating: [MarkoutCell(), MarkoutCell()], count: MarkoutHorizon.allCases.count)
  }

  /// Fills of one minute of venue time are one cluster: as long as the longest horizon.
  private static let clusterNs: Int64 = 60_000_000_000

  init(_ configuration: RecorderConfiguration) {
    capacity = configuration.maximumPendingMarkouts
    divider = configuration.adverseSelectionHorizon
  }

  mutating func add(_ fill: PendingMarkout) {
    compact()
    guard pending.count < capacity else {
      unmarked += 1
      return
    }
    pending.append(fill)
  }

  /// The earliest time at which something is due; `.max` when nothing waits.
  var nextDueNs: Int64 {
    var next = Int64.max
    for horizon in MarkoutHorizon.allCases where cursors[horizon.rawValue] < pending.count {
      next = min(next, pending[cursors[horizon.rawValue]].timeNs + horizon.ns)
    }
    return next
  }

  /// Measures all that is due before `timeNs` at the ledger's mid, and adds to its adverse selection.
  mutating func settle(
    before timeNs: Int64, _ ledger: inout ProfitLedger, _ told: (Int64, MarkoutHorizon, Double) -> Void
  ) {
    for horizon in MarkoutHorizon.allCases {
      while cursors[horizon.rawValue] < pending.count {
        let fill = pending[cursors[horizon.rawValue]]
        guard fill.timeNs + horizon.ns < timeNs else { break }
        cursors[horizon.rawValue] += 1
        let sign: Int64 = fill.signedLots < 0 ? -1 : 1
        let ticks = Double(sign * (ledger.midHalfTicks - 2 * fill.priceTicks)) / 2
        let bps = ticks / Double(fill.priceTicks) * 1e4
        let cluster = fill.timeNs / Self.clusterNs
        let kind = fill.isMaker ? 0 : 1
        cells[horizon.rawValue][kind].ticks.add(ticks, cluster: cluster)
        cells[horizon.rawValue][kind].bps.add(bps, cluster: cluster)
        if horizon == divider { Self.addAdverse(fill, &ledger) }
        told(fill.number, horizon, ticks)
      }
    }
  }

  /// Fills whose dividing horizon lies beyond the end end there.
  mutating func end(_ ledger: inout ProfitLedger) {
    for fill in pending[cursors[divider.rawValue]...] { Self.addAdverse(fill, &ledger) }
  }

  private static func addAdverse(_ fill: PendingMarkout, _ ledger: inout ProfitLedger) {
    ledger.adverseGrains += Int128(fill.signedLots) * (ledger.worthAtMid - fill.worthAtFill)
  }

  /// Gives up the room of fills that passed every horizon, when that is half of it.
  private mutating func compact() {
    let done = cursors.min() ?? 0
    guard done > 0, done >= pending.count / 2 else { return }
    pending.removeFirst(done)
    for index in cursors.indices { cursors[index] -= done }
  }
}
