// Series whose memory is bounded: a grid of samples that coarsens, and a list that thins itself.

/// Keeps every n-th element; n doubles whenever the bound is reached.
struct ThinnedList<Element: Sendable>: Sendable {
  private(set) var elements: [Element] = []
  /// Every so many-th element is kept.
  private(set) var stride: Int64 = 1
  private(set) var seen: Int64 = 0
  private let maximum: Int

  /// - Parameter maximum: even, so that the element that finds the list full belongs to the thinner list too.
  init(maximum: Int) { self.maximum = maximum }

  mutating func append(_ element: Element) {
    defer { seen += 1 }
    guard seen % stride == 0 else { return }
    if elements.count == maximum {
      elements = everySecond(elements)
      stride *= 2
    }
    elements.append(element)
  }
}

/// The samples of one instrument: equity in units of the settlement asset, position in lots, mid in half-ticks (0 before
/// the first).
public struct InstrumentSeries: Equatable, Sendable {
  public var equityUnits: [Int64] = []
  public var positionLots: [Int64] = []
  public var midHalfTicks: [Int64] = []

  mutating func thin() {
    equityUnits = everySecond(equityUnits)
    positionLots = everySecond(positionLots)
    midHalfTicks = everySecond(midHalfTicks)
  }
}

private func everySecond<Element>(_ elements: [Element]) -> [Element] {
  stride(from: 0, to: elements.count, by: 2).map { elements[$0] }
}

/// Sample k is the state in force at start + k × interval, after all events of that very time.
struct SampleGrid {
  private(set) var series: [InstrumentSeries]
  private(set) var timesNs: [Int64] = []
  private(set) var intervalNs: Int64
  /// When the next sample is due.
  private(set) var nextNs: Int64
  private let maximum: Int

  /// - Parameter maximum: even, so that the sample that finds the grid full lies on the coarser grid too.
  init(startNs: Int64, intervalNs: Int64, maximum: Int, instruments: Int) {
    series = Array(repeating: InstrumentSeries(), count: instruments)
    self.intervalNs = intervalNs
    self.maximum = maximum
    nextNs = startNs
  }

  /// Takes the sample that is due.
  mutating func append(_ states: (Int) -> (equity: Int64, lots: Int64, mid: Int64)) {
    if timesNs.count == maximum {
      timesNs = everySecond(timesNs)
      for index in series.indices { series[index].thin() }
      intervalNs *= 2
    }
    timesNs.append(nextNs)
    for index in series.indices {
      let state = states(index)
      series[index].equityUnits.append(state.equity)
      series[index].positionLots.append(state.lots)
      series[index].midHalfTicks.append(state.mid)
    }
    nextNs += intervalNs
  }
}
