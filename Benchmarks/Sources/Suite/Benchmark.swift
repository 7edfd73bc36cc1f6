// A benchmark: the sides that do the same work, measured in turn, and the rows that come out.

/// How much work a measurement does.
public struct Scale: Sendable {
  /// Of full size, or as little as proves that it runs and computes the right thing.
  public let isTiny: Bool
  public let runs: Int

  public init(isTiny: Bool, runs: Int) {
    self.isTiny = isTiny
    self.runs = runs
  }

  /// `full` of it, or `tiny`.
  public func of(_ full: Int, tiny: Int) -> Int { isTiny ? tiny : full }
}

/// One of the sides of a benchmark. `measure` does the work once, checks what it computed, and returns the figure in the
/// benchmark's unit.
public struct BenchmarkSide {
  public let name: String
  public let measure: () throws -> Double
  /// The curve of the last measurement, of a side that has one.
  public let curve: () -> LatencyCurve?

  public init(
    _ name: String, curve: @escaping () -> LatencyCurve? = { nil }, _ measure: @escaping () throws -> Double
  ) {
    self.name = name
    self.curve = curve
    self.measure = measure
  }
}

/// A benchmark whose sides stand ready.
public struct Benchmark {
  public let row: String
  public let unit: String
  /// Who runs where, as a small diagram.
  public let topology: String
  public let ours: BenchmarkSide
  public let peers: [BenchmarkSide]

  public init(row: String, unit: String, topology: String, ours: BenchmarkSide, peers: [BenchmarkSide]) {
    self.row = row
    self.unit = unit
    self.topology = topology
    self.ours = ours
    self.peers = peers
  }

  /// Warms every side up, then measures all sides in turn, `runs` times: what disturbs the machine for a while
  /// disturbs both sides of a ratio.
  public func run(_ scale: Scale) throws -> [BenchmarkResult] {
    let sides = [ours] + peers
    for side in sides { _ = try side.measure() }
    var figures = [[Double]](repeating: [], count: sides.count)
    for run in 0..<scale.runs {
      // Forth and back, so that no side always follows the same one.
      let order = run % 2 == 0 ? Array(sides.indices) : sides.indices.reversed()
      for side in order { figures[side].append(try sides[side].measure()) }
    }
    return peers.indices.map { peer in
      var percentiles: [String: LatencyCurve] = [:]
      percentiles["ours"] = ours.curve()
      percentiles[peers[peer].name] = peers[peer].curve()
      return BenchmarkResult(
        row: row, unit: unit, peer: peers[peer].name, ours: figures[0], peerFigures: figures[peer + 1],
        percentiles: percentiles)
    }
  }
}

/// A computation that came out wrong, or a peer that is not there.
public struct BenchmarkError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
