// Equity, drawdown and exposure of a scope (an instrument, a venue, the whole), followed at every event.

/// The deepest fall of equity below its own earlier maximum, and the longest time spent below one.
struct DrawdownTracker {
  private(set) var depthUnits: Int64 = 0
  /// From the maximum to the deepest point.
  private(set) var fallNs: Int64 = 0
  private var peakUnits: Int64 = 0
  private var peakTimeNs: Int64
  private var longestNs: Int64 = 0

  init(startNs: Int64) { peakTimeNs = startNs }

  mutating func update(_ equityUnits: Int64, timeNs: Int64) {
    guard equityUnits < peakUnits else {
      if peakIsBelowWater { longestNs = max(longestNs, timeNs - peakTimeNs) }
      (peakUnits, peakTimeNs, peakIsBelowWater) = (equityUnits, timeNs, false)
      return
    }
    peakIsBelowWater = true
    if peakUnits - equityUnits > depthUnits {
      depthUnits = peakUnits - equityUnits
      fallNs = timeNs - peakTimeNs
    }
  }

  /// The longest time from a maximum until it was reached again, or until the end.
  func longestNs(endNs: Int64) -> Int64 { peakIsBelowWater ? max(longestNs, endNs - peakTimeNs) : longestNs }

  private var peakIsBelowWater = false
}

struct EquityTracker {
  private(set) var equityUnits: Int64 = 0
  private(set) var exposureUnits: Int64 = 0
  private(set) var maximumExposureUnits: Int64 = 0
  /// Exposure times time; a statistic, so floating point.
  private(set) var exposureNs = 0.0
  private(set) var inMarketNs: Int64 = 0
  private(set) var drawdown: DrawdownTracker
  private var timeNs: Int64

  init(startNs: Int64) {
    timeNs = startNs
    drawdown = DrawdownTracker(startNs: startNs)
  }

  mutating func change(equity: Int64, exposure: Int64, timeNs: Int64) {
    pass(to: timeNs)
    exposureUnits = exposureUnits.addingClamped(exposure)
    maximumExposureUnits = max(maximumExposureUnits, exposureUnits)
    equityUnits = equityUnits.addingClamped(equity)
    drawdown.update(equityUnits, timeNs: timeNs)
  }

  mutating func pass(to timeNs: Int64) {
    guard exposureUnits != 0 else {
      self.timeNs = timeNs
      return
    }
    exposureNs += Double(exposureUnits) * Double(timeNs - self.timeNs)
    inMarketNs += timeNs - self.timeNs
    self.timeNs = timeNs
  }
}
