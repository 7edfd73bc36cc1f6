// What a Hawkes market is made of, as a plain value; HawkesParameters+JSON.swift is its text form.

import Market

/// The kinds of order flow. Each comes in a pair: pressing the price up and pressing it down.
///
/// A market order presses toward its side, a limit order too (a bid up), a cancel away from the side it leaves.
public enum FlowKind: Int, CaseIterable, Sendable {
  case market = 0
  case limitTouch = 1
  case limitDeep = 2
  case cancelTouch = 3
  case cancelDeep = 4

  public var name: String {
    switch self {
    case .market: "market"
    case .limitTouch: "limit_touch"
    case .limitDeep: "limit_deep"
    case .cancelTouch: "cancel_touch"
    case .cancelDeep: "cancel_deep"
    }
  }
}

/// Why parameters cannot make a market.
public struct ParameterError: Error, Equatable, CustomStringConvertible {
  public let key: String
  public let reason: String

  public init(key: String, reason: String) {
    self.key = key
    self.reason = reason
  }

  public var description: String { "\(key): \(reason)" }
}

/// Rates are per second. Both directions of a kind share every parameter, so that the market has no drift of its own.
public struct HawkesParameters: Equatable, Sendable {
  /// Where the figures come from: a capture's name, or "made up".
  public var source: String
  public var startTicks: Int64 = 600_000
  /// From the venue's time to ours, for every message alike.
  public var feedLatencyNs: Int64 = 1_000_000
  /// The decays of the kernels, in 1/s.
  public var decaysPerSecond: [Double]
  /// Events that nothing excited, for one direction of each `FlowKind`.
  public var baselinePerSecond: [Double]
  /// Kernels as branching numbers: how many events of kind `to` an event of kind `from` brings through decay `p`, all
  /// in all, in its own direction at `[p][from][to]`.
  public var sameSide: [[[Double]]]
  /// The same for events of the other direction.
  public var otherSide: [[[Double]]]
  /// While the spread is wider than a tick: limit orders inside it, per second, both sides together.
  public var refillPerSecond: Double
  /// How often such an order comes on the side that was not depleted last: the price goes on instead of back.
  public var refillFollows: Double
  /// How often such an order closes the spread to one tick; else it stands anywhere inside.
  public var refillCloses: Double
  public var marketLots: QuantileTable
  public var touchLots: QuantileTable
  public var deepLots: QuantileTable
  /// Ticks behind the best price of a deep limit order.
  public var deepTicks: QuantileTable
  /// How many levels are better than the one that a cancel behind the touch is for.
  public var cancelRanks: QuantileTable
  /// How often a cancel takes a whole level; else it takes a uniform part of it.
  public var cancelsWholeTouch: Double
  public var cancelsWholeDeep: Double
  /// With a signal the touch is never depleted, the spread is one tick, and the price moves by moves of its own, one tick
  /// up or down. Nil: the price moves as orders deplete the touch.
  public var signal: SignalParameters?

  public init(
    source: String, decaysPerSecond: [Double], baselinePerSecond: [Double], sameSide: [[[Double]]],
    otherSide: [[[Double]]], refillPerSecond: Double, refillFollows: Double, refillCloses: Double,
    marketLots: QuantileTable, touchLots: QuantileTable, deepLots: QuantileTable, deepTicks: QuantileTable,
    cancelRanks: QuantileTable, cancelsWholeTouch: Double, cancelsWholeDeep: Double
  ) {
    self.source = source
    self.decaysPerSecond = decaysPerSecond
    self.baselinePerSecond = baselinePerSecond
    self.sameSide = sameSide
    self.otherSide = otherSide
    self.refillPerSecond = refillPerSecond
    self.refillFollows = refillFollows
    self.refillCloses = refillCloses
    self.marketLots = marketLots
    self.touchLots = touchLots
    self.deepLots = deepLots
    self.deepTicks = deepTicks
    self.cancelRanks = cancelRanks
    self.cancelsWholeTouch = cancelsWholeTouch
    self.cancelsWholeDeep = cancelsWholeDeep
  }

  /// What an event adds to an intensity, per second: its branching number times the decay.
  func jump(decay: Int, from: Int, to: Int, sameSide isSame: Bool) -> Double {
    (isSame ? sameSide : otherSide)[decay][from][to] * decaysPerSecond[decay]
  }

  /// The mean number of events that an event brings, all kinds together, in the long run: the largest eigenvalue of the
  /// branching matrix. As both directions are alike it is that of the sum over both. Below 1 the flow is stationary
  /// (Hawkes, "Spectra of some self-exciting and mutually exciting point processes", Biometrika 58, 1971).
  public var branchingRatio: Double {
    let kinds = FlowKind.allCases.count
    var vector = [Double](repeating: 1, count: kinds)
    var ratio = 0.0
    for _ in 0..<200 {
      var next = [Double](repeating: 0, count: kinds)
      for p in decaysPerSecond.indices {
        for from in 0..<kinds {
          for to in 0..<kinds { next[to] += vector[from] * (sameSide[p][from][to] + otherSide[p][from][to]) }
        }
      }
      // The shift by the vector itself lets the iteration settle where the matrix would swing between two vectors.
      for k in 0..<kinds { next[k] += vector[k] }
      let size = next.max() ?? 0
      ratio = size - 1
      vector = next.map { $0 / size }
    }
    return ratio
  }

  /// - Throws: the first parameter that makes no market, with the reason.
  public func validate() throws(ParameterError) {
    let kinds = FlowKind.allCases.count
    func check(_ holds: Bool, _ key: String, _ reason: String) throws(ParameterError) {
      if !holds { throw ParameterError(key: key, reason: reason) }
    }
    try check(startTicks >= 100_000 && startTicks < 1 << 33, "start_ticks", "must be from 100000 to 2^33")
    try check((0...1_000_000_000).contains(feedLatencyNs), "feed_latency_ns", "must be from 0 to 1 s")
    try check(
      (1...8).contains(decaysPerSecond.count) && decaysPerSecond.allSatisfy { $0 > 0 && $0 <= 1e6 },
      "decays_per_second", "must be 1 to 8 numbers above 0, at most 1e6")
    try check(
      baselinePerSecond.count == kinds && baselinePerSecond.allSatisfy { $0 >= 0 && $0 <= 1e6 }
        && baselinePerSecond.reduce(0, +) >= 1e-3,
      "baseline_per_second", "must be \(kinds) numbers from 0 to 1e6, together at least 0.001")
    for (key, matrices) in [("same_side", sameSide), ("other_side", otherSide)] {
      try check(
        matrices.count == decaysPerSecond.count
          && matrices.allSatisfy { $0.count == kinds && $0.allSatisfy { $0.count == kinds } },
        key, "must be a matrix of \(kinds) by \(kinds) for each decay")
      try check(matrices.allSatisfy { $0.allSatisfy { $0.allSatisfy { $0 >= 0 && $0.isFinite } } }, key, "is negative")
    }
    try check(branchingRatio < 0.999, "same_side", "events bring \(branchingRatio) others each: the flow would explode")
    try check(refillPerSecond > 0 && refillPerSecond <= 1e6, "refill_per_second", "must be above 0, at most 1e6")
    for (key, share) in [
      ("refill_follows", refillFollows), ("refill_closes", refillCloses), ("cancels_whole_touch", cancelsWholeTouch),
      ("cancels_whole_deep", cancelsWholeDeep),
    ] {
      try check((0...1).contains(share), key, "must be from 0 to 1")
    }
    try check(
      (deepTicks.values.last ?? 0) <= 10_000, "deep_ticks", "must be at most 10000: prices stay far above 0")
    if let signal {
      try check((0..<1).contains(signal.strength), "strength", "must be from 0 to below 1")
      try check(signal.movesPerSecond > 0 && signal.movesPerSecond <= 1e6, "moves_per_second", "must be above 0")
      try check((0...1e6).contains(signal.flipsPerSecond), "flips_per_second", "must be from 0 to 1e6")
    }
  }
}
