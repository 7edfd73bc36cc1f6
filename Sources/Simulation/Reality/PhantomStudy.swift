// Reality without live fills: phantom orders at the touch of a recording, and what each queue model knew of their fate.

/// How phantom orders are placed and judged. Times in nanoseconds of exchange time.
public struct PhantomSettings: Sendable {
  public var orders = 10_000
  /// How long an order has rested when the forecast is due: before anything has happened all models say the same.
  public var ageNs: Int64 = 1_000_000_000
  /// From the forecast to the deadlines, growing.
  public var horizonsNs: [Int64] = [1_000_000_000, 10_000_000_000, 60_000_000_000]
  public var seed: UInt64 = 1
  /// Into how many groups of about equal count a forecast divides what is left to be traded.
  public var groups = 10

  public init() {}
}

/// What became of all orders by one deadline.
public struct PhantomCounts: Equatable, Sendable {
  public internal(set) var horizonNs: Int64
  public internal(set) var filled = 0
  public internal(set) var missed = 0
  /// Neither traded through nor never reached, but filled, or not, whoever left the queue.
  public internal(set) var filledAtLeast = 0
  public internal(set) var missedAtMost = 0
  /// Who left the queue decides.
  public internal(set) var open = 0
}

/// One model and one deadline.
public struct PhantomResult: Equatable, Sendable {
  public let model: String
  public let horizonNs: Int64
  /// Of all orders placed, those that the model has filled by the deadline.
  public let filled: Int
  /// Orders that it has filled though nothing could have, or not filled though they were whoever left.
  public let impossible: Int
  /// Its forecasts.
  public let score: FillScore
  /// Over forecasting the same for all orders.
  public let gain: BrierGain
}

/// Places orders of one lot at the touch, follows them, and judges the queue models.
///
/// A model's forecast is what a backtest under that model would promise: among the orders of the other half of the recording
/// with about as much left to be traded before them, the share that the model fills by the deadline. It is due when an
/// order has rested for `ageNs`, for those that are not surely filled and still stand at the touch by then. One thread;
/// equal settings and rows give equal results.
public struct PhantomStudy: Sendable {
  /// How many orders; fewer than asked for where the recording has not as many places.
  public let placed: Int
  public let counts: [PhantomCounts]
  /// By model, then by horizon.
  public let results: [PhantomResult]

  /// - Parameters:
  ///   - market: rows with a rebuilt book (`CaptureRows`, `rebuilds`).
  ///   - progress: told the share of the work that is done.
  /// - Throws: `TapeError` for a tape that cannot be read.
  public init(
    _ market: any ReplayMarket, _ settings: PhantomSettings = PhantomSettings(), progress: (Double) -> Void = { _ in }
  ) throws(TapeError) {
    let longestNs = settings.horizonsNs.max() ?? 0
    let path = try MarketPath(market)
    let orders = path.phantoms(settings.orders, restingNs: settings.ageNs + longestNs, seed: settings.seed)
    let fates = orders.map { order in
      let forecastNs = order.placedNs + settings.ageNs
      return path.fate(order, forecastNs: forecastNs, untilNs: forecastNs + longestNs)
    }
    let followed = Followed(path: path, settings: settings, orders: orders, fates: fates)
    placed = orders.count
    counts = settings.horizonsNs.map(followed.counts)
    var results: [PhantomResult] = []
    var reference: [[JudgedForecast]] = []
    let steps = Double(PhantomModel.all.count + 1)
    for (i, model) in PhantomModel.all.enumerated() {
      progress(Double(i + 1) / steps)
      let (found, forecasts) = followed.judge(model, reference)
      if i == 0 { reference = forecasts }
      results += found
    }
    self.results = results
    progress(1)
  }
}

/// The orders of a study with what became of them.
private struct Followed {
  let path: MarketPath
  let settings: PhantomSettings
  let orders: [PhantomOrder]
  let fates: [PhantomFate]

  func counts(_ horizonNs: Int64) -> PhantomCounts {
    var counts = PhantomCounts(horizonNs: horizonNs)
    for (order, fate) in zip(orders, fates) {
      switch fate.outcome(by: order.placedNs + settings.ageNs + horizonNs) {
      case .filled: counts.filled += 1
      case .missed: counts.missed += 1
      case .bounded(true, _): counts.filledAtLeast += 1
      case .bounded(_, false): counts.missedAtMost += 1
      case .bounded: counts.open += 1
      }
    }
    return counts
  }

  /// - Parameter reference: the first model's forecasts by horizon; none when this is the first.
  func judge(_ model: PhantomModel, _ reference: [[JudgedForecast]]) -> ([PhantomResult], [[JudgedForecast]]) {
    let longestNs = settings.horizonsNs.max() ?? 0
    let walks = zip(orders, fates).map { order, fate in
      let forecastNs = order.placedNs + settings.ageNs
      return model.follow(path, order, forecastNs, min(forecastNs + longestNs, fate.throughNs))
    }
    var forecasts: [[JudgedForecast]] = []
    let results = settings.horizonsNs.enumerated().map { i, horizonNs in
      let modelled = modelled(walks, horizonNs)
      let due = zip(modelled, fates).filter { $1.isDue(at: $0.placedNs + settings.ageNs) }.map(\.0)
      forecasts.append(FillCurve.crossForecasts(due, groups: settings.groups))
      return PhantomResult(
        model: model.name, horizonNs: horizonNs, filled: modelled.count(where: \.isFilled),
        impossible: modelled.count { $0.isFilled ? !$0.outcome.most : $0.outcome.least },
        score: FillScore(forecasts[i]),
        gain: BrierGain(
          forecasts[i], over: reference.isEmpty ? forecasts[i] : reference[i], blockNs: settings.ageNs + horizonNs))
    }
    return (results, forecasts)
  }

  /// As a backtest would have it: filled by the model's queue, by a quote of the other side, or by a trade through.
  private func modelled(_ walks: [QueueWalk], _ horizonNs: Int64) -> [ModelledOrder] {
    orders.indices.map { i in
      let (order, fate) = (orders[i], fates[i])
      let forecastNs = order.placedNs + settings.ageNs
      let filledNs = min(walks[i].filledNs, fate.quotedNs, fate.throughNs)
      return ModelledOrder(
        placedNs: order.placedNs, deadlineNs: forecastNs + horizonNs, remaining: walks[i].remaining,
        wasFilled: filledNs <= forecastNs, isFilled: filledNs <= forecastNs + horizonNs,
        outcome: fate.outcome(by: forecastNs + horizonNs))
    }
  }
}

extension PhantomFate {
  /// Whether there is something to forecast: the order stands at the touch and need not be filled yet.
  fileprivate func isDue(at forecastNs: Int64) -> Bool { isAtTouch && latestFillNs > forecastNs }
}
