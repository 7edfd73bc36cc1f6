// A set of scopes as gauges: written by execution, read back by whoever has the counter file.

import Pipeline
public import Risk

/// What is halted, paused or reduce-only, in four gauges: everything (1 or 0), and the venues, instruments and
/// strategies as bits by their numbers.
struct ScopeGauges {
  private let everything: Counter
  private let venues: Counter
  private let instruments: Counter
  private let strategies: Counter

  init(_ name: String, _ named: (String) -> Counter) {
    everything = named(name)
    venues = named(name + ".venues")
    instruments = named(name + ".instruments")
    strategies = named(name + ".strategies")
  }

  @inline(always)
  func show(_ set: ScopeSet) {
    everything.set(set.isEverything ? 1 : 0)
    venues.set(Int64(set.venues))
    instruments.set(Int64(bitPattern: set.instruments))
    strategies.set(Int64(bitPattern: set.strategies))
  }
}

extension ScopeSet {
  /// The set that gauges of an execution stage tell. The four are read one by one: a set that changes meanwhile is
  /// seen half changed until the next look.
  ///
  /// - Parameters:
  ///   - name: the gauge's whole name, such as `execution.trading.halted`.
  ///   - value: gives the value of a gauge.
  public init(gauges name: String, _ value: (String) -> Int64) {
    self.init(
      isEverything: value(name) != 0, venues: UInt32(truncatingIfNeeded: value(name + ".venues")),
      instruments: UInt64(bitPattern: value(name + ".instruments")),
      strategies: UInt64(bitPattern: value(name + ".strategies")))
  }
}
