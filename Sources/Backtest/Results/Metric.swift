// The catalogue of figures: what each is called, what it means and in what unit it is told.

/// How a figure is told.
public enum MetricUnit: String, Sendable {
  case count = ""
  /// The settlement asset, exact to 10^-8.
  case asset = "asset"
  case seconds = "s"
  case share = "share"
  case ratio = "ratio"
  case bps = "bps"
  case assetPerDay = "asset/day"
}

/// A figure of a result. The raw value is its key in JSON and tables; definitions stand in docs/results.md with sources.
public enum Metric: String, CaseIterable, Sendable {
  case profit
  case spreadCapture = "spread_capture"
  case adverseSelection = "adverse_selection"
  case inventory
  case fees
  case funding
  case maximumDrawdown = "maximum_drawdown"
  case drawdownFall = "drawdown_fall"
  case longestDrawdown = "longest_drawdown"
  case sharpe
  case sortino
  case calmar
  case fills
  case makerFills = "maker_fills"
  case roundTrips = "round_trips"
  case hitRate = "hit_rate"
  case turnover
  case turnoverPerDay = "turnover_per_day"
  case profitPerTurnover = "profit_per_turnover"
  case makerFees = "maker_fees"
  case takerFees = "taker_fees"
  case feeRate = "fee_rate"
  case breakEvenFee = "break_even_fee"
  case breakEvenMakerFee = "break_even_maker_fee"
  case slippageAtDecision = "slippage_at_decision"
  case slippageAtArrival = "slippage_at_arrival"
  case shortfall
  case averageExposure = "average_exposure"
  case maximumExposure = "maximum_exposure"
  case timeInMarket = "time_in_market"
  case participation
  case capacityParticipation = "capacity_participation"
  case capacityPerDay = "capacity_per_day"

  public var unit: MetricUnit {
    switch self {
    case .profit, .spreadCapture, .adverseSelection, .inventory, .fees, .funding, .maximumDrawdown, .turnover,
      .makerFees, .takerFees, .averageExposure, .maximumExposure:
      .asset
    case .drawdownFall, .longestDrawdown: .seconds
    case .sharpe, .sortino, .calmar: .ratio
    case .fills, .makerFills, .roundTrips: .count
    case .hitRate, .timeInMarket, .participation, .capacityParticipation: .share
    case .profitPerTurnover, .feeRate, .breakEvenFee, .breakEvenMakerFee, .slippageAtDecision, .slippageAtArrival,
      .shortfall:
      .bps
    case .turnoverPerDay, .capacityPerDay: .assetPerDay
    }
  }

  /// One sentence for people.
  public var definition: String {
    switch self {
    case .profit: "Net profit, open positions marked at the mid: the sum of the five terms below."
    case .spreadCapture: "Earned against the mid at the moment of each fill."
    case .adverseSelection: "What the mid's move in the horizon after each fill took from it."
    case .inventory: "What the mid's moves after that horizon did to positions."
    case .fees: "Fees, negative when paid. Fees in an asset without a price are listed apart and not in it."
    case .funding: "Funding received less paid."
    case .maximumDrawdown: "The deepest fall of equity below its own earlier maximum, over all events."
    case .drawdownFall: "Time from that maximum to the deepest point."
    case .longestDrawdown: "The longest time until a maximum was reached again, or until the end."
    case .sharpe: "Mean over standard deviation of the sampled profits, annualised by the root of samples in 365 days."
    case .sortino: "Mean over the root mean square of the negative sampled profits, annualised likewise."
    case .calmar: "Profit for 365 days over the maximum drawdown."
    case .fills: "Fills, whole or in part."
    case .makerFills: "Fills as maker."
    case .roundTrips: "Closed round trips, from flat to flat."
    case .hitRate: "Closed round trips with a profit after fees."
    case .turnover: "Traded value of all fills."
    case .turnoverPerDay: "Turnover for a day of 24 hours."
    case .profitPerTurnover: "Net profit for the traded value."
    case .makerFees: "Fees of maker fills, negative when paid."
    case .takerFees: "Fees of taker fills, negative when paid."
    case .feeRate: "Fees paid for the traded value; negative for rebates."
    case .breakEvenFee: "The fee rate, equal for makers and takers, at which the net profit would be zero."
    case .breakEvenMakerFee: "The maker's fee rate at which the net profit would be zero, taker fees unchanged."
    case .slippageAtDecision: "Taker fills beyond the best opposite price at the decision, for their value."
    case .slippageAtArrival: "Taker fills beyond the best opposite price at arrival, for their value."
    case .shortfall: "All fills beyond the mid at their decision, for their value."
    case .averageExposure: "Time average of the positions' value, without signs."
    case .maximumExposure: "Largest value of the positions, without signs."
    case .timeInMarket: "Share of the time with a position."
    case .participation: "Own traded quantity for that of the market."
    case .capacityParticipation: "Estimate: the participation at which square-root impact takes the whole edge."
    case .capacityPerDay: "Estimate: the traded value of a day at that participation."
    }
  }
}
