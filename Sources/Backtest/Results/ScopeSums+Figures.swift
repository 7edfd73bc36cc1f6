// Each figure of the catalogue from the sums of a scope. Their definitions stand in docs/results.md.

import Market

extension ScopeSums {
  func figure(_ metric: Metric, _ run: Run) -> MetricValue {
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
    let turnover = maker.turnover.units.addingClamped(taker.turnover.units)
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
      return .amount(Amount(units: Int64(exactly: (tracker.exposureNs / Double(run.lengthNs)).rounded()) ?? .max))
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
