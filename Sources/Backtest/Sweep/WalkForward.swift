// Which time a strategy is fitted on and which it is judged on, so that nothing of the second is known in the first.

/// Times of training and of test, in nanoseconds since 1970.
public struct TimeSplit: Equatable, Sendable {
  public var train: Range<Int64>
  public var test: Range<Int64>
}

/// Splits of time after López de Prado, Advances in Financial Machine Learning, 2018, chapter 7.
///
/// *Purge* (7.4.1): what is learned at time t may depend on the market until t + purge (a forecast's horizon, a markout, an
/// open position), so training ends that long before a test. *Embargo* (7.4.2): what comes after a test still carries its
/// memory, so training begins again only so long after it.
public struct WalkForward: Equatable, Sendable {
  public enum Problem: Error, Equatable {
    /// Lengths are positive, purge and embargo not negative.
    case lengths
    /// The time does not hold a single split.
    case tooShort
  }

  public var purgeNs: Int64
  public var embargoNs: Int64

  public init(purgeNs: Int64, embargoNs: Int64) throws(Problem) {
    guard purgeNs >= 0, embargoNs >= 0 else { throw .lengths }
    self.purgeNs = purgeNs
    self.embargoNs = embargoNs
  }

  /// Training, then the test behind it, both moving on by a test's length: tests join without a gap and do not overlap.
  /// Training ends a purge and an embargo before its test: where all training lies in front, the gap is there.
  ///
  /// - Parameters:
  ///   - anchored: training always begins at the start and grows, instead of moving on.
  /// - Returns: as many splits as have whole tests.
  public func windows(
    _ time: Range<Int64>, trainNs: Int64, testNs: Int64, anchored: Bool
  ) throws(Problem) -> [TimeSplit] {
    guard trainNs > 0, testNs > 0 else { throw .lengths }
    var splits: [TimeSplit] = []
    // Differences instead of sums: times may lie at the end of their range.
    var passed: Int64 = 0
    let length = Int64(clamping: Int128(time.upperBound) - Int128(time.lowerBound))
    while Int128(passed) + Int128(trainNs) + Int128(purgeNs) + Int128(embargoNs) + Int128(testNs) <= Int128(length) {
      let trainEnd = time.lowerBound + passed + trainNs
      let train = (anchored ? time.lowerBound : trainEnd - trainNs)..<trainEnd
      let testStart = trainEnd + purgeNs + embargoNs
      let test = testStart..<(testStart + testNs)
      splits.append(TimeSplit(train: train, test: test))
      passed += testNs
    }
    guard !splits.isEmpty else { throw .tooShort }
    return splits
  }
}
