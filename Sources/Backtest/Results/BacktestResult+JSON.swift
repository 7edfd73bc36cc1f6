// A result as JSON, byte-equal for equal results.

import Market
import Risk
public import Simulation

extension BacktestResult {
  public static let formatName = "apus-backtest-1"

  /// Amounts in whole coins of the scope's asset with eight decimals, times in nanoseconds since 1970; `series.equity`
  /// is in units of 10^-8.
  public var json: JSONValue {
    .fields([
      ("format", .string(Self.formatName)),
      ("label", .string(label)),
      ("simulated", .bool(true)),
      ("start_ns", .integer(startNs)),
      ("end_ns", .integer(endNs)),
      ("adverse_selection_horizon_s", .real(Double(adverseSelectionHorizon.ns) / 1e9)),
      ("instruments", .array(instruments.map(Self.json))),
      (
        "refusals",
        .array(
          refusals.map { .fields([("reason", .string("\($0.reason)")), ("count", .integer($0.count))]) })
      ),
      ("scopes", .array(scopes.map(\.json))),
      ("sample_interval_ns", .integer(sampleIntervalNs)),
      ("sample_times_ns", .integers(sampleTimesNs)),
      ("fill_count", .integer(fillCount)),
      ("fill_stride", .integer(fillStride)),
      ("fills", fillColumns),
    ])
  }

  private static func json(_ instrument: Instrument) -> JSONValue {
    .fields([
      ("symbol", .string(instrument.symbol.text)),
      ("venue", .integer(instrument.venue.rawValue)),
      ("kind", .string("\(instrument.kind)")),
      ("base", .string(instrument.base.text)),
      ("quote", .string(instrument.quote.text)),
      ("settlement", .string(instrument.settlement.text)),
      ("tick", .number(DecimalText.string(1, step: instrument.tick) ?? "null")),
      ("lot", .number(DecimalText.string(1, step: instrument.lot) ?? "null")),
      ("multiplier", .integer(instrument.multiplier)),
    ])
  }

  /// Columns: a fill as an object would repeat its keys.
  private var fillColumns: JSONValue {
    .fields([
      ("time_ns", .integers(fills.map(\.timeNs))),
      ("instrument", .array(fills.map { .integer($0.instrument.rawValue) })),
      // More than 2^53: text, so that every reader sees the number.
      ("order", .array(fills.map { .string(String($0.order.rawValue)) })),
      ("side", .array(fills.map { .string("\($0.side)") })),
      ("maker", .array(fills.map { .bool($0.isMaker) })),
      ("tier", .array(fills.map { .integer($0.feeTier) })),
      ("price_ticks", .integers(fills.map(\.price.ticks))),
      ("lots", .integers(fills.map(\.quantity.lots))),
      ("notional", .array(fills.map { .amount($0.notional) })),
      ("fee", .array(fills.map { .amount($0.fee) })),
      ("fee_asset", .array(fills.map { .string($0.feeAsset.text) })),
    ])
  }
}

extension ScopeResult {
  var json: JSONValue {
    .fields([
      ("kind", .string(kind.rawValue)),
      ("name", .string(name)),
      ("asset", .string(asset.text)),
      ("instrument", instrument.map { .integer($0) } ?? .null),
      ("figures", figuresJSON),
      ("orders", orders.json),
      ("fee_tiers", .array(feeTiers.map(\.json))),
      (
        "unvalued_fees",
        .array(unvaluedFees.map { .fields([("asset", .string($0.asset.text)), ("fee", .amount($0.fee))]) })
      ),
      (
        "liquidation",
        .fields([("fills", .integer(liquidation.fills)), ("insurance_paid", .amount(liquidation.insurancePaid))])
      ),
      ("markouts", .array(markouts.map(\.json))),
      ("unmarked_fills", .integer(unmarkedFills)),
      (
        "latency",
        .fields([
          ("request", requestLatency.json), ("acknowledgement", acknowledgementLatency.json),
          ("cancel", cancelLatency.json),
        ])
      ),
      (
        "series",
        .fields([
          ("equity_units", .integers(series.equityUnits)), ("position_lots", .integers(series.positionLots)),
          ("mid_half_ticks", .integers(series.midHalfTicks)),
        ])
      ),
    ])
  }

  /// Figures by their names.
  var figuresJSON: JSONValue { .fields(zip(Metric.allCases, figures).map { ($0.rawValue, $1.json) }) }
}

extension MetricValue {
  var json: JSONValue {
    switch self {
    case .count(let count): .integer(count)
    case .amount(let amount): .amount(amount)
    case .number(let number): .real(number)
    case .absent: .null
    }
  }
}

extension OrderTotals {
  var json: JSONValue {
    .fields([
      ("placed", .integer(placed)), ("acknowledged", .integer(acknowledged)),
      ("cancel_requested", .integer(cancelRequested)), ("canceled", .integer(canceled)),
      ("rejected", .integer(rejected)), ("expired", .integer(expired)), ("filled", .integer(filled)),
    ])
  }
}

extension FeeTierTotals {
  var json: JSONValue {
    .fields([
      ("tier", .integer(tier)), ("kind", .string(isMaker ? "maker" : "taker")), ("fills", .integer(fills)),
      ("turnover", .amount(turnover)), ("fees_paid", .amount(fees)),
    ])
  }
}

extension Markout {
  var json: JSONValue {
    .fields([
      ("horizon_s", .real(Double(horizon.ns) / 1e9)), ("kind", .string(kind.rawValue)), ("fills", .integer(fills)),
      ("ticks", .real(meanTicks)), ("ticks_error", .real(errorTicks)), ("bps", .real(meanBps)),
      ("bps_error", .real(errorBps)),
    ])
  }
}

extension LatencyCounts {
  /// Percentiles, and each bucket that holds something as [from, to, count].
  var json: JSONValue {
    func percentile(_ percent: Double) -> JSONValue { self.percentile(percent).map { .integer($0) } ?? .null }
    return .fields([
      ("count", .integer(count)), ("p50_ns", percentile(50)), ("p99_ns", percentile(99)),
      ("p999_ns", percentile(99.9)), ("maximum_ns", .integer(maximumNs)),
      ("buckets", .array(buckets.map { .integers([$0.fromNs, $0.toNs, $0.count]) })),
    ])
  }
}
