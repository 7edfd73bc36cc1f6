// What a backtest produced: figures for each scope, series and fills.

public import Market
public import Risk

/// The mean markout of fills of one kind at one horizon, with a cluster-robust standard error (`ClusteredMean`).
public struct Markout: Equatable, Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case maker
    case taker
    case all
  }

  public var horizon: MarkoutHorizon
  public var kind: Kind
  /// Fills that lived to the horizon.
  public var fills: Int64
  /// In ticks of the instrument; nil for groups, whose ticks differ, and without fills.
  public var meanTicks: Double?
  public var errorTicks: Double?
  public var meanBps: Double?
  /// Nil below two clusters of fills.
  public var errorBps: Double?
}

/// The result of one scope.
public struct ScopeResult: Equatable, Sendable {
  public var kind: ScopeKind
  public var name: String
  /// The asset of every amount in it.
  public var asset: ShortName
  /// The instrument's place, for a scope that is one.
  public var instrument: Int?
  public var attribution: Attribution
  /// In the order of `Metric.allCases`.
  public var figures: [MetricValue]
  public var orders: OrderTotals
  public var feeTiers: [FeeTierTotals]
  public var unvaluedFees: [UnvaluedFee]
  public var liquidation: LiquidationTotals
  /// By horizon, then maker, taker, all.
  public var markouts: [Markout]
  /// Fills that were not marked because too many waited (`RecorderConfiguration.maximumPendingMarkouts`).
  public var unmarkedFills: Int64
  /// From decision to the venue's matching.
  public var requestLatency: LatencyCounts
  /// From decision to the bot's knowledge.
  public var acknowledgementLatency: LatencyCounts
  /// From a cancel's decision to the order's end at the venue.
  public var cancelLatency: LatencyCounts
  /// Equity always; position and mid for an instrument.
  public var series: InstrumentSeries

  public subscript(_ metric: Metric) -> MetricValue { figures[Metric.allCases.firstIndex(of: metric)!] }
}

/// All of a run. Equal inputs give equal results, byte for byte in `json`.
public struct BacktestResult: Equatable, Sendable {
  public var label: String
  public var startNs: Int64
  public var endNs: Int64
  public var instruments: [Instrument]
  /// Orders and amendments that the bot's own risk gate refused, by reason in the order of their numbers.
  public var refusals: [RefusalCount]
  public var adverseSelectionHorizon: MarkoutHorizon
  /// The distance of two samples, over which returns are taken.
  public var sampleIntervalNs: Int64
  public var sampleTimesNs: [Int64]
  /// Instruments, then venues, then totals.
  public var scopes: [ScopeResult]
  /// All of them, kept or not.
  public var fillCount: Int64
  /// Every so many-th fill is in `fills`.
  public var fillStride: Int64
  public var fills: [BacktestFill]

  /// The whole run in the first settlement asset; nil without instruments.
  public var total: ScopeResult? { scopes.first { $0.kind == .total } }
}
