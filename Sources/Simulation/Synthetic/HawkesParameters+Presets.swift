// Parameters that are there without a file.

extension HawkesParameters {
  /// MADE UP, of round numbers: an orderly market for examples, tests and learning, with a book of about a hundred lots at
  /// each tick, some twenty events and one or two trades a second.
  public static let plain: HawkesParameters = {
    func table(_ values: [Int64]) -> QuantileTable {
      guard let table = QuantileTable(values: values) else { preconditionFailure("the preset's tables do not fall") }
      return table
    }
    let lots = table([1, 2, 4, 6, 8, 10, 14, 20, 30, 50, 80, 120, 160, 200, 400, 800])
    // Rows: what excites; columns: market, limit at the touch and behind it, cancel at the touch and behind it.
    let fast: [[Double]] = [
      [0.25, 0.05, 0.05, 0.05, 0.05],
      [0.00, 0.15, 0.05, 0.05, 0.02],
      [0.00, 0.05, 0.20, 0.02, 0.05],
      [0.02, 0.05, 0.05, 0.15, 0.05],
      [0.00, 0.02, 0.05, 0.02, 0.20],
    ]
    let slow: [[Double]] = [
      [0.15, 0.10, 0.10, 0.05, 0.05],
      [0.01, 0.10, 0.05, 0.05, 0.05],
      [0.00, 0.05, 0.10, 0.02, 0.05],
      [0.02, 0.05, 0.05, 0.10, 0.05],
      [0.00, 0.02, 0.05, 0.02, 0.10],
    ]
    let weak = slow.map { $0.map { 0.25 * $0 } }
    return HawkesParameters(
      source: "made up", decaysPerSecond: [50, 1], baselinePerSecond: [0.3, 1, 1.5, 0.8, 1.5],
      sameSide: [fast, slow], otherSide: [weak, weak], refillPerSecond: 50, refillFollows: 0.5, refillCloses: 0.7,
      marketLots: lots, touchLots: lots, deepLots: lots,
      deepTicks: table([1, 1, 1, 2, 2, 3, 4, 5, 7, 10, 14, 20, 25, 30, 40, 60]),
      cancelRanks: table([1, 1, 2, 3, 4, 5, 7, 9, 12, 16, 20, 25, 30, 40, 50, 60]), cancelsWholeTouch: 0.1,
      cancelsWholeDeep: 0.3)
  }()

  /// The same parameters with a planted signal; strength 0 makes the signal-free market, whose mid-price is a martingale.
  public func planting(_ signal: SignalParameters) -> HawkesParameters {
    var planted = self
    planted.signal = signal
    return planted
  }
}
