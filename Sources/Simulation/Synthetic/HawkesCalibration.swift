// From the rows of a recorded market to the parameters of a synthetic one.

/// Why rows cannot calibrate a market.
public struct CalibrationError: Error, Equatable, CustomStringConvertible {
  public let reason: String
  public var description: String { reason }
}

extension HawkesParameters {
  /// Fits a Hawkes market to one instrument's tape: intensities and kernels by maximum likelihood (`HawkesEstimate`), sizes and
  /// distances by their quantiles, the rest by counting. The same rows give the same parameters.
  ///
  /// - Parameters:
  ///   - rows: levels and trades at least; with `touch` rows these alone tell of the touch.
  ///   - source: what the parameters' text names as their origin.
  /// - Throws: what the rows lack.
  public static func calibrated(to rows: [TapeRow], source: String, rounds: Int = 100) throws -> HawkesParameters {
    let flow = OrderFlowReader(rows)
    for kind in FlowKind.allCases {
      let count = flow.events.count { $0.kind == kind }
      guard count >= fewestEvents else {
        throw CalibrationError(
          reason: "only \(count) \(kind.name) orders: at least \(fewestEvents) of a kind are needed")
      }
    }
    guard let marketLots = QuantileTable(sample: flow.marketLots),
      let touchLots = QuantileTable(sample: flow.touchLots),
      let deepLots = QuantileTable(sample: flow.deepLots), let deepTicks = QuantileTable(sample: flow.deepTicks),
      let cancelRanks = QuantileTable(sample: flow.cancelRanks)
    else { throw CalibrationError(reason: "orders of no quantity") }
    let decays: [Double] = [400, 20, 1, 0.05]
    let estimate = HawkesEstimate(flow.events, seconds: flow.seconds, decaysPerSecond: decays, rounds: rounds)
    var parameters = HawkesParameters(
      source: source, decaysPerSecond: decays, baselinePerSecond: estimate.baselinePerSecond,
      sameSide: estimate.sameSide, otherSide: estimate.otherSide,
      refillPerSecond: flow.openSeconds > 0 ? Double(flow.closes.all) / flow.openSeconds : 1,
      refillFollows: flow.follows.value, refillCloses: flow.closes.value, marketLots: marketLots, touchLots: touchLots,
      deepLots: deepLots, deepTicks: deepTicks, cancelRanks: cancelRanks, cancelsWholeTouch: flow.touchCancels.value,
      cancelsWholeDeep: flow.deepCancels.value)
    if let start = flow.startTicks { parameters.startTicks = start }
    try parameters.validate()
    return parameters
  }

  /// Fewer events of a kind say nothing about its kernels.
  private static var fewestEvents: Int { 100 }
}
