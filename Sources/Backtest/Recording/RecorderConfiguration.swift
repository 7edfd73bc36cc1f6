// The bounds of a recorder's memory, the horizons it measures at, and the price of what fees are paid with.

import Market

/// How much a `ResultRecorder` keeps. Everything is counted whatever the bounds: they say what can still be plotted.
public struct RecorderConfiguration: Equatable, Sendable {
  /// What the run is called in its results.
  public var label: String
  /// The venues by their index; a venue without a name is called by its number.
  public var venueNames: [String]
  /// The first distance of two samples; it doubles whenever `maximumSamples` is reached. Returns are taken over it.
  public var sampleNs: Int64
  /// Samples kept: an even number, at least 16.
  public var maximumSamples: Int
  /// Fills kept for the plot, an even number; at the bound every second one is dropped, and from then on every second is kept.
  public var maximumFills: Int
  /// Fills that wait for their markouts, for each instrument; one more is not marked and counted in `unmarkedFills`.
  public var maximumPendingMarkouts: Int
  /// The stated price of the asset that fees are paid with; nil where the market tells it.
  public var feePrice: FeePrice?
  /// Which of the markout horizons divides adverse selection from inventory: 0.1, 1, 10 or 60 s.
  public var adverseSelectionHorizon: MarkoutHorizon

  public init(
    label: String = "backtest", venueNames: [String] = [], sampleNs: Int64 = 1_000_000_000, maximumSamples: Int = 4_096,
    maximumFills: Int = 20_000, maximumPendingMarkouts: Int = 65_536, feePrice: FeePrice? = nil,
    adverseSelectionHorizon: MarkoutHorizon = .oneSecond
  ) {
    precondition(sampleNs > 0 && maximumSamples >= 16 && maximumFills >= 2 && maximumPendingMarkouts > 0)
    precondition(maximumSamples % 2 == 0 && maximumFills % 2 == 0)
    self.label = label
    self.venueNames = venueNames
    self.sampleNs = sampleNs
    self.maximumSamples = maximumSamples
    self.maximumFills = maximumFills
    self.maximumPendingMarkouts = maximumPendingMarkouts
    self.feePrice = feePrice
    self.adverseSelectionHorizon = adverseSelectionHorizon
  }
}

extension Instrument {
  /// What people call it: its symbol, and before it its venue's name where there are several.
  ///
  /// - Parameter venueNames: by the index of the venue.
  func name(among venueNames: [String]) -> String {
    let place = Int(venue.rawValue)
    guard venueNames.count > 1, place < venueNames.count else { return symbol.text }
    return "\(venueNames[place]):\(symbol.text)"
  }
}

/// How long after a fill the mid is looked at again.
public enum MarkoutHorizon: Int, CaseIterable, Sendable {
  case tenthOfSecond = 0
  case oneSecond = 1
  case tenSeconds = 2
  case oneMinute = 3

  public var ns: Int64 { [100_000_000, 1_000_000_000, 10_000_000_000, 60_000_000_000][rawValue] }
  public var text: String { ["0.1 s", "1 s", "10 s", "60 s"][rawValue] }
}
