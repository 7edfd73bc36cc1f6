// The sums of a scope: of one instrument, or of several together.

import Market

/// The sums of one or several instruments.
struct ScopeSums {
  struct Run {
    var intervalNs: Int64
    var lengthNs: Int64
  }

  private(set) var attribution = Attribution(
    spreadCapture: .zero, adverseSelection: .zero, inventory: .zero, fees: .zero, funding: .zero)
  private(set) var fees = FeeTable()
  private(set) var liquidation = LiquidationTotals()
  private(set) var orders = OrderTotals()
  private(set) var slippageAtDecision = CostAgainst()
  private(set) var slippageAtArrival = CostAgainst()
  private(set) var shortfall = CostAgainst()
  private(set) var closedTrips: Int64 = 0
  private(set) var wonTrips: Int64 = 0
  private(set) var cells = MarkoutTracker.empty
  private(set) var unmarked: Int64 = 0
  private(set) var requestLatency = LatencyCounts()
  private(set) var acknowledgementLatency = LatencyCounts()
  private(set) var cancelLatency = LatencyCounts()
  private(set) var series = InstrumentSeries()
  let tracker: EquityTracker
  let longestDrawdownNs: Int64
  /// Of a scope that is one instrument: volumes of different instruments are no one market.
  private(set) var market: (marketLots: Int64, turnoverUnits: Int128, ownLots: Int64)?

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
    liquidation.fills += state.liquidation.fills
    liquidation.insurancePaid.units += state.liquidation.insurancePaid.units
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
      unvaluedFees: fees.unvalued, liquidation: liquidation, markouts: markouts(inTicks: instrument != nil),
      unmarkedFills: unmarked,
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
}
