// From a recorder's sums to the figures of a result.

import Market

extension BacktestResult {
  init(_ recorder: ResultRecorder, endNs: Int64) {
    label = recorder.configuration.label
    startNs = recorder.startNs
    self.endNs = endNs
    instruments = recorder.instruments
    adverseSelectionHorizon = recorder.configuration.adverseSelectionHorizon
    sampleIntervalNs = recorder.grid.intervalNs
    sampleTimesNs = recorder.grid.timesNs
    fillCount = recorder.fills.seen
    fillStride = recorder.fills.stride
    fills = recorder.fills.elements
    let run = ScopeSums.Run(intervalNs: recorder.grid.intervalNs, lengthNs: endNs - recorder.startNs)
    let names = recorder.configuration.venueNames
    let ofInstruments = recorder.instruments.indices.map { index in
      let instrument = recorder.instruments[index]
      return ScopeSums(recorder, [index], recorder.trackers[index], endNs: endNs).result(
        .instrument, instrument.symbol.text, instrument.settlement, instrument: index, run)
    }
    let ofGroups = recorder.groups.indices.map { index in
      let group = recorder.groups[index]
      let tracker = recorder.trackers[recorder.instruments.count + index]
      let place = group.venue.map { Int($0.rawValue) }
      let name = place.map { $0 < names.count ? names[$0] : "venue \($0)" } ?? "total"
      return ScopeSums(recorder, group.members, tracker, endNs: endNs).result(
        group.kind, name, group.settlement, instrument: nil, run)
    }
    scopes = ofInstruments + ofGroups
  }
}

/// The sums of one or several instruments.
struct ScopeSums {
  struct Run {
    var intervalNs: Int64
    var lengthNs: Int64
  }

  private var attribution = Attribution(
    spreadCapture: .zero, adverseSelection: .zero, inventory: .zero, fees: .zero, funding: .zero)
  private var fees = FeeTable()
  private var orders = OrderTotals()
  private var slippageAtDecision = CostAgainst()
  private var slippageAtArrival = CostAgainst()
  private var shortfall = CostAgainst()
  private var closedTrips: Int64 = 0
  private var wonTrips: Int64 = 0
  private var cells = MarkoutTracker.empty
  private var unmarked: Int64 = 0
  private var requestLatency = LatencyCounts()
  private var acknowledgementLatency = LatencyCounts()
  private var cancelLatency = LatencyCounts()
  private var series = InstrumentSeries()
  private let tracker: EquityTracker
  private let longestDrawdownNs: Int64
  /// Of a scope that is one instrument: volumes of different instruments are no one market.
  private var market: (marketLots: Int64, turnoverUnits: Int128, ownLots: Int64)?

  init(_ recorder: ResultRecorder, _ members: [Int], _ tracker: EquityTracker, endNs: Int64) {
    self.tracker = tracker
    longestDrawdownNs = tracker.drawdown.longestNs(endNs: endNs)
    for index in members { add(recorder.states[index], recorder.grid.series[index]) }
    guard members.count == 1, let index = members.first else { return }
    series = recorder.grid.series[index]
    let state = recorder.states[index]
    market = (state.marketLots, state.marketTurnoverUnits, state.ownLots)
  }

  private mutating func add(_ state: InstrumentRecorder, _ samples: InstrumentSeries) {
    let parts = state.ledger.attribution
    attribution.spreadCapture.units += parts.spreadCapture.units
    attribution.adverseSelection.units += parts.adverseSelection.units
    attribution.inventory.units += parts.inventory.units
    attribution.fees.units += parts.fees.units
    attribution.funding.units += parts.funding.units
    fees.merge(state.fees)
    orders.add(state.orders.totals)
    slippageAtDecision.add(state.orders.slippageAtDecision)
    slippageAtArrival.add(state.orders.slippageAtArrival)
    shortfall.add(state.orders.shortfall)
    closedTrips += state.trips.closed
    wonTrips += state.trips.won
    unmarked += state.markouts.unmarked
    for horizon in cells.indices {
      for kind in cells[horizon].indices { cells[horizon][kind].merge(state.markouts.cells[horizon][kind]) }
    }
    requestLatency.merge(state.orders.requestLatency)
    acknowledgementLatency.merge(state.orders.acknowledgementLatency)
    cancelLatency.merge(state.orders.cancelLatency)
    if series.equityUnits.isEmpty { series.equityUnits = samples.equityUnits.map { _ in 0 } }
    for index in samples.equityUnits.indices { series.equityUnits[index] += samples.equityUnits[index] }
  }

  func result(
    _ kind: ScopeKind, _ name: String, _ asset: ShortName, instrument: Int?, _ run: Run
  ) -> ScopeResult {
    var series = series
    if instrument == nil { (series.positionLots, series.midHalfTicks) = ([], []) }
    return ScopeResult(
      kind: kind, name: name, asset: asset, instrument: instrument, attribution: attribution,
      figures: Metric.allCases.map { figure($0, run) }, orders: orders, feeTiers: fees.tiers,
      unvaluedFees: fees.unvalued, markouts: markouts(inTicks: instrument != nil), unmarkedFills: unmarked,
      requestLatency: requestLatency, acknowledgementLatency: acknowledgementLatency, cancelLatency: cancelLatency,
      series: series)
  }

  private func markouts(inTicks: Bool) -> [Markout] {
    MarkoutHorizon.allCases.flatMap { horizon in
      let (maker, taker) = (cells[horizon.rawValue][0], cells[horizon.rawValue][1])
      var all = maker
      all.merge(taker)
      return zip(Markout.Kind.allCases, [maker, taker, all]).map { kind, cell in
        Markout(
          horizon: horizon, kind: kind, fills: cell.bps.count, meanTicks: inTicks ? cell.ticks.mean : nil,
          errorTicks: inTicks ? cell.ticks.standardError : nil, meanBps: cell.bps.mean,
          errorBps: cell.bps.standardError)
      }
    }
  }

  private func figure(_ metric: Metric, _ run: Run) -> MetricValue {
    switch metric {
    case .profit: .amount(attribution.profit)
    case .spreadCapture: .amount(attribution.spreadCapture)
    case .adverseSelection: .amount(attribution.adverseSelection)
    case .inventory: .amount(attribution.inventory)
    case .fees: .amount(attribution.fees)
    case .funding: .amount(attribution.funding)
    case .maximumDrawdown, .drawdownFall, .longestDrawdown, .sharpe, .sortino, .calmar: risk(metric, run)
    case .fills, .makerFills, .roundTrips, .hitRate: activity(metric)
    case .turnover, .turnoverPerDay, .profitPerTurnover, .makerFees, .takerFees, .feeRate, .breakEvenFee,
      .breakEvenMakerFee:
      trading(metric, run)
    case .slippageAtDecision: MetricValue(slippageAtDecision.bps)
    case .slippageAtArrival: MetricValue(slippageAtArrival.bps)
    case .shortfall: MetricValue(shortfall.bps)
    case .averageExposure, .maximumExposure, .timeInMarket: exposure(metric, run)
    case .participation, .capacityParticipation, .capacityPerDay: capacity(metric, run)
    }
  }

  private func risk(_ metric: Metric, _ run: Run) -> MetricValue {
    let returns = Returns(equityUnits: series.equityUnits, intervalNs: run.intervalNs)
    let depth = tracker.drawdown.depthUnits
    switch metric {
    case .maximumDrawdown: return .amount(Amount(units: depth))
    case .drawdownFall: return .number(Double(tracker.drawdown.fallNs) / 1e9)
    case .longestDrawdown: return .number(Double(longestDrawdownNs) / 1e9)
    case .sharpe: return MetricValue(returns.sharpe)
    case .sortino: return MetricValue(returns.sortino)
    default:
      guard depth > 0, run.lengthNs > 0 else { return .absent }
      return MetricValue(
        Double(attribution.profit.units) * Returns.yearNs / Double(run.lengthNs) / Double(depth))
    }
  }

  private func activity(_ metric: Metric) -> MetricValue {
    let makers = fees.sum(maker: true).fills
    switch metric {
    case .fills: return .count(makers + fees.sum(maker: false).fills)
    case .makerFills: return .count(makers)
    case .roundTrips: return .count(closedTrips)
    default: return closedTrips > 0 ? .number(Double(wonTrips) / Double(closedTrips)) : .absent
    }
  }

  private func trading(_ metric: Metric, _ run: Run) -> MetricValue {
    let (maker, taker) = (fees.sum(maker: true), fees.sum(maker: false))
    let turnover = maker.turnover.units + taker.turnover.units
    let gross = attribution.profit.units - attribution.fees.units
    func bps(_ units: Int64, of turnover: Int64) -> MetricValue {
      turnover > 0 ? .number(Double(units) / Double(turnover) * 1e4) : .absent
    }
    switch metric {
    case .turnover: return .amount(Amount(units: turnover))
    case .turnoverPerDay:
      guard run.lengthNs > 0 else { return .absent }
      return .number(Double(turnover) / Double(Amount.unitsPerCoin) * 86_400e9 / Double(run.lengthNs))
    case .profitPerTurnover: return bps(attribution.profit.units, of: turnover)
    case .makerFees: return .amount(Amount(units: -maker.fees.units))
    case .takerFees: return .amount(Amount(units: -taker.fees.units))
    case .feeRate: return bps(-attribution.fees.units, of: turnover)
    case .breakEvenFee: return bps(gross, of: turnover)
    default: return bps(gross - taker.fees.units, of: maker.turnover.units)
    }
  }

  private func exposure(_ metric: Metric, _ run: Run) -> MetricValue {
    switch metric {
    case .maximumExposure: return .amount(Amount(units: tracker.maximumExposureUnits))
    case .averageExposure:
      guard run.lengthNs > 0 else { return .absent }
      return .amount(Amount(units: Int64((tracker.exposureNs / Double(run.lengthNs)).rounded())))
    default:
      return run.lengthNs > 0 ? .number(Double(tracker.inMarketNs) / Double(run.lengthNs)) : .absent
    }
  }

  private func capacity(_ metric: Metric, _ run: Run) -> MetricValue {
    guard let market, market.marketLots > 0 else { return .absent }
    if metric == .participation { return .number(Double(market.ownLots) / Double(market.marketLots)) }
    guard let edgeBps = trading(.profitPerTurnover, run).real,
      let estimate = CapacityEstimate(
        edge: edgeBps / 1e4, mids: series.midHalfTicks, intervalNs: run.intervalNs,
        marketTurnoverUnits: Double(market.turnoverUnits), runNs: run.lengthNs)
    else { return .absent }
    if metric == .capacityParticipation { return .number(estimate.participation) }
    return .number(estimate.perDayUnits / Double(Amount.unitsPerCoin))
  }
}
